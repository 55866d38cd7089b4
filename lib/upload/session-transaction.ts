import type { RecordRun } from '../codec/rows/encoded-records.js'
import type { EncodeOptions } from '../codec/rows/record-encoder.js'
import type { CompressionName } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import type { TunnelSessionError } from '../errors.js'
import { isNested } from '../schema/data-type.js'
import type { CallOptions } from '../session/call-options.js'
import { loadEncoder } from '../session/load-codec.js'
import { timed } from '../session/transfer-stats.js'
import { BlockBuilder } from './block-builder.js'
import { outcomeOf } from './commit-outcome.js'
import { SessionTarget, type SessionTargetOptions } from './session-target.js'
import type { BoundedTransaction, UploadContext } from './transaction.js'
import type { UploadSession } from './upload-session.js'

/*
 * A session is the unit that becomes visible at once, and a block the unit that can be sent again. While one block
 * grows others are on their way, so memory holds as many compressed blocks as are sent at a time, and one slice of raw
 * records. The commit comes last, alone, and may have been done although no answer came (settle-commit).
 */

/** What a transaction in one session runs on: options already checked, defaults filled in. */
export interface SessionSettings {
  readonly open: (call: CallOptions) => Promise<UploadSession>
  readonly target: SessionTargetOptions
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly encode: EncodeOptions
}

/** What an upload in one session tells at the end. */
export interface SessionResult {
  readonly sessionId: string
  /** Ids of the blocks this stream wrote or, on resume, found. */
  readonly blockIds: readonly number[]
}

/** Rows of one upload session: one block grows while others are sent. */
export class SessionTransaction implements BoundedTransaction<SessionResult> {
  readonly #target: SessionTarget
  readonly #builder: BlockBuilder
  readonly #context: UploadContext
  /** Of the blocks that have ended. */
  #closedBytes = 0
  #commit: Promise<void> | undefined

  private constructor(target: SessionTarget, builder: BlockBuilder, context: UploadContext) {
    this.#target = target
    this.#builder = builder
    this.#context = context
  }

  static async open(settings: SessionSettings, context: UploadContext): Promise<SessionTransaction> {
    const { call, pool, stats } = context
    const opening = timed(stats.phaseMs, 'open', settings.open(call))
    const [session, { createRecordEncoder }] = await Promise.all([opening, loadEncoder()])
    const target = await SessionTarget.open(session, settings.target, call)
    const { compression, compressionLevel: level, encode } = settings
    const { proof } = settings.target
    const builder = new BlockBuilder(
      createRecordEncoder(session.schema.columns, { ...session.encodeOptions, ...encode }),
      () => createCompressor(compression, { level, pool }),
      target.limits,
      proof !== undefined && session.schema.columns.some(({ type }) => isNested(type)),
    )
    context.onSession(session)
    return new SessionTransaction(target, builder, context)
  }

  get result(): SessionResult {
    const { session, blockIds } = this.#target
    return { sessionId: session.sessionId, blockIds }
  }

  get sessions(): readonly UploadSession[] {
    return [this.#target.session]
  }

  get isFull(): boolean {
    return this.#target.isFull && this.#builder.rows === 0
  }

  reaches(bytes: number): boolean {
    return this.#builder.reaches(bytes - this.#closedBytes)
  }

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    const builder = this.#builder
    const busy = builder.add(row, rowIndex)
    return builder.isFull ? this.#sendBlock() : busy
  }

  addRecords(run: RecordRun): Promise<void> | undefined {
    const builder = this.#builder
    const busy = builder.addRecords(run)
    return builder.isFull ? this.#sendBlock() : busy
  }

  close(): Promise<void> | undefined {
    return this.#builder.rows > 0 ? this.#sendBlock() : undefined
  }

  async sent(): Promise<void> {
    await this.#context.sender.drain()
  }

  async commit(): Promise<void> {
    const { call, stats } = this.#context
    this.#commit = timed(stats.phaseMs, 'commit', this.#target.finish(call))
    await this.#commit
  }

  destroy(): void {
    this.#builder.destroy()
  }

  async rest(): Promise<TunnelSessionError | undefined> {
    return this.#commit && outcomeOf(this.#commit)
  }

  #sendBlock(): Promise<void> | undefined {
    const target = this.#target
    const place = target.place()
    this.#closedBytes += this.#builder.rawBytes
    const prepared = this.#builder.finish(target.limits)
    prepared.catch(() => {})
    return this.#context.sender.send(target, place, () => prepared)
  }
}
