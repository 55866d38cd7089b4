import { TunnelOptionError } from '../errors.js'

/*
 * A row that is written to a table with a primary key takes the place of the row with the same key. What else can be done
 * with a key travels as chunks of its own classes: a plain object could always be a row, too.
 */

/** Deletes the row with a key; made by {@link deleteRow}. */
export class DeleteRow<Key = unknown> {
  readonly key: Key

  constructor(key: Key) {
    this.key = key
  }
}

/** Sets some columns of the row with a key; made by {@link partialRow}. */
export class PartialRow<Row = unknown> {
  readonly row: Row
  readonly columns: readonly string[]

  constructor(row: Row, columns: readonly string[]) {
    this.row = row
    this.columns = columns
  }
}

/**
 * A chunk that deletes the row with this key, if there is one.
 * @param key an object with exactly the columns of the primary key, or an array of their values in the order of the key
 */
export const deleteRow = <Key extends object>(key: Key): DeleteRow<Key> => new DeleteRow(key)

/**
 * A chunk that sets only the named columns, and leaves the others of the row with this key as they are. A row that is not
 * there yet gets NULL in the others.
 * @param row an object or array like any row; of its cells only those of the key and of the named columns count
 * @param columns names in any case; those of the key may be among them
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS when this is not a list of one or more different names
 */
export const partialRow = <Row extends object>(row: Row, columns: readonly string[]): PartialRow<Row> => {
  if (!Array.isArray(columns) || columns.length === 0 || columns.some(name => typeof name !== 'string'))
    throw new TunnelOptionError(
      'ODPS_INVALID_COLUMNS',
      'partialRow: columns must be a list of the names of one or more columns',
    )
  return new PartialRow(row, columns)
}
