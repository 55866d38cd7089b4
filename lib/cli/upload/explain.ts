import { formatDataType, type TableSchema } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { openInput } from '../files/byte-input.js'
import { formatTarget } from '../transfer/table-target.js'
import { countOf, formatBytes } from '../transfer/units.js'
import type { UploadRequest } from './request.js'

/** The library's. */
const defaultPartitionBytes = 64 * 2 ** 20

/** As the library cuts them, without a size: so many of each, and then of the last. */
const firstSizes = [8 * 2 ** 20, 16 * 2 ** 20]
const blocksOfSize = 64
const lastSize = 32 * 2 ** 20

/** How many blocks so many bytes fill, and how large the largest is. */
const cutBlocks = (
  bytes: number,
  given: number | undefined,
): { blocks: number; blockBytes: number; grow: boolean } => {
  const countOf = (rest: number, size: number): number => Math.max(1, Math.ceil(rest / size))
  if (given !== undefined) return { blocks: countOf(bytes, given), blockBytes: given, grow: false }
  let [rest, blocks] = [bytes, 0]
  for (const size of firstSizes) {
    if (rest <= size * blocksOfSize)
      return { blocks: blocks + countOf(rest, size), blockBytes: size, grow: blocks > 0 }
    rest -= size * blocksOfSize
    blocks += blocksOfSize
  }
  return { blocks: blocks + countOf(rest, lastSize), blockBytes: lastSize, grow: true }
}

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
  const isPacked = request.paths.some(path => request.formatOf(path).compression !== 'none')
  const isKnown = known && !isPacked && request.partitionBy === undefined
  const { blocks, blockBytes, grow } = cutBlocks(
    isKnown ? bytes : Number.POSITIVE_INFINITY,
    request.blockBytes,
  )
  const { partitionBy, partitionBytes = defaultPartitionBytes } = request
  const memory = partitionBy === undefined ? (request.concurrency + 1) * blockBytes : 2 * partitionBytes
  const plan = {
    target: formatTarget(request.target),
    columns: schema.columns.map(column => `${column.name} ${formatDataType(column.type)}`),
    files: request.paths.map((path, i) => ({ path, bytes: sizes[i], ...request.formatOf(path) })),
    ...(isKnown && { blocks, requests: blocks + 4 }),
    blockBytes,
    concurrency: request.concurrency,
    compression: request.compression ?? 'snappy',
    memoryBytes: memory,
    overwrite: request.overwrite,
    partitionBy,
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
      ...(partitionBy === undefined
        ? []
        : [`Partitions   those in ${partitionBy.join(', ')} of each record, a session for each`]),
      `Blocks       ${isKnown ? `about ${blocks}, ` : ''}of ${partitionBy !== undefined ? 'at most ' : grow ? 'up to ' : ''}${formatBytes(blockBytes)} before compression (${plan.compression})`,
      `Requests     ${requestsOf(request, isKnown ? blocks : undefined)}`,
      `Memory       at most about ${formatBytes(memory)} for blocks: ${partitionBy === undefined ? '(concurrency + 1) × block size' : '2 × --partition-bytes; and 6 KiB per partition'}`,
      `Visible      ${partitionBy === undefined ? 'all rows at once, at the commit' : 'the rows of each partition at once, at its commit, when all records have arrived'}`,
      '',
    ].join('\n'),
  )
  return exitCode.done
}

const requestsOf = ({ partitionBy, concurrency }: UploadRequest, blocks: number | undefined): string => {
  if (partitionBy !== undefined)
    return `1 for the table, and per partition 1 for the session, 1 per block, 2 for the commit; ${concurrency} at the same time`
  const about = blocks === undefined ? '' : `about ${blocks + 4}: `
  return `${about}1 for the table, 1 for the session, 1 per block, 2 for the commit; ${concurrency} blocks at the same time`
}
