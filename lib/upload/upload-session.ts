import { throwIfAborted } from '../abort.js'
import { checkOptions, type OptionSpec, oneOf } from '../check-options.js'
import type { EncodeOptions } from '../codec/rows/record-encoder.js'
import {
  type CompressionName,
  compressionNames,
  contentEncodingOf,
  loadCompression,
} from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import { publishCommit } from '../diagnostics.js'
import { TunnelOptionError, TunnelServiceError, TunnelSessionError } from '../errors.js'
import { formatPartitionSpec, type PartitionSpec } from '../schema/partition-spec.js'
import type { TableName } from '../schema/table-name.js'
import type { TableSchema } from '../schema/table-schema.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import { loadEncoder } from '../session/load-codec.js'
import type { ServerMetrics } from '../session/server-metrics.js'
import type { TableResource } from '../session/table-resource.js'
import { inScope, parentOf, traced, tracedBy } from '../tracing.js'
import { checkBlockId, checkBlocks } from './block-check.js'
import { encodeBlock } from './encode-block.js'
import {
  type CreateUploadOptions,
  commitUpload,
  loadUpload,
  putBlock,
  requestUpload,
  type UploadBlock,
} from './upload-requests.js'
import type { BlockResult, CommitResult } from './upload-results.js'
import { type BlockInfo, isCommitted, isOpen, type UploadState } from './upload-state.js'
import { blocks as blockTraces, type CommitTrace, commits, type UploadTrace } from './upload-traces.js'

export interface OpenUploadOptions extends CallOptions {
  readonly sessionId: string
}

/** Options of {@link UploadSession.upload}. */
export interface UploadRowsOptions extends CallOptions {
  /** Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
  /** deflate: 0 to 9, default 1. zstd: default 3. */
  readonly level?: number | undefined
  /** `'parsed'` (default): a JSON cell takes any JSON value. `'text'`: it takes the JSON text itself. */
  readonly json?: 'parsed' | 'text' | undefined
  /** Keys of object rows that are no column: `'error'` (default), or `'ignore'`. */
  readonly unknownColumns?: 'error' | 'ignore' | undefined
}

const uploadRowsSpec: OptionSpec = {
  ...callOptionSpec,
  compression: oneOf(...compressionNames),
  level: 'number',
  json: oneOf('parsed', 'text'),
  unknownColumns: oneOf('error', 'ignore'),
}

/** What another process needs to attach. */
export interface UploadSessionJson extends TableName {
  readonly partitionSpec?: string
  readonly sessionId: string
}

/**
 * Starts an upload to a table or to one partition; rows become visible by the commit, all at once.
 * @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_NO_SUCH_PARTITION, ODPS_ACCESS_DENIED, …
 */
export const createUploadSession = async (
  named: TableResource,
  options: CreateUploadOptions = {},
): Promise<UploadSession> =>
  inScope(options[tracedBy], async () => {
    const resource = await named.ordered(options)
    return new UploadSession(resource, await requestUpload(resource, options), false)
  })

/**
 * Attaches to a session that exists, from another object, process or machine.
 * @throws TunnelServiceError ODPS_NO_SUCH_SESSION when it is unknown or over
 */
export const openUploadSession = async (
  named: TableResource,
  options: OpenUploadOptions,
): Promise<UploadSession> => {
  const resource = await named.ordered(options)
  return new UploadSession(resource, await loadUpload(resource, options.sessionId, options), true)
}

/*
 * A session remembers what it sent, because the commit names no blocks: the service makes visible whatever it holds. So
 * before a commit the service's list is compared with what was sent through this object. A block whose answer is still
 * awaited is neither there nor absent, and a session whose commit was settled answers every further commit from memory.
 */

/** Blocks are uploaded in any order, by any number of processes; one of them commits. */
export class UploadSession {
  readonly sessionId: string
  readonly schema: TableSchema
  /** Bytes that one STRING or BINARY value may have, where the service tells. */
  readonly maxFieldBytes: number | undefined
  readonly quotaName: string | undefined
  /** The service answered that it wants old dates transformed (protocol 3.1): none before 1928 may be sent. */
  readonly dateTransform: boolean
  /** Made by `Tunnel.openUploadSession`: others may have uploaded blocks. */
  readonly attached: boolean
  readonly #resource: TableResource
  /** Rows of the blocks sent with success, by id. */
  readonly #sent = new Map<number, number>()
  readonly #sending = new Set<number>()
  #status: string
  #result: CommitResult | undefined

