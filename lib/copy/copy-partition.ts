import { AbortError, throwIfAborted, watchAbort } from '../abort.js'
import { ChunkPool } from '../compression/chunk-pool.js'
import { type CompressionName, contentEncodingOf } from '../compression/compression.js'
import { rangeConfig } from '../download/download-config.js'
import { DownloadReader } from '../download/download-reader.js'
import type { DownloadSession } from '../download/download-session.js'
import { createDownloadSession } from '../download/open-download-session.js'
import { type RangeFormat, recordFormat } from '../download/range-decoder.js'
import { asError } from '../errors.js'
import { selectColumns } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import type { BlockPlan } from '../upload/block-plan.js'
import {
  type SessionResult,
  type SessionSettings,
  SessionTransaction,
} from '../upload/session-transaction.js'
import type { Transaction, UploadContext } from '../upload/transaction.js'
import type { UploadTotals } from '../upload/upload-results.js'
import { createUploadSession, type UploadSession } from '../upload/upload-session.js'
import { Uploader } from '../upload/uploader.js'
import { type CopyWay, wayBetween } from './compare-columns.js'
import type { CopyVerification } from './copy-options.js'
import { createMapConverter } from './map-cells.js'
import { type RawRecords, rawFormat } from './raw-records.js'
import { RawTransaction } from './raw-transaction.js'

/*
 * One table without partitions, or one partition: a download and an upload with nothing but a loop between them. Which form
 * the rows take is decided when both sessions are open, for only these say what the columns are now. The commit is left to
 * the caller, who may want to write down what is about to be committed.
 */

export interface PartitionCopy {
  readonly from: TableResource
  readonly to: TableResource
  readonly overwrite: boolean
  readonly createPartition: boolean
  readonly verify: CopyVerification
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly plan: BlockPlan
  readonly rangeRows: number | undefined
  readonly readConcurrency: number
  readonly writeConcurrency: number
  readonly call: CallOptions
  readonly onProgress: (counters: CopyCounters) => void
}

/** Of one partition, so far. */
export interface CopyCounters {
  readonly rows: number
  readonly totalRows: number
  readonly rawBytes: number
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly retries: number
}

/** All blocks of a partition, which are on the service and not committed. */
export interface SentPartition extends SessionResult {
  readonly session: UploadSession
  readonly way: CopyWay
  readonly rows: number
  readonly rawBytes: number
}

/** While nobody knows what rows weigh: a range is kept as a whole until its trailer has come. */
const firstRangeRows = 1_000

/** Copies all rows to a new upload session. Without success nothing of it will ever be committed. */
export const sendPartition = async (copy: PartitionCopy): Promise<SentPartition> => {
  const { call } = copy
  const from = await createDownloadSession(copy.from, call)
  const { overwrite, createPartition } = copy
  const to = await createUploadSession(copy.to, { overwrite, createPartition, ...call })
  const way = wayOf(from, to)
  const pool = new ChunkPool()
  const form = way === 'copied' ? rawForm(copy, to, pool) : rowForm(copy, from, to)
  const { rows, sent } = await new Transfer(copy, from, form, pool).run()
  const { sessionId, blockIds, rawBytes } = sent
  return { session: to, way, rows, rawBytes, sessionId, blockIds }
}

/** Where a service wants old dates transformed, none may pass unseen. */
const wayOf = (from: DownloadSession, to: UploadSession): CopyWay => {
  const way = wayBetween(from.schema.columns, to.schema.columns)
  return from.dateTransform || to.dateTransform ? 'reencoded' : way
}

/** The form in which rows go from a download to an upload; an item is a row, or the records of several. */
interface Form {
  readonly format: RangeFormat<unknown>
  /** To be named in requests, where the order is another. */
  readonly columns?: readonly string[]
  readonly begin: (context: UploadContext) => Promise<Transaction<SessionResult>>
  readonly rowsIn: (items: readonly unknown[]) => number
  /** What the upload takes. @param firstRow the number of the first row */
  readonly convert: (items: unknown[], firstRow: number) => unknown[]
}

