import type { Column } from '../schema/table-schema.js'

/*
 * What an upsert record has behind the columns of the table (protocol 9.5). Two of the five are never set by a client, and an
 * empty list of columns to set means the whole row. That empty list is the same bytes as an empty text: most sessions have
 * whole rows only, and without nested columns these are written faster.
 */

const extra = (name: string, type: Column['type']): Column => ({ name, type, nullable: true })

const bigints: Column['type'] = { kind: 'array', element: { kind: 'bigint' } }

const extraColumns = (lists: Column['type']): readonly Column[] => [
  extra('__version', { kind: 'bigint' }),
  extra('__app_version', { kind: 'bigint' }),
  extra('__operation', { kind: 'tinyint' }),
  extra('__key_cols', lists),
  extra('__value_cols', lists),
]

/** `'U'` and `'D'`. */
export const upsertOperation = 85
export const deleteOperation = 68

/** Of records that all are whole: their empty lists are texts. */
const wholeColumns = extraColumns({ kind: 'string' })
const partialColumns = extraColumns(bigints)

/**
 * The columns of a record. A deletion leaves out what the table may require, so all of them take NULL.
 * @param hasPartialRows whether some rows set some columns only
 */
export const recordColumns = (columns: readonly Column[], hasPartialRows: boolean): Column[] => [
  ...columns.map(column => ({ ...column, nullable: true })),
  ...(hasPartialRows ? partialColumns : wholeColumns),
]

/**
 * The cells behind those of the table's columns.
 * @param valueColumns the ids of those that are set; for {@link recordColumns} without partial rows an empty text
 */
export const extraCells = (operation: number, valueColumns: readonly bigint[] | ''): readonly unknown[] => [
  ...[undefined, undefined, operation],
  ...[undefined, valueColumns],
]
