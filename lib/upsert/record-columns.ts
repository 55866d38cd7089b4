import type { Column } from '../schema/table-schema.js'

/*
 * What an upsert record has behind the columns of the table (protocol 9.5). Two of the five are never set by a client, and an
 * empty list of columns to set means the whole row.
 */

const extra = (name: string, type: Column['type']): Column => ({ name, type, nullable: true })

const extraColumns: readonly Column[] = [
  extra('__version', { kind: 'bigint' }),
  extra('__app_version', { kind: 'bigint' }),
  extra('__operation', { kind: 'tinyint' }),
  extra('__key_cols', { kind: 'array', element: { kind: 'bigint' } }),
  extra('__value_cols', { kind: 'array', element: { kind: 'bigint' } }),
]

/** `'U'` and `'D'`. */
export const upsertOperation = 85
export const deleteOperation = 68

/** The columns of a record. A deletion leaves out what the table may require, so all of them take NULL. */
export const recordColumns = (columns: readonly Column[]): Column[] => [
  ...columns.map(column => ({ ...column, nullable: true })),
  ...extraColumns,
]

/** The cells behind those of the table's columns. */
export const extraCells = (operation: number, valueColumns: readonly bigint[]): readonly unknown[] => [
  ...[undefined, undefined, operation],
  ...[undefined, valueColumns],
]
