import { SteppedHold } from '../../budget/stepped-hold.js'
import type { EncodeOptions } from '../../codec/rows/record-encoder.js'
import type { RecordScatterer } from '../../codec/rows/record-scatterer.js'
import { StreamTotals } from '../../codec/stream/totals.js'
import { encodeTrailer } from '../../codec/stream/trailer.js'
import type { CompressionName } from '../../compression/compression.js'
import type { PartitionCommit, TunnelSessionError } from '../../errors.js'
import { deferred } from '../../session/deferred.js'
import { loadEncoder } from '../../session/load-codec.js'
import { timed } from '../../session/transfer-stats.js'
import type { PreparedBlock } from '../block-builder.js'
import { blockLimits } from '../block-plan.js'
import { outcomeOf } from '../commit-outcome.js'
import { compressBlock } from '../compress-block.js'
import type { BoundedTransaction, UploadContext } from '../transaction.js'
import type { UploadSession } from '../upload-session.js'
import { BytePages, type TakenBytes } from './byte-pages.js'
import { commitPartitions } from './commit-partitions.js'
import { Partition, type PartitionResult } from './partition.js'
import { type LocatedRow, type PartitionKeys, type PartitionPlace, specOf } from './partition-keys.js'
import { type OpenSettings, PartitionOpener } from './partition-opener.js'

/*
 * Rows of many partitions in any order. A growing block with a compressor for each partition would cost hundreds of
 * kilobytes per partition, and sending each row on its own would cost a request per row. So rows are kept as bare records,
 * in pages that all partitions share, and when these are full the partition that holds most of them sends what it has: the
 * largest block that can be had at that moment; so too when other transfers use the memory that all share. Rows are encoded at
 * once and never wait for a session to open; only their bytes do.
 */

/** What a transaction in many partitions runs on: options already checked, defaults filled in. */
export interface PartitionsSettings extends OpenSettings {
  readonly keys: PartitionKeys
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly encode: EncodeOptions
  /** Bytes that the records of all partitions may take, and as many those under way. */
  readonly partitionBytes: number
  /** Told what is about to be committed. */
  readonly beforeCommit: ((partitions: readonly PartitionCommit[]) => Promise<void>) | undefined
}

export interface PartitionsResult {
  /** Those that got rows. */
  readonly partitions: readonly PartitionResult[]
}

export class PartitionsTransaction implements BoundedTransaction<PartitionsResult> {
  readonly #settings: PartitionsSettings
  readonly #context: UploadContext
  readonly #byKey = new Map<string, Partition>()
  readonly #partitions: Partition[] = []
  readonly #pages: BytePages
  readonly #opener: PartitionOpener
  #scatterer: RecordScatterer<Partition> | undefined
  /** Blocks that wait for a session. */
  readonly #waiting = new Set<Promise<void>>()
  /** Bytes of the records under way. */
  #bytesUnderWay = 0
  /** Of the memory that all transfers share, for records in pages and under way. */
  readonly #memory: SteppedHold
  #room = deferred<void>()
  #rawBytes = 0
  #closing: Promise<void> | undefined
  #commit: Promise<void> | undefined
  #isDestroyed = false

  constructor(settings: PartitionsSettings, context: UploadContext) {
    this.#settings = settings
    this.#context = context
    this.#memory = new SteppedHold(context.memory)
    this.#pages = new BytePages(context.pool)
    this.#opener = new PartitionOpener(settings, context)
  }

  get result(): PartitionsResult {
    return { partitions: this.#filled.map(({ result }) => result) }
  }

  get sessions(): readonly UploadSession[] {
    return this.#filled.map(({ target }) => target!.session)
  }

  /** Some partition has used up the block ids of its session. */
  isFull = false

  reaches(bytes: number): boolean {
    if (this.#scatterer?.mayHold(bytes - this.#rawBytes)) this.#scatterer.flush()
    return this.#rawBytes >= bytes
  }

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    const located = this.#settings.keys.locate(row, rowIndex)
    if (this.#scatterer === undefined) return this.#addFirst(located, rowIndex)
    return this.#add(this.#scatterer, located, rowIndex)
  }

  close(): Promise<void> | undefined {
    this.#closing ??= this.#sendTails()
    this.#closing.catch(() => {})
    return this.#closing
  }

  async sent(): Promise<void> {
    await this.#closing
    await Promise.all(this.#waiting)
    await this.#context.sender.drain()
    this.#pages.clear()
  }

  async commit(): Promise<void> {
    this.#commit = timed(this.#context.stats.phaseMs, 'commit', this.#commitAll())
    await this.#commit
  }

  destroy(): void {
    this.#isDestroyed = true
    this.#opener.stop()
    this.#room.resolve()
  }

  async rest(): Promise<TunnelSessionError | undefined> {
    return this.#commit && outcomeOf(this.#commit)
  }

  async #commitAll(): Promise<void> {
    const { beforeCommit, maxOpenPartitions } = this.#settings
    const commits = this.#filled.map(partition => ({
      partition: commitOf(partition),
      state: 'open' as const,
      commit: () => partition.finish(this.#context.call),
    }))
    await beforeCommit?.(commits.map(({ partition, state }) => ({ ...partition, state })))
    await commitPartitions(commits, maxOpenPartitions)
  }

