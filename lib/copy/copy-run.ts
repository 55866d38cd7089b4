import { AbortError, throwIfAborted } from '../abort.js'
import { connectionOf } from '../connection.js'
import { tell } from '../diagnostics.js'
import { TunnelError } from '../errors.js'
import type { Connection } from '../options.js'
import { formatPartitionSpec } from '../schema/partition-spec.js'
import { formatTableName } from '../schema/table-name.js'
import { forbidRepeat } from '../session/stream-error.js'
import { tableResource } from '../session/table-options.js'
import type { TableResource } from '../session/table-resource.js'
import { planBlocks } from '../upload/block-plan.js'
import { checkBlockMemory, checkLevel } from '../upload/check-upload-options.js'
import { openUploadSession, type UploadSession } from '../upload/upload-session.js'
import {
  type CopiedPartition,
  type CopyProgress,
  type CopyResult,
  type CopyTableOptions,
  checkCopyOptions,
  wrong,
} from './copy-options.js'
import { type CopyCounters, type PartitionCopy, sendPartition } from './copy-partition.js'
import { type PartitionPair, planPartitions, prepareTables } from './plan-partitions.js'

/*
 * Partition by partition, each in a session of its own: what is committed stays committed, and is written down, so that a
 * copy that failed goes on behind it. The dangerous moment is the commit. What it would commit is written down before it is
 * sent, with the session: whoever goes on asks that session what became of it instead of copying the rows once more.
 */

/** @throws what the copy fails with; its `result` tells what is committed */
export const copyTables = async (connection: Connection, options: CopyTableOptions): Promise<CopyResult> => {
  checkCopyOptions(options)
  const run = new CopyRun(connection, options)
  try {
    return await run.run()
  } catch (error) {
    throw run.describe(error)
  }
}

class CopyRun {
  readonly #options: CopyTableOptions
  readonly #from: TableResource
  readonly #to: TableResource
  readonly #settings: Omit<PartitionCopy, 'from' | 'to'>
  /** Of the partitions that have ended in this call. */
  #ended: CopyCounters = noCounters
  #current: CopyCounters = noCounters
  #pair: PartitionPair | undefined
  #totalPartitions = 0
  #retries = 0
  readonly #done = new Map<string, CopiedPartition>()

  constructor(connection: Connection, options: CopyTableOptions) {
    const { from, to, compression = 'snappy', compressionLevel, concurrency, signal } = options
    const { tunnel, partitions, ...source } = from
    if (compressionLevel !== undefined) checkLevel('copyTable', compression, compressionLevel)
    this.#options = options
    this.#from = tableResource(tunnel === undefined ? connection : connectionOf(tunnel), source)
    this.#to = tableResource(connection, to)
    const onRetry = (): void => {
      this.#retries++
    }
    this.#settings = {
      overwrite: options.overwrite ?? false,
      createPartition: options.createPartition ?? partitions !== undefined,
      verify: options.verify ?? 'trailer',
      compression,
      compressionLevel,
      plan: planBlocks({ blockBytes: options.blockBytes }),
      rangeRows: options.rangeRows,
      readConcurrency: concurrency ?? 4,
      writeConcurrency: concurrency ?? 3,
      call: { signal, onRetry },
      onProgress: counters => {
        this.#current = counters
        this.#tell()
      },
    }
    checkBlockMemory('copyTable', this.#to, this.#settings.plan)
    if (options.resume !== undefined) this.#goOnWith(options.resume)
  }

