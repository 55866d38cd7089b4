import { type OptionSpec, oneOf } from '../../check-options.js'
import { resolveConnection, type WithConnection } from '../../connection.js'
import { tableResource } from '../../session/table-options.js'
import { planBlocks } from '../../upload/block-plan.js'
import { checkBlockMemory, checkUploadOptions } from '../../upload/check-upload-options.js'
import { openSession } from '../../upload/new-upload-stream.js'
import type { SessionResult } from '../../upload/session-transaction.js'
import type { UploadContext } from '../../upload/transaction.js'
import { type UploadStreamOptions, uploadStreamSpec } from '../../upload/upload-options.js'
import { UploadStream } from '../../upload/upload-stream.js'
import { type ArrowTable, apacheArrow, type RecordBatch } from '../apache-arrow.js'
import { ArrowTransaction } from './arrow-transaction.js'
import { ipcInput, recordBatchInput } from './batch-input.js'

type RowOptions =
  | 'checkpoint'
  | 'onRowError'
  | 'maxRowErrors'
  | 'unknownColumns'
  | 'json'
  | 'highWaterMark'
  | 'blockBytes'

/** Options of `createArrowUploadStream`: those of an upload of rows, without what is about single rows. */
export interface ArrowUploadOptions extends Omit<UploadStreamOptions, RowOptions> {
  /** `'batches'` (default): chunks are RecordBatch or Table of `apache-arrow`. `'ipc'`: bytes of one Arrow IPC stream. */
  readonly as?: 'batches' | 'ipc' | undefined
  /**
   * A block ends with the record batch that brings it to this many bytes. Default 8 MiB for the first 64 blocks, 16 MiB for the next 64, then 32 MiB; doubles when 50, 75
   * and 90 % of the block ids are used.
   */
  readonly blockBytes?: number | undefined
  /** Chunks buffered before `write` returns false. Default 2. */
  readonly highWaterMark?: number | undefined
}

/** A chunk of an Arrow upload without `as: 'ipc'`. */
export type ArrowChunk = RecordBatch | ArrowTable

const { checkpoint, onRowError, maxRowErrors, unknownColumns, json, ...batchSpec } = uploadStreamSpec

const arrowUploadSpec: OptionSpec = { ...batchSpec, as: oneOf('batches', 'ipc') }

/**
 * A stream that puts record batches, or bytes of an Arrow IPC stream, into a table. `finish` means that the rows are
 * committed; `destroy` never commits. Columns match by name without case; a column without a field becomes NULL. Without
 * `tunnel` it connects by itself, and closes its connections when it closes.
 *
 * @throws TunnelOptionError at once, before any I/O; the stream fails with ODPS_MISSING_PACKAGE, before any session, when
 * `apache-arrow` is absent and not `as: 'ipc'`; with ODPS_INVALID_COLUMNS for a field that the table does not take
 */
export function createArrowUploadStream(
  options: WithConnection<ArrowUploadOptions & { readonly as: 'ipc' }>,
): UploadStream<Uint8Array>
export function createArrowUploadStream(
  options: WithConnection<ArrowUploadOptions & { readonly as?: 'batches' | undefined }>,
): UploadStream<ArrowChunk>
export function createArrowUploadStream(
  options: WithConnection<ArrowUploadOptions>,
): UploadStream<Uint8Array> | UploadStream<ArrowChunk> {
  const { connection, own, release } = resolveConnection<ArrowUploadOptions>(
    'createArrowUploadStream',
    options,
    arrowUploadSpec,
  )
  checkUploadOptions(own)
  const table = tableResource(connection, own)
  const { compression = 'snappy', compressionLevel } = own
  const settings = {
    open: call => openSession(table, own, call),
    plan: planBlocks(own),
    resume: own.resume ?? false,
    ownIds: own.blockIds !== undefined,
    ...{ compression, compressionLevel },
  } satisfies ConstructorParameters<typeof ArrowTransaction>[0]
  checkBlockMemory('createArrowUploadStream', table, settings.plan)
  const isIpc = own.as === 'ipc'
  return new UploadStream<ArrowChunk, SessionResult>({
    table: table.named,
    begin: async (context: UploadContext) => {
      if (!isIpc) await apacheArrow.load()
      return new ArrowTransaction(settings, context, isIpc ? ipcInput : recordBatchInput)
    },
    ...{ compression, rowsOfItem: 0, onRowError: 'fail', maxRowErrors: 0 },
    concurrency: own.concurrency ?? 3,
    budget: table.client.budget,
    commit: own.commit ?? true,
    highWaterMark: own.highWaterMark ?? 2,
    signal: own.signal,
  }).once('close', release)
}
