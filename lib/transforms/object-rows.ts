import { RowCells } from '../codec/rows/row-cells.js'
import { rowProblem } from '../codec/rows/row-problem.js'
import { setOwn } from '../codec/types/key-matcher.js'
import { TunnelValueError } from '../errors.js'
import type { Column, TableSchema } from '../schema/table-schema.js'
import { reviverOf } from '../text/revive-value.js'
import { type ColumnSource, checkSource, columnsAt } from './column-source.js'
import { guarded } from './stage.js'

/**
 * Turns objects keyed by column name into rows, arrays in column order. Names match without case; a missing column is
 * NULL. Values are brought from their JSON form to the column's type: digits to bigint, ISO text to Date or Timestamp,
 * base64 to Buffer, an object or a list of pairs to Map, and so on. A TIMESTAMP without a zone is taken as UTC, which is
 * how `formatNdjson` prints it.
 *
 * A function for `chain([...])` of stream-chain, good for one chain.
 * @throws TunnelValueError with column and row number for an unknown column, or a row that is no object (arrays of the
 * right length pass).
 */
export const objectsToRows = (
  schema: TableSchema,
): ((row: Readonly<Record<string, unknown>> | readonly unknown[]) => unknown[]) => {
  const { columns } = schema
  const cells = new RowCells(columns)
  const revivers = columns.map(column => reviverOf(column.type))
  /** Whether a value's place in its row matters: how it was written may be known. */
  const isPlaced = columns.some(({ type }) => type.kind === 'json' || type.kind === 'decimal')
  let rowIndex = 0
  return guarded(row => {
    const index = rowIndex++
    const values = cells.of(row, index)
    const keys =
      isPlaced && !Array.isArray(row)
        ? new Map(Object.keys(row).map(key => [key.toLowerCase(), key]))
        : undefined
    return columns.map((column, i) => {
      const value = values[i]
      if (value === null || value === undefined) return null
      try {
        return revivers[i]!(value, row, keys?.get(column.name.toLowerCase()) ?? i)
      } catch (error) {
        throw rowProblem(error, column, index)
      }
    })
  })
}

/**
 * Turns rows, arrays in column order, into objects keyed by column name. The columns are those of a schema, or of the download
 * that the rows come from.
 *
 * A function for `chain([...])` of stream-chain, good for one chain.
 * @throws TunnelValueError ODPS_ROW_LENGTH, ODPS_INVALID_ROW
 */
export const rowsToObjects = <Row extends object = Record<string, unknown>>(
  source: ColumnSource,
): ((row: readonly unknown[]) => Row) => {
  checkSource('rowsToObjects', source)
  let names: readonly string[] | undefined
  let rowIndex = 0
  return guarded(row => {
    names ??= columnsAt('rowsToObjects', source).map((column: Column) => column.name)
    checkCells(row, names.length, rowIndex++)
    const object: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) setOwn(object, names[i]!, row[i])
    return object as Row
  })
}

const checkCells = (row: unknown, columns: number, rowIndex: number): void => {
  if (!Array.isArray(row))
    throw new TunnelValueError('ODPS_INVALID_ROW', `Row ${rowIndex} is not an array of cells`, { rowIndex })
  if (row.length !== columns)
    throw new TunnelValueError(
      'ODPS_ROW_LENGTH',
      `Row ${rowIndex} has ${row.length} cells, the schema has ${columns} columns`,
      { rowIndex },
    )
}
