import { type Column, deleteRow, partialRow, type TableSchema } from '../../index.js'
import type { ColumnRules } from '../transfer/plan-columns.js'
import { UsageError } from '../usage-error.js'

/*
 * What a record of a file does to the table: it is a whole row, a key to delete, or some columns of a row. A column that a
 * record lacks would be NULL in a whole row, so whoever names some columns leaves the others alone.
 */

/** What the records of files are read as, and what is written of each. */
export interface RowChunks {
  /** The columns that a record may have. */
  readonly columns: readonly Column[]
  readonly of: (row: unknown[]) => unknown
}

/**
 * @param primaryKey names, in the order of the key
 * @throws UsageError for --columns that say no row
 */
export const rowChunksOf = (
  { columns }: TableSchema,
  primaryKey: readonly string[],
  { columns: names }: ColumnRules,
  deletes: boolean,
): RowChunks => {
  const key = `the primary key (${primaryKey.join(', ')})`
  const lacking = names && primaryKey.find(name => !has(names, name))
  if (lacking !== undefined)
    throw new UsageError(`--columns lacks '${lacking}' of ${key}`, 'Add it to --columns')
  const beyond = names?.filter(name => !has(primaryKey, name))
  if (deletes) {
    if (beyond?.[0] !== undefined)
      throw new UsageError(
        `--columns has '${beyond[0]}', which is not in ${key}; --delete reads only the key`,
        'Leave it out',
      )
    const keyColumns = primaryKey.flatMap(name => columns.filter(column => has([name], column.name)))
    return { columns: keyColumns, of: row => deleteRow(row) }
  }
  if (beyond?.length === 0)
    throw new UsageError(
      `--columns has no column besides ${key}`,
      'Add the columns to set, or delete these rows with --delete',
    )
  const isWhole = names === undefined || columns.every(({ name }) => has(names, name))
  return { columns, of: isWhole ? row => row : row => partialRow(row, names) }
}

const has = (names: readonly string[], name: string): boolean =>
  names.some(each => each.toLowerCase() === name.toLowerCase())