  /** @internal */
  constructor(resource: TableResource, state: UploadState, attached: boolean) {
    this.#resource = resource
    this.#status = state.status
    this.sessionId = state.sessionId
    this.schema = state.schema
    this.maxFieldBytes = state.maxFieldBytes
    this.quotaName = state.quotaName
    this.dateTransform = state.dateTransform
    this.attached = attached
  }

  get table(): TableName {
    return this.#resource.name
  }

  get partition(): PartitionSpec | undefined {
    return this.#resource.partition
  }

  /** @internal How rows of this session are encoded: what the service told of its limits and dates, and the partition. */
  get encodeOptions(): EncodeOptions {
    const { maxFieldBytes, partition, dateTransform } = this
    return {
      ...(maxFieldBytes !== undefined && { maxFieldBytes }),
      ...(partition !== undefined && { partition }),
      ...(dateTransform && { oldDates: 'refuse' }),
    }
  }

  /** As of the last answer: `normal`, `closing`, `closed`, `canceled`, `expired`, `critical`. */
  get status(): string {
    return this.#status
  }

  /**
   * Encodes and compresses the rows, and sends them when they have ended. The same id again replaces the block.
   *
   * @throws TunnelValueError for a row that does not fit; then nothing was sent. Else as {@link putBlock}.
   */
  async upload(
    blockId: number,
    rows: Iterable<unknown> | AsyncIterable<unknown>,
    options: UploadRowsOptions = {},
  ): Promise<BlockResult> {
    checkOptions('upload', options, uploadRowsSpec)
    checkBlockId(blockId)
    const { compression = 'snappy', level, json = 'parsed', unknownColumns = 'error', ...call } = options
    const { signal } = call
    throwIfAborted(signal)
    const encode = async (): Promise<UploadBlock> => {
      await loadCompression(compression)
      const { createRecordEncoder } = await loadEncoder()
      const encoder = createRecordEncoder(this.schema.columns, {
        ...this.encodeOptions,
        ...{ json, unknownColumns },
      })
      const block = await encodeBlock(rows, encoder, () => createCompressor(compression, { level }), signal)
      return { ...block, contentEncoding: contentEncodingOf(compression) }
    }
    return this.putBlock(blockId, encode, call)
  }

