import { TunnelOptionError } from '../errors.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { TableState } from './store/table-store.js'

/*
 * Tables with a primary key, as DDL makes them: transactional, the key's columns NOT NULL. Two more of their properties
 * show on the wire: how many buckets their rows lie in, and whether single columns of a row may be set.
 */

export const transactional = 'transactional'
const bucketCountProperty = 'write.bucket.num'
/** The description of a table has it by this name. */
export const retainHours = 'acid.data.retain.hours'
const partialUpdateProperty = 'acid.partial.fields.update.enable'

const defaultBuckets = 16
const maxBuckets = 4096

/**
 * What a new table's key must be.
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS
 */
export const checkPrimaryKey = (
  { columns }: TableSchema,
  key: readonly string[],
  properties: Readonly<Record<string, string>>,
): void => {
  if (key.length === 0) return
  const twice = key.find((name, i) => key.indexOf(name) !== i)
  if (twice !== undefined) throw wrong(`column ${twice} appears twice`)
  for (const name of key) {
    const column = columns.find(each => each.name === name)
    if (column === undefined) throw wrong(`column ${name} cannot be resolved`)
    if (column.nullable) throw wrong(`column ${name} must be NOT NULL`)
  }
  if (!isTransactional({ properties })) throw wrong(`the table needs the property '${transactional}'='true'`)
  const buckets = properties[bucketCountProperty]
  if (buckets !== undefined && !(/^\d{1,4}$/.test(buckets) && isCount(Number(buckets))))
    throw wrong(`'${bucketCountProperty}' must be a number from 1 to ${maxBuckets}`)
}

const isCount = (count: number): boolean => count >= 1 && count <= maxBuckets

export const isTransactional = ({ properties }: Pick<TableState, 'properties'>): boolean =>
  isTrue(properties[transactional])

const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === 'true'

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_COLUMNS', `primary key: ${what}`)

export const isKeyed = ({ primaryKey }: TableState): boolean => primaryKey.length > 0

export const bucketCountOf = ({ properties }: TableState): number =>
  Number(properties[bucketCountProperty] ?? defaultBuckets)

export const takesPartialRows = ({ properties }: TableState): boolean =>
  isTrue(properties[partialUpdateProperty])
