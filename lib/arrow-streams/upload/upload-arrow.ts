import { throwIfAborted } from '../../abort.js'
import { checkOptions, instanceOf, integer, type OptionSpec, oneOf } from '../../check-options.js'
import { ChunkPool } from '../../compression/chunk-pool.js'
import { type CompressionName, compressionNames, loadCompression } from '../../compression/compression.js'
import { createCompressor } from '../../compression/compressor.js'
import { TunnelOptionError } from '../../errors.js'
import type { CallOptions } from '../../session/call-options.js'
import type { UploadBlock } from '../../upload/upload-requests.js'
import type { BlockResult } from '../../upload/upload-results.js'
import type { UploadSession } from '../../upload/upload-session.js'
import { type ArrowTable, apacheArrow, type RecordBatch } from '../apache-arrow.js'
import { arrowEncodingOf, arrowParameters } from './arrow-transaction.js'
import { BatchBlocks } from './batch-blocks.js'
import { ipcInput, recordBatchInput } from './batch-input.js'

/** Options of `uploadArrow`. */
export interface UploadArrowOptions extends CallOptions {
  /** `'batches'` (default): record batches or tables of `apache-arrow`. `'ipc'`: bytes of one Arrow IPC stream. */
  readonly as?: 'batches' | 'ipc' | undefined
  /** Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
  /** deflate: 0 to 9, default 1. zstd: 1 to 22, default 3. */
  readonly level?: number | undefined
}

/** One chunk, or several that come one after the other. */
type Chunks<Chunk> = Chunk | Iterable<Chunk> | AsyncIterable<Chunk>

const spec: OptionSpec = {
  as: oneOf('batches', 'ipc'),
  compression: oneOf(...compressionNames),
  level: integer(0, 22),
  signal: instanceOf(AbortSignal),
  onRetry: 'function',
}

/**
 * Uploads record batches as one block of a session. Repeating it with the same block id replaces the block. The block is
 * visible only after the session's `commit()`.
 *
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS, ODPS_MISSING_PACKAGE; TunnelValueError for data that is not Arrow or does
 * not fit; then nothing was sent. Else as an upload of rows.
 */
export function uploadArrow(
  session: UploadSession,
  blockId: number,
  batches: Chunks<Uint8Array>,
  options: UploadArrowOptions & { readonly as: 'ipc' },
): Promise<BlockResult>
export function uploadArrow(
  session: UploadSession,
  blockId: number,
  batches: Chunks<RecordBatch | ArrowTable>,
  options?: UploadArrowOptions & { readonly as?: 'batches' | undefined },
): Promise<BlockResult>
export async function uploadArrow(
  session: UploadSession,
  blockId: number,
  batches: Chunks<unknown>,
  options: UploadArrowOptions = {},
): Promise<BlockResult> {
  checkOptions('uploadArrow', options, spec)
  const { as, compression = 'snappy', level, ...call } = options
  const { signal } = call
  throwIfAborted(signal)
  const pool = new ChunkPool()
  const blocks = new BatchBlocks(() => createCompressor(compression, { level, pool }))
  const make = async (): Promise<UploadBlock> => {
    await loadCompression(compression)
    if (as !== 'ipc') await apacheArrow.load()
    const columns = async () => session.schema.columns
    const input = as === 'ipc' ? ipcInput(columns) : recordBatchInput(columns)
    for await (const chunk of chunksOf(batches)) {
      throwIfAborted(signal)
      for await (const batch of input.batches(chunk, () => blocks.rows)) await blocks.add(batch)
    }
    input.end()
    const contentEncoding = arrowEncodingOf(compression)
    return { ...(await blocks.finish()), contentEncoding, parameters: arrowParameters }
  }
  try {
    return await session.putBlock(blockId, make, call)
  } finally {
    blocks.destroy()
    pool.clear()
  }
}

const chunksOf = (batches: unknown): Iterable<unknown> | AsyncIterable<unknown> => {
  if (batches instanceof Uint8Array || isOfArrow(batches)) return [batches]
  if (Symbol.iterator in Object(batches) || Symbol.asyncIterator in Object(batches))
    return batches as Iterable<unknown>
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    "uploadArrow: batches must be a RecordBatch or Table, bytes (as: 'ipc'), or an iterable of them",
  )
}

/** They can be iterated too, for rows. */
const isOfArrow = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'schema' in value
