import { TunnelOptionError } from '../../errors.js'
import { formatDataType } from '../../schema/data-type.js'
import type { TableSchema } from '../../schema/table-schema.js'

/**
 * All partitions of an upload are encoded alike.
 * @throws TunnelOptionError ODPS_SCHEMA_MISMATCH when columns were changed since the upload began
 */
export const checkSameColumns = (first: TableSchema, later: TableSchema): void => {
  if (printColumns(first) === printColumns(later)) return
  throw new TunnelOptionError(
    'ODPS_SCHEMA_MISMATCH',
    'The columns of the table were changed during the upload, so its rows no longer fit; start the upload again',
  )
}

const printed = new WeakMap<TableSchema, string>()

const printColumns = (schema: TableSchema): string => {
  const known = printed.get(schema)
  if (known !== undefined) return known
  const text = schema.columns
    .map(({ name, type }) => `${name.toLowerCase()} ${formatDataType(type)}`)
    .join(', ')
  printed.set(schema, text)
  return text
}
