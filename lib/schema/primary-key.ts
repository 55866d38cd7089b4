import { TunnelOptionError } from '../errors.js'
import { notAColumn } from './column-names.js'
import type { Column } from './table-schema.js'

/*
 * What the statement that creates a table says of its primary key. The service makes such a table only with the property
 * `transactional`, and takes only NOT NULL columns as a key; both are known before anything is sent.
 */

const transactional = 'transactional'

/**
 * The properties of a table with this key: `transactional` need not be named.
 * @throws TunnelOptionError ODPS_INVALID_OPTION when it is named, and isn't true
 */
export const propertiesWithKey = (
  primaryKey: readonly string[],
  properties: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  if (primaryKey.length === 0) return properties
  const given = properties[transactional]
  if (given === undefined) return { [transactional]: 'true', ...properties }
  if (given.toLowerCase() === 'true') return properties
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `properties: a table with a primaryKey needs '${transactional}' to be 'true'; leave it out, or leave primaryKey out`,
  )
}

/**
 * The columns of the key, in its order, spelled as in the table.
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS for a name that is no column, comes twice, or whose column may be NULL
 */
export const keyColumns = (primaryKey: readonly string[], columns: readonly Column[]): Column[] =>
  primaryKey.map((name, i) => {
    const key = name.toLowerCase()
    const column = columns.find(each => each.name.toLowerCase() === key)
    if (column === undefined) throw wrong(notAColumn(name, columns))
    if (primaryKey.findIndex(each => each.toLowerCase() === key) < i) throw wrong(`'${name}' is given twice`)
    if (column.nullable)
      throw wrong(
        `the column '${column.name}' may be NULL; declare it NOT NULL in the schema, as in 'bigint not null'`,
      )
    return column
  })

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_COLUMNS', `primaryKey: ${what}`)