const rawForm = (copy: PartitionCopy, to: UploadSession, pool: ChunkPool): Form => ({
  format: rawFormat(copy.verify, copy.compression, pool),
  begin: context => RawTransaction.open(to, copy, context),
  rowsIn: items => (items as RawRecords[]).reduce((sum, { rows }) => sum + rows, 0),
  convert: items => items,
})

const rowForm = (copy: PartitionCopy, from: DownloadSession, to: UploadSession): Form => {
  const { plan, compression, compressionLevel } = copy
  const names = to.schema.columns.map(({ name }) => name)
  const hasOrder = from.schema.columns.every(({ name }, i) => name.toLowerCase() === names[i]?.toLowerCase())
  const toMaps = createMapConverter(selectColumns(from.schema, names))
  const settings: SessionSettings = {
    open: async () => to,
    target: {
      ...{ plan, contentEncoding: contentEncodingOf(compression) },
      ...{ resume: false, proof: undefined, ownIds: false },
    },
    compression,
    compressionLevel,
    encode: { json: 'text' },
  }
  return {
    format: recordFormat({ ...from.decodeOptions, string: 'exact', map: 'pairs', json: 'text' }),
    ...(!hasOrder && { columns: names }),
    begin: context => SessionTransaction.open(settings, context),
    rowsIn: items => items.length,
    convert: (rows, firstRow) => toMaps(rows as unknown[][], firstRow),
  }
}

/** A download and an upload under way, which fail and end together. */
class Transfer {
  readonly #copy: PartitionCopy
  readonly #form: Form
  readonly #reader: DownloadReader<unknown>
  readonly #uploader: Uploader<SessionResult>
  #failure: Error | undefined
  #rows = 0

  constructor(copy: PartitionCopy, from: DownloadSession, form: Form, pool: ChunkPool) {
    const { readConcurrency, writeConcurrency, compression, rangeRows } = copy
    const { columns } = form
    const options = { columns, compression, rangeRows, concurrency: readConcurrency }
    const config = {
      ...rangeConfig(options, () => form.format),
      ...{ source: copy.from.named, partitions: undefined, firstRangeRows },
      create: (call: CallOptions) => createDownloadSession(copy.from, call),
      open: async () => from,
    }
    this.#copy = copy
    this.#form = form
    this.#reader = new DownloadReader<unknown>(config, {
      onSession: () => {},
      onInstance: () => {},
      onProgress: () => this.#tell(),
    })
    this.#uploader = new Uploader(
      {
        begin: context => form.begin({ ...context, onSession: () => {}, onCheckpoint: () => {} }),
        ...{ table: copy.to.named, compression, concurrency: writeConcurrency },
        ...{ pool, budget: copy.to.client.budget },
        ...{ onRowError: 'fail', maxRowErrors: 0, commit: false },
      },
      error => this.#stop(error),
    )
  }

  async run(): Promise<{ readonly rows: number; readonly sent: SessionResult & UploadTotals }> {
    const { signal } = this.#copy.call
    const unwatch = signal && watchAbort(signal, () => this.#stop(new AbortError(signal.reason)))
    try {
      throwIfAborted(signal)
      await this.#reader.open()
      await this.#uploader.open()
      await this.#pump()
      return { rows: this.#rows, sent: await this.#uploader.finish() }
    } catch (error) {
      this.#stop(asError(error))
      throw this.#failure ?? error
    } finally {
      unwatch?.()
      await this.#reader.destroy()
      await this.#uploader.rest()
      this.#tell()
    }
  }

  async #pump(): Promise<void> {
    const { rowsIn, convert } = this.#form
    for (let items = await this.#reader.next(); items !== undefined; items = await this.#reader.next()) {
      await this.#uploader.add(convert(items, this.#rows))
      this.#rows += rowsIn(items)
    }
  }

  /** The first failure is what the copy fails with: those that follow are its consequences. */
  #stop(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#uploader.abort(error, error)
    this.#reader.destroy(error)
  }

  #tell(): void {
    const read = this.#reader.stats
    const written = this.#uploader.stats
    this.#copy.onProgress({
      rows: this.#rows,
      totalRows: read.totalRows,
      rawBytes: read.rawBytes,
      receivedBytes: read.wireBytes,
      sentBytes: written.wireBytes,
      retries: read.retries + written.retries,
    })
  }
}
