import type { EncodeOptions } from '../codec/rows/record-encoder.js'
import type { CompressionName } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import type { CallOptions } from '../session/call-options.js'
import { loadEncoder } from '../session/load-codec.js'
import { timed } from '../session/transfer-stats.js'
import { BlockBuilder } from './block-builder.js'
import { SessionTarget, type SessionTargetOptions } from './session-target.js'
import type { Transaction, UploadContext } from './transaction.js'
import type { UploadSession } from './upload-session.js'

/** What a transaction in one session runs on: options already checked, defaults filled in. */
export interface SessionSettings {
  readonly open: (call: CallOptions) => Promise<UploadSession>
  readonly target: SessionTargetOptions
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly encode: EncodeOptions
}

/** Rows of one upload session: one block grows while others are sent. */
export class SessionTransaction implements Transaction {
  readonly #target: SessionTarget
  readonly #builder: BlockBuilder
  readonly #context: UploadContext

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
    const builder = new BlockBuilder(
      createRecordEncoder(session.schema.columns, { ...session.encodeOptions, ...encode }),
      () => createCompressor(compression, { level, pool }),
      target.limits,
      settings.target.proof !== undefined,
    )
    context.onSession(session)
    return new SessionTransaction(target, builder, context)
  }

  get sessionId(): string {
    return this.#target.session.sessionId
  }

  get blockIds(): readonly number[] {
    return this.#target.blockIds
  }

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    const builder = this.#builder
    const busy = builder.add(row, rowIndex)
    return builder.isFull ? this.#sendBlock() : busy
  }

  async send(): Promise<void> {
    if (this.#builder.rows > 0) this.#sendBlock()
    await this.#context.sender.drain()
  }

  async commit(): Promise<void> {
    await this.#target.finish(this.#context.call)
  }

  destroy(): void {
    this.#builder.destroy()
  }

  #sendBlock(): Promise<void> | undefined {
    const target = this.#target
    const place = target.place()
    return this.#context.sender.send(target, place, this.#builder.finish(target.limits))
  }
}
