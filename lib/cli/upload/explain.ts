import { formatDataType, type TableSchema } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { openInput } from '../files/byte-input.js'
import { formatTarget } from '../transfer/table-target.js'
import { countOf, formatBytes } from '../transfer/units.js'
import type { UploadRequest } from './request.js'

/** Prints what an upload would do, from the sizes of the files. */
export const explainUpload = async (
  call: Call,
  request: UploadRequest,
  schema: TableSchema,
): Promise<number> => {
  const inputs = await Promise.all(request.paths.map(path => openInput(path, call.terminal)))
  const sizes = inputs.map(input => input.size)
  const known = sizes.every(size => size !== undefined)
  const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  const packed = request.paths.some(path => request.formatOf(path).compression !== 'none')
  const blocks = Math.max(1, Math.ceil(bytes / request.blockBytes))
  const memory = (request.concurrency + 1) * request.blockBytes
  const plan = {
    target: formatTarget(request.target),
    columns: schema.columns.map(column => `${column.name} ${formatDataType(column.type)}`),
    files: request.paths.map((path, i) => ({ path, bytes: sizes[i], ...request.formatOf(path) })),
    ...(known && !packed && { blocks, requests: blocks + 4 }),
    blockBytes: request.blockBytes,
    concurrency: request.concurrency,
    compression: request.compression ?? 'snappy',
    memoryBytes: memory,
    overwrite: request.overwrite,
  }
  if (call.json) {
    call.print(`${JSON.stringify(plan)}\n`)
    return exitCode.done
  }
  call.print(
    [
      `Target       ${plan.target}${request.overwrite ? ', replaced at the commit' : ''}: ${countOf(schema.columns.length, 'column')}`,
      ...plan.files.map(
        file =>
          `File         ${file.path}: ${file.name}${file.compression === 'none' ? '' : ` in ${file.compression}`}, ${file.bytes === undefined ? 'of unknown size' : formatBytes(file.bytes)}`,
      ),
      `Blocks       ${known && !packed ? `about ${blocks}, ` : ''}of ${formatBytes(request.blockBytes)} before compression (${plan.compression})`,
      `Requests     ${known && !packed ? `about ${plan.requests}: ` : ''}1 for the table, 1 for the session, 1 per block, 2 for the commit; ${request.concurrency} blocks at the same time`,
      `Memory       at most about ${formatBytes(memory)} for blocks: (concurrency + 1) × block size`,
      `Visible      all rows at once, at the commit`,
      '',
    ].join('\n'),
  )
  return exitCode.done
}
