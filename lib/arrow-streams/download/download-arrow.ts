import { checkOptions, instanceOf, listOf, type OptionSpec, oneOf } from '../../check-options.js'
import { type CompressionName, compressionNames } from '../../compression/compression.js'
import type { DownloadSession } from '../../download/download-session.js'
import { RangeRows } from '../../download/range-rows.js'
import { clipRange } from '../../download/row-range.js'
import type { CallOptions } from '../../session/call-options.js'
import type { RecordBatch } from '../apache-arrow.js'
import { BatchFormats } from './batch-format.js'
import { type BatchOutput, IpcOutput, RecordBatchOutput } from './batch-output.js'

/** Options of `downloadArrow`. */
export interface DownloadArrowOptions extends CallOptions {
  /** `'batches'` (default): record batches of the package `apache-arrow`. `'ipc'`: an Arrow IPC stream, without any package. */
  readonly as?: 'batches' | 'ipc' | undefined
  /** In the order wanted. Default: all, in schema order. */
  readonly columns?: readonly string[] | undefined
  /** Requested; the service's response decides. Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
}

const spec: OptionSpec = {
  as: oneOf('batches', 'ipc'),
  columns: listOf('string'),
  compression: oneOf(...compressionNames),
  signal: instanceOf(AbortSignal),
  onRetry: 'function',
}

/**
 * Reads `count` rows of a session from row `start` on (clipped at the end) in Arrow, checked to the last byte, and resolves
 * to their record batches, or with `as: 'ipc'` to one Arrow IPC stream.
 *
 * @throws TunnelOptionError ODPS_INVALID_RANGE, ODPS_INVALID_COLUMNS, ODPS_MISSING_PACKAGE; and as a download of rows
 */
export function downloadArrow(
  session: DownloadSession,
  start: number,
  count: number,
  options: DownloadArrowOptions & { readonly as: 'ipc' },
): Promise<Buffer>
export function downloadArrow(
  session: DownloadSession,
  start: number,
  count: number,
  options?: DownloadArrowOptions & { readonly as?: 'batches' | undefined },
): Promise<RecordBatch[]>
export async function downloadArrow(
  session: DownloadSession,
  start: number,
  count: number,
  options: DownloadArrowOptions = {},
): Promise<Buffer | RecordBatch[]> {
  checkOptions('downloadArrow', options, spec)
  return options.as === 'ipc'
    ? Buffer.concat(await read(session, start, count, options, new IpcOutput()))
    : read(session, start, count, options, new RecordBatchOutput())
}

const read = async <Chunk>(
  session: DownloadSession,
  start: number,
  count: number,
  { columns, compression = 'snappy', signal, onRetry }: DownloadArrowOptions,
  output: BatchOutput<Chunk>,
): Promise<Chunk[]> => {
  await output.prepare()
  const formats = new BatchFormats({ columns })
  const format = formats.of(session)
  const range = clipRange(start, count, session.recordCount)
  const rows = new RangeRows(session, range, { columns, compression, format, signal, onRetry })
  const chunks: Chunk[] = []
  try {
    for (let batches = await rows.next(); batches !== undefined; batches = await rows.next())
      for (const batch of batches) chunks.push(...output.add(batch, formats.fieldsOf(session.schema)))
  } finally {
    rows.destroy()
  }
  return [...chunks, ...output.end(formats.fieldsOf(session.schema))]
}
