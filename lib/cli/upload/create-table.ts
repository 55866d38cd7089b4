import type { TableSchema, Tunnel } from '../../index.js'
import type { Call } from '../call.js'
import { heldColumns } from '../formats/held-columns.js'
import { inferColumns } from '../formats/infer-columns.js'
import type { RowSource } from '../formats/row-source.js'
import { countOf } from '../transfer/units.js'
import { CliError } from '../usage-error.js'
import type { UploadRequest } from './request.js'

/**
 * Creates the table of an upload, with the columns that its first file has.
 * @param mayConsume whether the source may be read to its end; else it still has to give its rows
 */
export const createTableFor = async (
  call: Call,
  tunnel: Tunnel,
  request: UploadRequest,
  source: RowSource,
  mayConsume: boolean,
): Promise<TableSchema> => {
  const { target, paths } = request
  const path = paths[0]!
  const name = path === '-' ? 'stdin' : path
  const inferred = await inferColumns(source, request.formatOf(path), mayConsume)
  const { records } = inferred
  const columns = heldColumns(name, inferred.columns, request.rules.columns)
  if (columns.length === 0)
    throw new CliError(`${name} has no columns to create a table of`, 'Check the file')
  const partitionColumns = (target.partition ?? []).map(
    ({ name }) => ({ name, type: { kind: 'string' }, nullable: true }) as const,
  )
  const schema = { columns: columns.map(({ column }) => column), partitionColumns }
  await tunnel.createTable({ table: target.table, schema, ifNotExists: true })
  call.note(
    `Created ${target.table}: ${countOf(columns.length, 'column')}, ${records === 0 ? 'as' : `from ${countOf(records, 'record')} of`} ${name}${records === 0 ? ' says' : ''} (see them with: odps-tunnel schema ${target.table})`,
  )
  return schema
}