  get result(): CopyResult {
    const partitions = [...this.#done.values()]
    const committed = partitions.filter(({ state }) => state === 'committed')
    return {
      from: formatTableName(this.#from.name),
      to: formatTableName(this.#to.name),
      rows: committed.reduce((sum, { rows }) => sum + rows, 0),
      partitions,
    }
  }

  async run(): Promise<CopyResult> {
    const { from, createTable } = this.#options
    const call = this.#settings.call
    throwIfAborted(call.signal)
    const schemas = await prepareTables(
      this.#from,
      this.#to,
      { partitions: from.partitions, createTable },
      call,
    )
    const pairs = await planPartitions(this.#from, this.#to, schemas, from.partitions, call)
    this.#totalPartitions = pairs.length
    for (const pair of pairs) {
      throwIfAborted(call.signal)
      this.#pair = pair
      const known = this.#done.get(keyOf(pair))
      if (known === undefined) await this.#copy(pair)
      else if (known.state === 'unknown') await this.#settle(pair, known)
      this.#tell()
    }
    return this.result
  }

  /** What a copy that failed leaves to go on with. */
  describe(error: unknown): unknown {
    if (this.#done.size > 0) forbidRepeat(error)
    const isKnown = error instanceof TunnelError || error instanceof AbortError
    if (isKnown && Object.isExtensible(error))
      Object.defineProperty(error, 'result', { value: this.result, configurable: true })
    return error
  }

  async #copy({ from, to }: PartitionPair): Promise<void> {
    const { session, ...sent } = await sendPartition({ ...this.#settings, from, to })
    const entry: CopiedPartition = {
      ...(from.partition && { partitionSpec: formatPartitionSpec(from.partition) }),
      ...(to.partition && { toPartitionSpec: formatPartitionSpec(to.partition) }),
      ...sent,
      state: 'unknown',
    }
    await this.#commit({ from, to }, session, entry)
    this.#ended = addCounters(this.#ended, this.#current)
    this.#current = noCounters
  }

  /** A session whose commit may have been done: committing it again does nothing then, and all its blocks are there if not. */
  async #settle(pair: PartitionPair, known: CopiedPartition): Promise<void> {
    const { call } = this.#settings
    const session = await openUploadSession(pair.to, { sessionId: known.sessionId, ...call })
    await this.#commit(pair, session, known)
  }

  async #commit(pair: PartitionPair, session: UploadSession, entry: CopiedPartition): Promise<void> {
    const key = keyOf(pair)
    const wasUnknown = this.#done.has(key)
    this.#done.set(key, entry)
    await this.#options.onResult?.(this.result)
    try {
      await session.commit(entry.blockIds, this.#settings.call)
    } catch (error) {
      // Any other failure means that nothing was committed, unless a commit was sent before this call.
      if (!wasUnknown && !isUnknown(error)) this.#done.delete(key)
      throw error
    }
    this.#done.set(key, { ...entry, state: 'committed' })
    await this.#options.onResult?.(this.result)
  }

  #goOnWith(former: CopyResult): void {
    const { from, to } = this.result
    if (former.from !== from || former.to !== to)
      throw wrong(`resume is of a copy from ${former.from} to ${former.to}, not from ${from} to ${to}`)
    for (const entry of former.partitions) this.#done.set(entry.partitionSpec ?? '', entry)
  }

  #tell(): void {
    const { progress } = this.#options
    if (progress === undefined) return
    const all = addCounters(this.#ended, this.#current)
    const partition = this.#pair?.from.partition
    const now: CopyProgress = {
      ...all,
      retries: all.retries + this.#retries,
      partitions: [...this.#done.values()].filter(({ state }) => state === 'committed').length,
      totalPartitions: this.#totalPartitions,
      partitionSpec: partition && formatPartitionSpec(partition),
    }
    tell(() => progress(now))
  }
}

const isUnknown = (error: unknown): boolean =>
  error instanceof TunnelError && error.code === 'ODPS_COMMIT_UNKNOWN'

const keyOf = ({ from }: PartitionPair): string =>
  from.partition === undefined ? '' : formatPartitionSpec(from.partition)

const noCounters: CopyCounters = {
  rows: 0,
  totalRows: 0,
  rawBytes: 0,
  receivedBytes: 0,
  sentBytes: 0,
  retries: 0,
}

const addCounters = (a: CopyCounters, b: CopyCounters): CopyCounters => ({
  rows: a.rows + b.rows,
  totalRows: a.totalRows + b.totalRows,
  rawBytes: a.rawBytes + b.rawBytes,
  receivedBytes: a.receivedBytes + b.receivedBytes,
  sentBytes: a.sentBytes + b.sentBytes,
  retries: a.retries + b.retries,
})
