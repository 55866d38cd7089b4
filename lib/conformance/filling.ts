import { encodeRows } from './records.js'
import { definitionOf, type TableKey } from './table-definitions.js'

/** The rows of a table as the block that fills it. */
export const fillingOf = (key: TableKey): Buffer => {
  const { schema, rows = [] } = definitionOf(key)
  return encodeRows(schema.columns, rows)
}
