import type { EncodeOptions } from '../codec/rows/record-encoder.js'
import { type CompressionName, contentEncodingOf } from '../compression/compression.js'
import { createCompressor } from '../compression/compressor.js'
import { loadOnce } from '../load-once.js'
import { checkSchema } from '../schema/define-schema.js'
import type { PartitionSpec } from '../schema/partition-spec.js'
import type { TableSchema } from '../schema/table-schema.js'
import { loadEncoder } from '../session/load-codec.js'
import type { TableResource } from '../session/table-resource.js'
import { timed } from '../session/transfer-stats.js'
import { compressBlock } from '../upload/compress-block.js'
import type { PartitionBy } from '../upload/partitions/partition-keys.js'
import type { SendingContext, Transaction } from '../upload/transaction.js'
import { type Flush, FlushOrder } from './flush-order.js'
import { type GrowingPacks, OnePack } from './growing-packs.js'
import { PackTarget, type PackTargetOptions } from './pack-target.js'
import { Widening } from './schema-change.js'
import type { StreamSession } from './stream-session.js'

/*
 * Rows become packs by their number, their bytes and their age, whichever comes first. A pack grows while others are on their
 * way; one that is due by age while all permits are taken still goes, and keeps the rows behind it waiting, as one that is full
 * does: so no more packs exist than may be sent at once, one that waits, and one that grows. With many partitions the packs of
 * all of them are in that place of the one.
 */

export interface StreamingSettings
  extends Omit<PackTargetOptions, 'contentEncoding' | 'isDynamic' | 'onSession' | 'onTaken'> {
  /** What tells the partition of each row; undefined where all go to the same. */
  readonly partitionBy: PartitionBy<never> | undefined
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
  readonly #newPacks: (session: StreamSession) => GrowingPacks
  readonly #widening: Widening
  readonly #flushes: FlushOrder
  #session: StreamSession
  #packs: GrowingPacks
  #firstRow = 0
  #lastRow = -1
  /** Ends the wait of what grows. */
  #closed: AbortController | undefined
  /** What rows wait for behind a pack that was due by age. */
  #turn: Promise<void> | undefined

  private constructor(
    table: TableResource,
    settings: StreamingSettings,
    context: StreamingContext,
    target: PackTarget,
    flushes: FlushOrder,
    newPacks: (session: StreamSession) => GrowingPacks,
  ) {
    this.#table = table
    this.#settings = settings
    this.#context = context
    this.#target = target
    this.#flushes = flushes
    this.#newPacks = newPacks
    this.#session = target.session
    this.#packs = newPacks(target.session)
    const { partitionBy } = settings
    const behind = typeof partitionBy === 'object' ? partitionBy.length : 0
    this.#widening = new Widening(target.session.schema.columns.length, behind)
  }

  static async open(
    table: TableResource,
    settings: StreamingSettings,
    context: StreamingContext,
  ): Promise<StreamingTransaction> {
    const { call, stats } = context
    const { compression, partitionBy } = settings
    const flushes = new FlushOrder(context.onFlush)
    const opening = PackTarget.open(
      table,
      {
        ...settings,
        contentEncoding: contentEncodingOf(compression),
        isDynamic: partitionBy !== undefined,
        onSession: context.onSession,
        onTaken: (place, block, answer) => flushes.taken(place, block, answer),
      },
      call,
    )
    const loading =
      partitionBy === undefined ? onePack(settings, context) : byPartition(settings, partitionBy, context)
    const [target, newPacks] = await Promise.all([timed(stats.phaseMs, 'open', opening), loading])
    const { session, partition } = target
    if (settings.schema !== undefined) checkSchema(settings.schema, session.schema, 'write')
    return new StreamingTransaction(table, settings, context, target, flushes, each =>
      newPacks(each, partition),
    )
  }

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    if (this.#session !== this.#target.session) this.#takeOver()
    this.#lastRow = rowIndex
    const packs = this.#packs
    const busy = packs.add(this.#widening.rowOf(row), rowIndex)
    if (packs.isFull) return this.#send()
    if (this.#closed === undefined) this.#flushLater()
    return busy ?? this.#turn
  }

  close(): Promise<void> | undefined {
    return this.#packs.rows > 0 ? this.#send() : undefined
  }

  async sent(): Promise<void> {
    await this.#context.sender.drain()
  }

  /** Rows are in the table when they were sent. */
  async commit(): Promise<void> {}

  destroy(): void {
    this.#closed?.abort()
    this.#packs.destroy()
  }

  async rest(): Promise<undefined> {
    return undefined
  }

  /** @returns a promise when a pack has to wait for its turn */
  #send(): Promise<void> | undefined {
    this.#closed?.abort()
    this.#closed = undefined
    const packs = this.#packs.end().map(pack => ({ ...pack, place: this.#target.place(pack.partitionSpec) }))
    this.#flushes.begin(
      packs.map(({ prepare, ...placed }) => placed),
      { firstRow: this.#firstRow, lastRow: this.#lastRow },
    )
    this.#firstRow = this.#lastRow + 1
    const waits = packs.map(({ place, prepare }) => this.#context.sender.send(this.#target, place, prepare))
    return packs.length === 1 ? waits[0] : allOf(waits)
  }

  /** A session has taken the place of another: where it has more columns, what grows ends with those of before. */
  #takeOver(): void {
    const before = this.#session.schema.columns.length
    this.#session = this.#target.session
    const { length } = this.#session.schema.columns
    if (length === before) return
    if (this.#packs.rows > 0) this.#wait(this.#send())
    this.#packs = this.#newPacks(this.#session)
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

type NewPacks = (session: StreamSession, partition: PartitionSpec | undefined) => GrowingPacks

const onePack = async (
  { compression, compressionLevel: level, limits, encode }: StreamingSettings,
  { pool }: StreamingContext,
): Promise<NewPacks> => {
  const { createRecordEncoder } = await loadEncoder()
  return ({ schema, dateTransform }, partition) => {
    const encoder = createRecordEncoder(schema.columns, {
      ...(partition !== undefined && { partition }),
      ...(dateTransform && { oldDates: 'refuse' }),
      ...encode,
    })
    return new OnePack(encoder, () => createCompressor(compression, { level, pool }), limits)
  }
}

/** It prints values as text, for which the codecs are needed. */
const loadPartitionPacks = loadOnce(() => import('./partition-packs.js'))

const byPartition = async (
  { compression, compressionLevel: level, limits, encode }: StreamingSettings,
  by: PartitionBy<never>,
  { pool }: StreamingContext,
): Promise<NewPacks> => {
  const [{ createRecordScatterer }, { PartitionPacks }] = await Promise.all([
    loadEncoder(),
    loadPartitionPacks(),
  ])
  return ({ schema, dateTransform }) =>
    new PartitionPacks({
      ...{ by, schema, limits, unknownColumns: encode.unknownColumns ?? 'error' },
      scatter: onRecords =>
        createRecordScatterer(
          schema.columns,
          { ...(dateTransform && { oldDates: 'refuse' }), ...encode },
          onRecords,
        ),
      compress: (records, rows) => compressBlock(records, rows, compression, { level, pool }),
    })
}

const allOf = (waits: readonly (Promise<void> | undefined)[]): Promise<void> | undefined =>
  waits.some(wait => wait !== undefined) ? Promise.all(waits).then(() => {}) : undefined
