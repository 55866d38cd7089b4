import type { WireRows } from '../../arrow/tunnel/wire-plan.js'
import { type CompressionName, contentEncodingOf } from '../../compression/compression.js'
import { createCompressor } from '../../compression/compressor.js'
import type { TunnelSessionError } from '../../errors.js'
import type { CallOptions } from '../../session/call-options.js'
import { timed } from '../../session/transfer-stats.js'
import type { BlockPlan } from '../../upload/block-plan.js'
import { outcomeOf } from '../../upload/commit-outcome.js'
import { SessionTarget } from '../../upload/session-target.js'
import type { SessionResult } from '../../upload/session-transaction.js'
import type { Transaction, UploadContext } from '../../upload/transaction.js'
import type { UploadSession } from '../../upload/upload-session.js'
import { BatchBlocks } from './batch-blocks.js'
import type { BatchInput } from './batch-input.js'

export interface ArrowUploadSettings {
  readonly open: (call: CallOptions) => Promise<UploadSession>
  readonly plan: BlockPlan
  readonly resume: boolean
  readonly ownIds: boolean
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
}

/** LZ4 has a name of its own in Arrow (protocol 5). */
export const arrowEncodingOf = (compression: CompressionName): string | undefined =>
  compression === 'lz4' ? 'x-odps-lz4-frame' : contentEncodingOf(compression)

/** What the request of a block has besides the id. */
export const arrowParameters = { arrow: '' }

/**
 * Record batches of one upload session. The session is opened only when the first schema was looked at, so that types which
 * no table takes are refused before.
 */
export class ArrowTransaction implements Transaction<SessionResult> {
  readonly #settings: ArrowUploadSettings
  readonly #context: UploadContext
  readonly #input: BatchInput
  readonly #blocks: BatchBlocks
  #opening: Promise<SessionTarget> | undefined
  #target: SessionTarget | undefined
  #closing: Promise<void> | undefined
  #commit: Promise<void> | undefined

  constructor(
    settings: ArrowUploadSettings,
    context: UploadContext,
    newInput: (columns: () => Promise<UploadSession['schema']['columns']>) => BatchInput,
  ) {
    this.#settings = settings
    this.#context = context
    this.#input = newInput(async () => (await this.#open()).session.schema.columns)
    const { compression, compressionLevel: level } = settings
    this.#blocks = new BatchBlocks(() => createCompressor(compression, { level, pool: context.pool }))
  }

  get result(): SessionResult {
    const { session, blockIds } = this.#target!
    return { sessionId: session.sessionId, blockIds }
  }

  async add(chunk: unknown): Promise<void> {
    for await (const batch of this.#input.batches(chunk, () => this.#context.stats.rows))
      await this.#addBatch(batch)
  }

  close(): Promise<void> | undefined {
    this.#closing = this.#close()
    this.#closing.catch(() => {})
    return this.#closing
  }

  async sent(): Promise<void> {
    await this.#closing
    await this.#context.sender.drain()
  }

  async commit(): Promise<void> {
    const { call, stats } = this.#context
    this.#commit = timed(stats.phaseMs, 'commit', this.#target!.finish(call))
    await this.#commit
  }

  destroy(): void {
    this.#blocks.destroy()
  }

  async rest(): Promise<TunnelSessionError | undefined> {
    return this.#commit && outcomeOf(this.#commit)
  }

  async #close(): Promise<void> {
    this.#input.end()
    await this.#open()
    if (this.#blocks.rows > 0) await this.#sendBlock()
  }

  async #addBatch(batch: WireRows): Promise<void> {
    const target = await this.#open()
    await this.#blocks.add(batch)
    this.#context.stats.rows += batch.length
    if (this.#blocks.isFull(target.limits)) await this.#sendBlock()
  }

  /** Resolves when the block's turn has come. */
  async #sendBlock(): Promise<void> {
    const target = await this.#open()
    const place = target.place()
    const block = await this.#blocks.finish()
    await this.#context.sender.send(target, place, async () => block)
  }

  #open(): Promise<SessionTarget> {
    this.#opening ??= this.#openTarget()
    return this.#opening
  }

  async #openTarget(): Promise<SessionTarget> {
    const { call, stats } = this.#context
    const { open, compression, ...settings } = this.#settings
    const session = await timed(stats.phaseMs, 'open', open(call))
    const contentEncoding = arrowEncodingOf(compression)
    const options = { ...settings, contentEncoding, proof: undefined, parameters: arrowParameters }
    this.#target = await SessionTarget.open(session, options, call)
    this.#context.onSession(session)
    return this.#target
  }
}
