import { dropTable } from '../catalogue/change-table.js'
import { TunnelError } from '../errors.js'
import type { Connection } from '../options.js'
import { formatCreateTable } from '../schema/create-table-text.js'
import { formatSqlTable } from '../schema/sql-text.js'
import { formatTableName, type TableName, type TablePlace } from '../schema/table-name.js'
import { getTable } from '../session/table-info.js'
import { runSql } from './run-sql.js'
import { definitionOf, type TableKey } from './table-definitions.js'

/*
 * The tables of one run. The service holds other people's tables, so a table is dropped only if this run made it: its name
 * has eight random digits, it is created without IF NOT EXISTS, and its comment names the run. Where the answer to the
 * statement was lost, the comment alone decides. LIFECYCLE 1 lets the service remove what a crash has left.
 */

type Life = 'created' | 'unknown'

/** A table that is still there when all is over. */
export interface LeftTable {
  readonly name: TableName
  /** Removes it. */
  readonly statement: string
}

export class ScratchTables {
  /** By key, in the order of the plan. */
  readonly names: ReadonlyMap<TableKey, TableName>
  readonly #connection: Connection
  readonly #comment: string
  readonly #lives = new Map<TableKey, Life>()

  /** @param runId eight hexadecimal digits */
  constructor(
    connection: Connection,
    place: TablePlace,
    {
      prefix,
      runId,
      keys,
    }: { readonly prefix: string; readonly runId: string; readonly keys: readonly TableKey[] },
  ) {
    this.#connection = connection
    this.#comment = `odps-tunnel conformance, run ${runId}: may be dropped`
    this.names = new Map(
      keys.map((key, i) => [key, { ...place, table: `${prefix}odps_tunnel_${runId}_${i + 1}` }]),
    )
  }

  nameOf(key: TableKey): TableName {
    const name = this.names.get(key)
    if (name === undefined) throw new Error(`the plan has no table ${key}`)
    return name
  }

  /** Isn't stopped by a signal: a statement that goes on without us would make a table that nobody drops. */
  async create(key: TableKey): Promise<void> {
    const name = this.nameOf(key)
    const { schema, hints, primaryKey } = definitionOf(key)
    const sql = formatCreateTable(formatTableName(name), schema, {
      comment: this.#comment,
      lifecycleDays: 1,
      ...(primaryKey !== undefined && { primaryKey: [primaryKey], properties: keyedProperties }),
    })
    this.#lives.set(key, 'unknown')
    try {
      await runSql(this.#connection.client, name, sql, { hints })
      this.#lives.set(key, 'created')
    } catch (error) {
      if (isRefusal(error)) this.#lives.delete(key)
      throw error
    }
  }

  /** Tables that this run has made, or may have made. */
  get left(): readonly LeftTable[] {
    return [...this.#lives.keys()].map(key => leftTable(this.nameOf(key)))
  }

  /**
   * Drops what this run has made, and goes on with the next one when one can't be dropped.
   * @returns those that are still there, or may be
   */
  async dropAll(): Promise<readonly LeftTable[]> {
    for (const [key, life] of this.#lives) {
      try {
        const found = await this.#find(key)
        if (found === 'ours') await dropTable(this.#connection, this.nameOf(key))
        // One that this run has made, but whose comment says otherwise, is left to somebody who can look at it.
        if (found !== 'another' || life === 'unknown') this.#lives.delete(key)
      } catch (error) {
        if (!(error instanceof TunnelError)) throw error
      }
    }
    return this.left
  }

  async #find(key: TableKey): Promise<'ours' | 'another' | 'none'> {
    try {
      const { comment } = await getTable(this.#connection.client, this.nameOf(key))
      return comment === this.#comment ? 'ours' : 'another'
    } catch (error) {
      if (error instanceof TunnelError && error.code === 'ODPS_NO_SUCH_TABLE') return 'none'
      throw error
    }
  }
}

/** One bucket, so that a check need not know where the service looks for a key. */
const keyedProperties = {
  transactional: 'true',
  'write.bucket.num': '1',
  'acid.partial.fields.update.enable': 'true',
}

/** The service has said that it made no table. */
const isRefusal = (error: unknown): boolean =>
  error instanceof TunnelError && (error.code === 'ODPS_QUERY_FAILED' || error.code === 'ODPS_ACCESS_DENIED')

export const leftTable = (name: TableName): LeftTable => ({
  name,
  statement: `DROP TABLE ${formatSqlTable(name)};`,
})
