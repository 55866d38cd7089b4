import { setOwn } from '../codec/key-matcher.js'
import { RowCells } from '../codec/row-cells.js'
import { TunnelValueError } from '../errors.js'
import type { Column, TableSchema } from '../schema/table-schema.js'
import { type Reviver, reviverOf } from './revive-value.js'

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
  const cells = new RowCells(schema.columns)
  const revivers = schema.columns.map(column => reviverOf(column.type))
  let rowIndex = 0
  return row => revive(cells.of(row, rowIndex++), revivers)
}

const revive = (cells: readonly unknown[], revivers: readonly Reviver[]): unknown[] =>
  revivers.map((reviver, i) => {
    const cell = cells[i]
    return cell === null || cell === undefined ? null : reviver(cell)
  })

/**
 * Turns rows, arrays in column order, into objects keyed by column name.
 *
 * A function for `chain([...])` of stream-chain, good for one chain.
 * @throws TunnelValueError ODPS_ROW_LENGTH, ODPS_INVALID_ROW
 */
export const rowsToObjects = <Row extends object = Record<string, unknown>>(
  schema: Pick<TableSchema, 'columns'>,
): ((row: readonly unknown[]) => Row) => {
  const names = schema.columns.map((column: Column) => column.name)
  let rowIndex = 0
  return row => {
    checkCells(row, names.length, rowIndex++)
    const object: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) setOwn(object, names[i]!, row[i])
    return object as Row
  }
}

const checkCells = (row: unknown, columns: number, rowIndex: number): void => {
  if (!Array.isArray(row))
    throw new TunnelValueError('ODPS_INVALID_ROW', `Row ${rowIndex} is no array of cells`, { rowIndex })
  if (row.length !== columns)
    throw new TunnelValueError(
      'ODPS_ROW_LENGTH',
      `Row ${rowIndex} has ${row.length} cells, the schema has ${columns} columns`,
      { rowIndex },
    )
}