  /**
   * Sends one block. It is repeated until the service has confirmed it. A block that is still to be made, by a function, counts as
   * under way from now on: no commit may miss it, and no other may take its place.
   *
   * @throws TunnelOptionError for an id that is not 0 to 19999, or that is being sent already; TunnelServiceError
   * ODPS_BLOCK_REFUSED, …; TunnelSessionError ODPS_SESSION_STATUS when the session is committed or over.
   */
  async putBlock(
    blockId: number,
    block: UploadBlock | (() => Promise<UploadBlock>),
    options: CallOptions = {},
  ): Promise<BlockResult> {
    checkOptions('putBlock', options, callOptionSpec)
    checkBlockId(blockId)
    if (this.#sending.has(blockId)) throw alreadySending(blockId)
    this.#sending.add(blockId)
    try {
      return await this.#sendBlock(blockId, typeof block === 'function' ? await block() : block, options)
    } finally {
      this.#sending.delete(blockId)
    }
  }

  #sendBlock(blockId: number, block: UploadBlock, options: CallOptions): Promise<BlockResult> {
    // Until the answer is there, nobody knows what the service holds under this id.
    this.#sent.delete(blockId)
    const { rows, rawBytes, body } = block
    return traced(
      blockTraces,
      () => ({ ...this.#traced(options), blockId, rows, rawBytes }),
      async () => {
        const metrics = await this.#put(blockId, block, options)
        this.#sent.set(blockId, rows)
        const wireBytes = body.reduce((sum, part) => sum + part.length, 0)
        return { blockId, rows, rawBytes, wireBytes, ...(metrics && { metrics }) }
      },
    )
  }

  /** Asks the service for the status and the blocks it holds. */
  async load(
    options: CallOptions = {},
  ): Promise<{ readonly status: string; readonly blocks: readonly BlockInfo[] }> {
    checkOptions('load', options, callOptionSpec)
    const { status, blocks } = await this.#load(options)
    return { status, blocks }
  }

  /**
   * Makes the rows visible, all at once, after comparing the service's blocks with ours.
   *
   * Without ids the service must hold exactly the blocks sent through this object; an attached session takes what is
   * there. With ids it must hold exactly those. Record counts are compared for the blocks sent through this object.
   * A commit whose answer is lost is settled by loading the session. Repeating a commit that was done is harmless.
   *
   * @throws TunnelSessionError ODPS_BLOCK_LIST_MISMATCH, ODPS_RECORD_COUNT_MISMATCH, ODPS_SESSION_STATUS (nothing was
   * committed), ODPS_COMMIT_UNKNOWN.
   */
  async commit(blockIds?: readonly number[], options: CallOptions = {}): Promise<CommitResult> {
    checkOptions('commit', options, callOptionSpec)
    blockIds?.forEach(checkBlockId)
    if (this.#result !== undefined) return this.#committed(this.#result, blockIds)
    return traced(
      commits,
      () => this.#traced(options),
      () => this.#compareAndCommit(blockIds, options),
    )
  }

  /** The result of a commit that was done, unless it is asked for other blocks. */
  #committed(result: CommitResult, blockIds: readonly number[] | undefined): CommitResult {
    const { sessionId, status } = this
    const blocks = result.blockIds.map(blockId => ({ blockId, recordCount: undefined }))
    const expected = new Set(blockIds ?? result.blockIds)
    checkBlocks({ sessionId, status, blocks, expected, sent: new Map() })
    return result
  }

  async #compareAndCommit(
    blockIds: readonly number[] | undefined,
    options: CallOptions,
  ): Promise<CommitResult> {
    if (this.#sending.size > 0) throw this.#statusError('blocks are still being sent; wait for them')
    const { status, blocks } = await this.#load(options)
    const expected = blockIds ?? (this.attached ? undefined : this.#sent.keys())
    const { sessionId } = this
    if (!isOpen(status) && !isCommitted(status))
      throw this.#statusError(`it is ${status}; create a new one and upload again`)
    checkBlocks({ sessionId, status, blocks, expected: expected && new Set(expected), sent: this.#sent })
    if (!isCommitted(status)) await this.#commit(blocks.length, options)
    this.#result = this.#commitResult(blocks)
    return this.#result
  }

  /** What `Tunnel.openUploadSession` in another process takes. Holds no credentials. */
  toJSON(): UploadSessionJson {
    const { partition, sessionId } = this
    return {
      ...this.table,
      ...(partition !== undefined && { partitionSpec: formatPartitionSpec(partition) }),
      sessionId,
    }
  }

  async #put(blockId: number, block: UploadBlock, options: CallOptions): Promise<ServerMetrics | undefined> {
    try {
      return await putBlock(this.#resource, this.sessionId, blockId, block, options)
    } catch (error) {
      if (!(error instanceof TunnelServiceError) || error.code !== 'ODPS_SESSION_STATUS') throw error
      throw this.#statusError('it was committed or has ended, and accepts no more blocks', error)
    }
  }

  async #load(options: CallOptions): Promise<UploadState> {
    const state = await loadUpload(this.#resource, this.sessionId, options)
    this.#status = state.status
    return state
  }

  async #commit(blocks: number, options: CallOptions): Promise<void> {
    throwIfAborted(options.signal)
    const { sessionId } = this
    const load = (signal: AbortSignal): Promise<UploadState> => this.#load({ ...options, signal })
    const { state, settledBy } = await commitUpload(this.#resource, sessionId, load, options)
    this.#status = state.status
    publishCommit(() => ({ sessionId, table: this.#resource.title, blocks, settledBy }))
  }

  #traced(options: CallOptions): Omit<CommitTrace, 'result' | 'error'> {
    return { parent: parentOf<UploadTrace>(options), ...this.#resource.named, sessionId: this.sessionId }
  }

  #commitResult(blocks: readonly BlockInfo[]): CommitResult {
    const counts = blocks.map(({ blockId, recordCount }) => this.#sent.get(blockId) ?? recordCount)
    const known = counts.every(count => count !== undefined)
    return {
      sessionId: this.sessionId,
      blockIds: blocks.map(({ blockId }) => blockId),
      blocks: blocks.length,
      rows: known ? counts.reduce<number>((sum, count) => sum + (count ?? 0), 0) : undefined,
    }
  }

  #statusError(what: string, cause?: unknown): TunnelSessionError {
    const { sessionId, status } = this
    const message = `Upload session ${sessionId} of ${this.#resource.title}: ${what}`
    return new TunnelSessionError('ODPS_SESSION_STATUS', message, { sessionId, status, cause })
  }
}

const alreadySending = (blockId: number): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `Block ${blockId} is already being sent, so it is unknown which of the two would be kept. Wait, or use another id.`,
  )
