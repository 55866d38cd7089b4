import type { DuckDBType } from '@duckdb/node-api'
import type { DataType } from '../../../schema/data-type.js'
import type { Service } from '../../service.js'
import type { Segment, TableState } from '../../store/table-store.js'
import { allColumns } from '../../table.js'
import { matchPartitions } from '../match-partitions.js'
import { rewriteQuery } from '../rewrite/rewrite.js'
import type { TableUse } from '../rewrite/rewriting.js'
import type { SelectResult } from '../select.js'
import { formatPosition, notEmulated, SqlError, semanticException } from '../sql-error.js'
import type { QueryText } from '../statement.js'
import { type DuckSession, withDuckDb } from './duck-db.js'
import { isMarked } from './duck-types.js'
import { sqlErrorOf } from './engine-error.js'
import { runInDuckDb } from './engine-result.js'
import { createFedTable, type FedTable, feedTable } from './feed-table.js'
import { demandedPartitions } from './prune-partitions.js'

/*
 * A query that is more than a plain read: it is rewritten for DuckDB, the tables it names are copied into a database of its
 * own, and what comes back is encoded as records, like any other result. The result is in memory as a whole.
 */

/** How a query finds its tables, and what its times are told in. */
export interface QueryPlace {
  readonly service: Service
  /** @throws SqlError for one that isn't there */
  readonly findState: (parts: readonly string[]) => Promise<TableState>
  readonly timeZone: string
  /** For each column of the result the type it should have, if that keeps its values; else its own. */
  readonly wanted?: readonly DataType[] | undefined
  /** No rows are read. */
  readonly schemaOnly: boolean
}

/** @throws SqlError */
export const runEngineQuery = async (text: QueryText, place: QueryPlace): Promise<SelectResult> => {
  const { sql, tables } = rewriteQuery(text.tokens, text.source)
  const { catalog } = place.service
  const held: Segment[] = []
  try {
    const fed = await findTables(text, tables, place, held)
    return await withDuckDb(
      () => withoutDuckDb(text),
      async session => {
        for (const table of fed) {
          await createFedTable(session, table, 'plain')
          await feedTable(session, table, place.timeZone)
        }
        await setTimeZone(session, place.timeZone)
        return await runInDuckDb(session, sql, await markedTypes(sql, fed), place)
      },
    )
  } catch (error) {
    throw sqlErrorOf(error, text, tables)
  } finally {
    await catalog.release(held)
  }
}

const withoutDuckDb = ({ source, tokens }: QueryText): SqlError =>
  notEmulated(
    source,
    tokens[0]!.from,
    'queries other than plain reads without the package @duckdb/node-api (npm install @duckdb/node-api)',
  )

/** @param held takes the segments that are held for them */
const findTables = async (
  { source, tokens }: QueryText,
  uses: readonly TableUse[],
  { findState, service, schemaOnly }: QueryPlace,
  held: Segment[],
): Promise<FedTable[]> => {
  const tables: FedTable[] = []
  for (const { parts, alias, offset } of uses) {
    try {
      const state = await findState(parts)
      const demanded = uses.length === 1 ? demandedPartitions(tokens, state) : []
      const partitions = schemaOnly ? [] : matchPartitions(state, demanded)
      const segments = partitions.flatMap(partition => partition.segments)
      service.catalog.hold(segments)
      held.push(...segments)
      tables.push({ alias, state, partitions })
    } catch (error) {
      throw error instanceof SqlError ? error.at(formatPosition(source, offset)) : error
    }
  }
  return tables
}

/** What `now()` and its like are in. */
const setTimeZone = async ({ connection }: DuckSession, timeZone: string): Promise<void> => {
  await connection.run(`SET TimeZone = '${timeZone.replaceAll("'", "''")}'`)
}

/** The types of the result's columns over tables in which each type is its own; none where the query doesn't take them. */
const markedTypes = async (sql: string, tables: readonly FedTable[]): Promise<readonly DuckDBType[]> => {
  if (!tables.some(({ state }) => allColumns(state).some(({ type }) => isMarked(type)))) return []
  return withDuckDb(
    () => semanticException('no engine'),
    async session => {
      for (const table of tables) await createFedTable(session, table, 'marked')
      try {
        const prepared = await session.connection.prepare(sql)
        return Array.from({ length: prepared.columnCount }, (_, i) => prepared.columnType(i))
      } catch {
        return []
      }
    },
  )
}