  get #filled(): Partition[] {
    return this.#partitions.filter(({ rows }) => rows > 0)
  }

  /** What a session tells of its schema and limits is needed to encode; later rows don't wait for theirs. */
  async #addFirst(located: LocatedRow, rowIndex: number): Promise<void> {
    const { createRecordScatterer } = await loadEncoder()
    const { place } = located
    const partition = this.#newPartition(place)
    this.#include(place.key, partition)
    const { session } = await partition.opened
    const options = { ...session.encodeOptions, ...this.#settings.encode }
    this.#scatterer = createRecordScatterer(session.schema.columns, options, this.#onRecords)
    await this.#add(this.#scatterer, located, rowIndex)
  }

  #add(
    scatterer: RecordScatterer<Partition>,
    { cells, place }: LocatedRow,
    rowIndex: number,
  ): Promise<void> | undefined {
    const known = this.#byKey.get(place.key)
    const partition = known ?? this.#newPartition(place)
    // A row that does not fit makes no partition.
    scatterer.add(cells, rowIndex, partition)
    if (known === undefined) this.#include(place.key, partition)
    partition.rows++
    const { partitionBytes } = this.#settings
    if (scatterer.mayHold(partitionBytes - this.#pages.bytes + 1)) scatterer.flush()
    if (this.#isFull(partition)) this.#send(partition)
    while (this.#pages.bytes > partitionBytes) this.#send(this.#largest())
    return this.#wait()
  }

  /** Of rows that wait only the most that they may be is known: near the limit they are written, and it is seen what they are. */
  #isFull({ tail, totals, limits }: Partition): boolean {
    if (totals.rows >= limits.rows || tail.length >= limits.bytes) return true
    const scatterer = this.#scatterer!
    if (!scatterer.mayHold(limits.bytes - tail.length)) return false
    scatterer.flush()
    return tail.length >= limits.bytes
  }

  readonly #onRecords = (partition: Partition, bytes: Buffer): void => {
    this.#pages.append(partition.tail, bytes)
    this.#rawBytes += bytes.length
  }

  #newPartition({ values }: PartitionPlace): Partition {
    const { schema, target } = this.#settings
    const spec = specOf(schema.partitionColumns, values)
    return new Partition(spec, blockLimits(target.plan, 0), this.#onPut)
  }

  #include(key: string, partition: Partition): void {
    this.#byKey.set(key, partition)
    this.#partitions.push(partition)
    this.#opener.add(partition)
  }

  #largest(): Partition {
    let largest = this.#partitions[0]!
    for (const partition of this.#partitions)
      if (partition.tail.length > largest.tail.length) largest = partition
    return largest
  }

  /** Takes what a partition has; its block follows when its session is open. */
  #send(partition: Partition): void {
    this.#scatterer!.flush()
    const { tail, totals } = partition
    const trailer = encodeTrailer(totals.rows, totals.checksum)
    this.#pages.append(tail, trailer)
    const records = this.#pages.take(tail)
    partition.totals = new StreamTotals()
    this.#bytesUnderWay += records.length
    if (partition.target !== undefined) this.#sendBlock(partition, records, totals.rows)
    else this.#sendOpened(partition, records, totals.rows)
  }

  #sendOpened(partition: Partition, records: TakenBytes, rows: number): void {
    this.#opener.hurry(partition)
    const waiting = partition.opened.then(() => this.#sendBlock(partition, records, rows))
    this.#waiting.add(waiting)
    waiting.then(() => this.#waiting.delete(waiting), this.#context.onFailure)
  }

  #sendBlock(partition: Partition, records: TakenBytes, rows: number): void {
    const place = partition.place()
    this.isFull ||= partition.target!.isFull
    this.#context.sender.sendHeld(partition, place, () => this.#prepare(records, rows))
  }

  #prepare(records: TakenBytes, rows: number): Promise<PreparedBlock> {
    const { compression, compressionLevel: level } = this.#settings
    return compressBlock(records, rows, compression, { level, pool: this.#context.pool })
  }

  readonly #onPut = ({ rawBytes }: PreparedBlock): void => {
    this.#bytesUnderWay -= rawBytes
    this.#memory.shrink(this.#heldBytes)
    this.#room.resolve()
    this.#room = deferred()
  }

  get #heldBytes(): number {
    return this.#pages.bytes + this.#bytesUnderWay
  }

  get #isBehind(): boolean {
    return this.#bytesUnderWay > this.#settings.partitionBytes
  }

  #hasRoom(): boolean {
    return !this.#isBehind && this.#memory.covers(this.#heldBytes)
  }

  #wait(): Promise<void> | undefined {
    return this.#hasRoom() ? undefined : timed(this.#context.stats.phaseMs, 'wait', this.#untilRoom())
  }

  async #untilRoom(): Promise<void> {
    while (!this.#isDestroyed && !this.#hasRoom()) {
      // Others may hold the rest for as long as they like: what is sent makes room in any case.
      if (this.#bytesUnderWay === 0) this.#send(this.#largest())
      const { promise } = this.#room
      await (this.#isBehind ? promise : Promise.race([promise, this.#memory.step()]))
    }
    this.#memory.stop()
  }

  async #sendTails(): Promise<void> {
    this.#scatterer?.flush()
    for (const partition of this.#partitions) {
      if (this.#isDestroyed) return
      if (partition.tail.length > 0) this.#send(partition)
      await this.#wait()
    }
  }
}

const commitOf = ({ result, target }: Partition): Omit<PartitionCommit, 'state'> => {
  const { partitionSpec, sessionId, blockIds } = result
  return { ...target!.session.table, partitionSpec, sessionId, blockIds }
}
