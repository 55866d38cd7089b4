import type { TableSchema, Tunnel } from '../../index.js'
import type { Call } from '../call.js'
import { openInput } from '../files/byte-input.js'
import { inferColumns } from '../formats/infer-columns.js'
import { openSource } from '../formats/open-source.js'
import { countOf } from '../transfer/units.js'
import { CliError, UsageError } from '../usage-error.js'
import type { UploadRequest } from './request.js'

/** Creates the table of an upload, with the columns that its first file has. */
export const createTableFor = async (
  call: Call,
  tunnel: Tunnel,
  request: UploadRequest,
): Promise<TableSchema> => {
  const { target, paths, text } = request
  const path = paths[0]!
  if (path === '-')
    throw new UsageError(
      '--create cannot look at stdin, which can be read only once',
      "Save it to a file first, or create the table: see 'odps-tunnel infer'",
    )
  const format = request.formatOf(path)
  const source = await openSource(await openInput(path, call.terminal), format, text)
  try {
    const { columns, records } = await inferColumns(source, format, true)
    if (columns.length === 0)
      throw new CliError(`${path} has no columns to create a table of`, 'Check the file')
    const partitionColumns = (target.partition ?? []).map(
      ({ name }) => ({ name, type: { kind: 'string' }, nullable: true }) as const,
    )
    const schema = { columns: columns.map(({ column }) => column), partitionColumns }
    await tunnel.createTable({ table: target.table, schema, ifNotExists: true })
    call.note(
      `Created ${target.table}: ${countOf(columns.length, 'column')}, ${records === 0 ? 'as' : `from ${countOf(records, 'record')} of`} ${path}${records === 0 ? ' says' : ''} (see them with: odps-tunnel schema ${target.table})`,
    )
    return schema
  } finally {
    await source.close()
  }
}
