import { SteppedHold } from '../budget/stepped-hold.js'
import type { RecordScatterer, RecordStream } from '../codec/rows/record-scatterer.js'
import { StreamTotals } from '../codec/stream/totals.js'
import { encodeTrailer } from '../codec/stream/trailer.js'
import type { CompressionName } from '../compression/compression.js'
import type { CallOptions } from '../session/call-options.js'
import { deferred } from '../session/deferred.js'
import { LoopTurns } from '../session/loop-turns.js'
import { timed } from '../session/transfer-stats.js'
import type { PreparedBlock } from '../upload/block-builder.js'
import { compressBlock } from '../upload/compress-block.js'
import { BytePages, PagedBytes, type TakenBytes } from '../upload/partitions/byte-pages.js'
import type { SendingContext } from '../upload/transaction.js'
import type { UpsertEncoder } from './upsert-encoder.js'

/*
 * Rows wait in their buckets, as bare records in pages that all buckets share, until a bucket has enough of them for a
 * request. Of one bucket only one request is under way at a time: rows of one key are in one bucket, and the last one that
 * arrives wins, so the order of requests is the order of rows. Other buckets go on meanwhile, and those that wait grow.
 */

export interface BucketLimits {
  /** A bucket with so many bytes of records, or rows, is sent. */
  readonly flushBytes: number
  readonly flushRows: number
  /** Bytes of records that wait or are under way. */
  readonly bufferBytes: number
}

export interface BucketWriterSettings extends BucketLimits {
  readonly buckets: number
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly concurrency: number
  /** Sends what a bucket has, until it is confirmed. */
  readonly put: (bucket: number, block: PreparedBlock, call: CallOptions) => Promise<number>
}

/** One bucket: what waits in it, and whether something of it is under way. */
interface Bucket extends RecordStream {
  readonly index: number
  readonly tail: PagedBytes
  /** Of what waits in it. */
  totals: StreamTotals
  isBusy: boolean
  /** Rows taken, and rows that are on the service. */
  taken: number
  done: number
}

/** Between two looks at the clock. */
const rowsOfTurn = 64

export class BucketWriter {
  readonly #settings: BucketWriterSettings
  readonly #encoder: UpsertEncoder
  readonly #scatterer: RecordScatterer<Bucket>
  readonly #context: SendingContext
  readonly #buckets: readonly Bucket[]
  readonly #pages: BytePages
  readonly #turns = new LoopTurns()
  #sinceTurn = 0
  #busyBuckets = 0
  #bytesUnderWay = 0
  /** Of the memory that all transfers share, for records that wait or are under way. */
  readonly #memory: SteppedHold
  #room = deferred<void>()
  #isDestroyed = false

