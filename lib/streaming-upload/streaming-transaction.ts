import type { EncodeOptions } from '../codec/rows/record-encoder.js'
import { type CompressionName, contentEncodingOf } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import { checkSchema } from '../schema/define-schema.js'
import type { TableSchema } from '../schema/table-schema.js'
import { loadEncoder } from '../session/load-codec.js'
import type { TableResource } from '../session/table-resource.js'
import { timed } from '../session/transfer-stats.js'
import { BlockBuilder } from '../upload/block-builder.js'
import type { SendingContext, Transaction } from '../upload/transaction.js'
import { type Flush, FlushOrder } from './flush-order.js'
import { PackTarget, type PackTargetOptions } from './pack-target.js'
import { Widening } from './schema-change.js'
import type { StreamSession } from './stream-session.js'

/*
 * Rows become packs by their number, their bytes and their age, whichever comes first. A pack grows while others are on their
 * way; one that is due by age while all permits are taken still goes, and keeps the rows behind it waiting, as one that is full
 * does: so no more packs exist than may be sent at once, one that waits, and one that grows.
 */

export interface StreamingSettings
  extends Omit<PackTargetOptions, 'contentEncoding' | 'onSession' | 'onTaken'> {
  readonly intervalMs: number
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly encode: EncodeOptions
  /** What the program takes the columns to be. */
  readonly schema: TableSchema | undefined
}

export interface StreamingContext extends SendingContext {
  /** Called with every session, also those that take the place of another. */
  readonly onSession: (session: StreamSession) => void
  readonly onFlush: (flush: Flush) => void
}

export class StreamingTransaction implements Transaction<object> {
  readonly result = {}
  readonly #table: TableResource
  readonly #settings: StreamingSettings
  readonly #context: StreamingContext
  readonly #target: PackTarget
  readonly #newBuilder: (session: StreamSession) => BlockBuilder
  readonly #widening: Widening
  readonly #flushes: FlushOrder
  #session: StreamSession
  #builder: BlockBuilder
  #firstRow = 0
  #lastRow = -1
  /** Ends the wait of the pack that grows. */
  #closed: AbortController | undefined
  /** What rows wait for behind a pack that was due by age. */
  #turn: Promise<void> | undefined

  private constructor(
    table: TableResource,
    settings: StreamingSettings,
    context: StreamingContext,
    target: PackTarget,
    flushes: FlushOrder,
    newBuilder: (session: StreamSession) => BlockBuilder,
  ) {
    this.#table = table
    this.#settings = settings
    this.#context = context
    this.#target = target
    this.#flushes = flushes
    this.#newBuilder = newBuilder
    this.#session = target.session
    this.#builder = newBuilder(target.session)
    this.#widening = new Widening(target.session.schema.columns.length)
  }

  static async open(
    table: TableResource,
    settings: StreamingSettings,
    context: StreamingContext,
  ): Promise<StreamingTransaction> {
    const { call, pool, stats } = context
    const { compression, compressionLevel: level, limits, encode } = settings
    const flushes = new FlushOrder(context.onFlush)
    const opening = PackTarget.open(
      table,
      {
        ...settings,
        contentEncoding: contentEncodingOf(compression),
        onSession: context.onSession,
        onTaken: (place, block, answer) => flushes.taken(place, block, answer),
      },
      call,
    )
    const [target, { createRecordEncoder }] = await Promise.all([
      timed(stats.phaseMs, 'open', opening),
      loadEncoder(),
    ])
    const { session, partition } = target
    if (settings.schema !== undefined) checkSchema(settings.schema, session.schema, 'write')
    return new StreamingTransaction(
      table,
      settings,
      context,
      target,
      flushes,
      ({ schema, dateTransform }) => {
        const encoder = createRecordEncoder(schema.columns, {
          ...(partition !== undefined && { partition }),
          ...(dateTransform && { oldDates: 'refuse' }),
          ...encode,
        })
        return new BlockBuilder(encoder, () => createCompressor(compression, { level, pool }), limits)
      },
    )
  }

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    if (this.#session !== this.#target.session) this.#takeOver()
    this.#lastRow = rowIndex
    const builder = this.#builder
    const busy = builder.add(this.#widening.rowOf(row), rowIndex)
    if (builder.isFull) return this.#send()
    if (this.#closed === undefined) this.#flushLater()
    return busy ?? this.#turn
  }

  close(): Promise<void> | undefined {
    return this.#builder.rows > 0 ? this.#send() : undefined
  }

  async sent(): Promise<void> {
    await this.#context.sender.drain()
  }

  /** Rows are in the table when they were sent. */
  async commit(): Promise<void> {}

  destroy(): void {
    this.#closed?.abort()
    this.#builder.destroy()
  }

  async rest(): Promise<undefined> {
    return undefined
  }

  /** @returns a promise when the pack has to wait for its turn */
  #send(): Promise<void> | undefined {
    this.#closed?.abort()
    this.#closed = undefined
    const place = this.#target.place()
    this.#flushes.begin(place, { firstRow: this.#firstRow, lastRow: this.#lastRow })
    this.#firstRow = this.#lastRow + 1
    const prepared = this.#builder.finish()
    prepared.catch(() => {})
    return this.#context.sender.send(this.#target, place, () => prepared)
  }

  /** A session has taken the place of another: where it has more columns, the pack that grows ends with those of before. */
  #takeOver(): void {
    const before = this.#session.schema.columns.length
    this.#session = this.#target.session
    const { length } = this.#session.schema.columns
    if (length === before) return
    if (this.#builder.rows > 0) this.#wait(this.#send())
    this.#builder = this.#newBuilder(this.#session)
    this.#widening.widen(length)
  }

  async #flushLater(): Promise<void> {
    const closed = new AbortController()
    this.#closed = closed
    try {
      await this.#table.client.clock.sleep(this.#settings.intervalMs, closed.signal, { unref: true })
    } catch {
      return
    }
    if (closed.signal.aborted) return
    this.#wait(this.#send())
  }

  #wait(turn: Promise<void> | undefined): void {
    if (turn === undefined) return
    const wait = turn.finally(() => {
      if (this.#turn === wait) this.#turn = undefined
    })
    // Nobody may wait.
    wait.catch(() => {})
    this.#turn = wait
  }
}
