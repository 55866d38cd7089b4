import type { DuckDBAppender, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import { createRecordDecoder } from '../../../codec/rows/record-decoder.js'
import { TunnelError } from '../../../errors.js'
import { formatDataType } from '../../../schema/data-type.js'
import type { Column } from '../../../schema/table-schema.js'
import { projectPartitions } from '../../store/project-partitions.js'
import { asStored } from '../../store/stored-type.js'
import type { PartitionState, TableState } from '../../store/table-store.js'
import { allColumns } from '../../table.js'
import { SqlError, semanticException } from '../sql-error.js'
import type { DuckSession } from './duck-db.js'
import { duckTypeName, quoteName, type TypeForm } from './duck-types.js'
import { type CellFeeder, cellFeederOf } from './feed-cells.js'

/** A table as a query sees it. */
export interface FedTable {
  /** Its name in DuckDB. */
  readonly alias: string
  readonly state: TableState
  readonly partitions: readonly PartitionState[]
}

/** As many as DuckDB takes at once. */
const chunkRows = 2048

/**
 * An empty temporary table.
 * @throws SqlError for a column of a type that DuckDB has no room for
 */
export const createFedTable = async (
  { connection }: DuckSession,
  { alias, state }: FedTable,
  form: TypeForm,
): Promise<void> => {
  const columns = allColumns(state).map(column => {
    const type = duckTypeName(column.type, form)
    if (type === undefined)
      throw semanticException(
        `the emulator's engine has no room for column ${column.name} of table ${state.name}, a ${formatDataType(column.type)}`,
      )
    return `${quoteName(column.name)} ${type}`
  })
  await connection.run(`CREATE TEMP TABLE ${quoteName(alias)} (${columns.join(', ')})`)
}

/**
 * The rows of the table's partitions, those of the partition as ordinary columns.
 * @throws SqlError with the column, for a value that DuckDB can't hold
 */
export const feedTable = async (session: DuckSession, table: FedTable, timeZone: string): Promise<void> => {
  const { state, partitions, alias } = table
  const columns = allColumns(state)
  const appender = await session.connection.createAppender(alias, 'main', 'temp')
  const types = columns.map((_, i) => appender.columnType(i))
  const feeders = columns.map(({ type }) => cellFeederOf(type, { duck: session.duck, timeZone }))
  const feed = (rows: readonly unknown[][]): void =>
    appendRows(session, appender, types, columnsOf(rows, columns, feeders, state.name))
  const decoder = createRecordDecoder(columns.map(asStored), { string: 'exact', map: 'pairs' })
  let rows: unknown[][] = []
  for await (const chunk of projectPartitions(state, partitions, columns, Number.MAX_SAFE_INTEGER)) {
    decoder.push(chunk, rows)
    for (; rows.length >= chunkRows; rows = rows.slice(chunkRows)) feed(rows.slice(0, chunkRows))
  }
  decoder.end()
  if (rows.length > 0) feed(rows)
  appender.closeSync()
}

const columnsOf = (
  rows: readonly unknown[][],
  columns: readonly Column[],
  feeders: readonly CellFeeder[],
  table: string,
): DuckDBValue[][] =>
  columns.map(({ name }, i) => {
    const feeder = feeders[i]!
    try {
      return rows.map(row => (row[i] === null ? null : feeder(row[i])))
    } catch (error) {
      if (!(error instanceof TunnelError) || error instanceof SqlError) throw error
      throw semanticException(
        `column ${name} of table ${table} has a value that the emulator's engine can't hold: ${error.message}`,
      )
    }
  })

const appendRows = (
  { duck }: DuckSession,
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
  columns: readonly DuckDBValue[][],
): void => {
  const chunk = duck.DuckDBDataChunk.create(types, columns[0]!.length)
  chunk.setColumns(columns)
  appender.appendDataChunk(chunk)
}