  constructor(settings: BucketWriterSettings, encoder: UpsertEncoder, context: SendingContext) {
    this.#settings = settings
    this.#encoder = encoder
    this.#pages = new BytePages(context.pool)
    this.#scatterer = encoder.scatter((bucket, records) => this.#pages.append(bucket.tail, records))
    this.#context = context
    this.#memory = new SteppedHold(context.memory)
    this.#buckets = Array.from({ length: settings.buckets }, (_, index) => ({
      ...{ index, tail: new PagedBytes(), totals: new StreamTotals(), waiting: -1 },
      ...{ isBusy: false, taken: 0, done: 0 },
    }))
  }

  /**
   * Takes one row, all of it or nothing.
   * @returns a promise when the next one has to wait
   * @throws TunnelValueError for a row that does not fit
   */
  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    const bucket = this.#buckets[this.#encoder.bucketOf(row, rowIndex)]!
    this.#scatterer.add(this.#encoder.cells, rowIndex, bucket)
    bucket.taken++
    this.#weigh(bucket)
    if (this.#isFull(bucket)) this.#send(bucket)
    if (this.#hasRoom()) return ++this.#sinceTurn % rowsOfTurn === 0 ? this.#turns.due() : undefined
    return timed(this.#context.stats.phaseMs, 'wait', this.#untilRoom())
  }

  /** Of rows that wait to be encoded only the most that they may be is known: near a limit they are, and it is seen what they are. */
  #weigh({ tail }: Bucket): void {
    const { flushBytes, bufferBytes } = this.#settings
    const untilFull = flushBytes - tail.length
    const untilOver = bufferBytes - this.#heldBytes + 1
    const isNear = this.#scatterer.mayHold(untilFull > 0 ? Math.min(untilFull, untilOver) : untilOver)
    if (isNear) this.#scatterer.flush()
  }

  /** Sends all rows that were taken before, and waits until they are on the service. */
  async flush(): Promise<void> {
    this.#scatterer.flush()
    const marks = this.#buckets.map(({ taken }) => taken)
    for (;;) {
      const pending = this.#buckets.filter(({ index, done }) => done < marks[index]!)
      if (pending.length === 0 || this.#isDestroyed) break
      for (const bucket of pending) if (bucket.tail.length > 0) this.#send(bucket)
      await this.#context.sender.drain()
    }
    // It tells of requests that failed before.
    await this.#context.sender.drain()
  }

  /** Leaves its memory to others, once all rows are sent and no more come. */
  clear(): void {
    this.#pages.clear()
  }

  /** Forgets what was not sent; whoever waits goes on. */
  destroy(): void {
    this.#isDestroyed = true
    this.#room.resolve()
  }

  get #heldBytes(): number {
    return this.#pages.bytes + this.#bytesUnderWay
  }

  get #isOver(): boolean {
    return this.#heldBytes > this.#settings.bufferBytes
  }

  #hasRoom(): boolean {
    return !this.#isOver && this.#memory.covers(this.#heldBytes)
  }

  #isFull({ tail, totals }: Bucket): boolean {
    const { flushBytes, flushRows } = this.#settings
    return tail.length >= flushBytes || totals.rows >= flushRows
  }

  async #untilRoom(): Promise<void> {
    while (!this.#isDestroyed && !this.#hasRoom()) {
      this.#sendLargest()
      const { promise } = this.#room
      // Others may hold the rest for as long as they like: what is sent makes room in any case.
      await (this.#isOver ? promise : Promise.race([promise, this.#memory.step()]))
    }
    this.#memory.stop()
  }

  /** While there is no room something is under way, or nothing would ever make any. */
  #sendLargest(): void {
    while (!this.#hasRoom() && this.#busyBuckets < this.#settings.concurrency) {
      let largest: Bucket | undefined
      for (const bucket of this.#buckets)
        if (!bucket.isBusy && bucket.tail.length > (largest?.tail.length ?? 0)) largest = bucket
      if (largest === undefined) return
      this.#send(largest)
    }
  }

  #send(bucket: Bucket): void {
    if (bucket.isBusy || this.#isDestroyed) return
    bucket.isBusy = true
    this.#busyBuckets++
    this.#scatterer.flush()
    const { tail, totals } = bucket
    const trailer = encodeTrailer(totals.rows, totals.checksum)
    this.#pages.append(tail, trailer)
    const records = this.#pages.take(tail)
    bucket.totals = new StreamTotals()
    this.#bytesUnderWay += records.length
    const put = (_: number, block: PreparedBlock, call: CallOptions): Promise<number> =>
      this.#put(bucket, block, call)
    this.#context.sender.sendHeld({ put }, bucket.index, () => this.#prepare(records, totals.rows))
  }

  async #put(bucket: Bucket, block: PreparedBlock, call: CallOptions): Promise<number> {
    const sent = await this.#settings.put(bucket.index, block, call)
    bucket.isBusy = false
    bucket.done += block.rows
    this.#busyBuckets--
    this.#bytesUnderWay -= block.rawBytes
    if (this.#isFull(bucket)) this.#send(bucket)
    this.#memory.shrink(this.#heldBytes)
    this.#room.resolve()
    this.#room = deferred()
    return sent
  }

  #prepare(records: TakenBytes, rows: number): Promise<PreparedBlock> {
    const { compression, compressionLevel: level } = this.#settings
    return compressBlock(records, rows, compression, { level, pool: this.#context.pool })
  }
}
