import { countPrinted, type PrintedRows, type RecordPrinting } from '../../codec/rows/record-printing.js'
import type { Column, DownloadSessionJson, DownloadStats, RowBatches, Tunnel } from '../../index.js'
import type { FileBatch } from '../formats/row-writer.js'
import type { DownloadCheckpoint } from '../journal/entry.js'
import type { RowLedger } from '../journal/row-ledger.js'
import { isInstance } from '../transfer/instance-target.js'
import type { ProgressSnapshot } from '../transfer/progress.js'
import { RequestsInFlight } from '../transfer/requests-in-flight.js'
import type { SourceInfo } from './describe-source.js'
import { readPart } from './part-rows.js'
import type { Output } from './plan-outputs.js'
import { keyOf } from './prove-resume.js'
import type { DownloadRequest } from './request.js'

/*
 * The rows of a download on their way to its files: partition after partition, from where a former run stopped, up to
 * --limit rows in all. Progress and --limit count rows when they are fetched; a ledger tells the files which partition
 * their bytes end in, which is known only later.
 */

/** A partition that is being read, and the snapshot that its rows come from. */
export interface Reading {
  readonly partition: string
  session: DownloadSessionJson | undefined
}

/** A file that wants its rows. */
export interface Wanted {
  readonly output: Output
  /** Of the file, partition columns last. */
  readonly columns: readonly Column[]
  /** Where a former run has left the file. */
  readonly from: DownloadCheckpoint | undefined
  readonly ledger: RowLedger<Reading>
  /** Is given the row of the file that would be the first of each partition. */
  readonly firstRows: { readonly partition: string; readonly row: number }[]
}

export class OutputRows {
  readonly #tunnel: Tunnel
  readonly #request: DownloadRequest
  readonly #info: SourceInfo
  readonly #outputs: readonly Output[]
  readonly #signal: AbortSignal
  readonly #ranges = new RequestsInFlight(({ path }) => path.includes('rowrange='))
  readonly #done = new Map<Output, number>()
  #reading: RowBatches<readonly unknown[] | PrintedRows> | undefined
  #ended: DownloadStats[] = []
  /** Of the part that is read, rows of a former run included. */
  #totalRows: number | undefined
  #rows = 0

  constructor(
    tunnel: Tunnel,
    request: DownloadRequest,
    info: SourceInfo,
    outputs: readonly Output[],
    signal: AbortSignal,
  ) {
    this.#tunnel = tunnel
    this.#request = request
    this.#info = info
    this.#outputs = outputs
    this.#signal = signal
  }

  /** Rows that were fetched for files, by a former run or by this one. */
  get count(): number {
    return this.#rows
  }

  /** Of the parts that were read to their ends. */
  get ended(): readonly DownloadStats[] {
    return this.#ended
  }

  /** Those that have a file; behind --limit there are others. */
  get written(): readonly Output[] {
    return this.#outputs.filter(output => this.#done.has(output))
  }

  /** Whether --limit is reached. */
  get isFull(): boolean {
    return this.#request.limit !== undefined && this.#rows >= this.#request.limit
  }

  /** Counts rows of an output that a former run has fetched. */
  had(output: Output, rows: number): void {
    this.#rows += rows
    this.#done.set(output, rows)
  }

  /**
   * The rows of all parts of one output, behind those that it {@link had}.
   * @param printing makes text of records, where the format of the file has that
   */
  async *of(
    wanted: Wanted,
    printing: RecordPrinting | undefined,
  ): AsyncGenerator<FileBatch, void, undefined> {
    const { output, from } = wanted
    const { parts } = output
    // What was read to its end needs no snapshot any more.
    const isPartRead = from !== undefined && from.partitionRows >= from.session.recordCount
    const first = from === undefined ? 0 : parts.findIndex(part => keyOf(part) === from.partition)
    for (let i = first + (isPartRead ? 1 : 0); i < parts.length && !this.isFull; i++) {
      const part = parts[i]!
      const isFrom = i === first && from !== undefined
      const reading: Reading = { partition: keyOf(part), session: isFrom ? from.session : undefined }
      const start = isFrom ? from.partitionRows : 0
      wanted.firstRows.push({ partition: reading.partition, row: this.#done.get(output)! - start })
      const batches = this.#read(wanted, i, reading, start, printing)
      this.#reading = batches
      for await (const batch of batches) {
        const rows = printing === undefined ? batch.length : countPrinted(batch)
        this.#rows += rows
        this.#done.set(output, this.#done.get(output)! + rows)
        wanted.ledger.handOver(reading, rows, start)
        yield batch
      }
      this.#ended.push(batches.stats)
      this.#reading = undefined
    }
  }

  #read(
    { output, columns }: Wanted,
    i: number,
    reading: Reading,
    start: number,
    printing: RecordPrinting | undefined,
  ): RowBatches<readonly unknown[] | PrintedRows> {
    const part = output.parts[i]!
    const { limit, partitionColumns, target, columns: wanted, columnIndexes } = this.#request
    // Columns of a result may have one name, by which neither can be asked for.
    const isWhole = isInstance(target) && wanted === undefined && columnIndexes === undefined
    const count = limit === undefined ? undefined : limit - this.#rows
    const names = columns
      .slice(0, partitionColumns ? -(part.partition?.length ?? 0) : undefined)
      .map(column => column.name)
    const range = { start, count, former: reading.session }
    const batches = readPart(
      this.#tunnel,
      this.#request,
      this.#info,
      part,
      isWhole ? undefined : names,
      range,
      this.#signal,
      printing,
    )
    return batches.on('session', session => {
      reading.session = session.toJSON()
      this.#totalRows = Math.min(session.recordCount, start + (count ?? Number.POSITIVE_INFINITY))
    })
  }

  snapshot(): ProgressSnapshot {
    const stats = [...this.#ended, ...(this.#reading === undefined ? [] : [this.#reading.stats])]
    const sum = (of: (each: DownloadStats) => number): number =>
      stats.reduce((total, each) => total + of(each), 0)
    const isOnly = this.#outputs.length === 1 && this.#outputs[0]!.parts.length === 1
    return {
      files: this.#outputs.map(output => ({
        name: output.path === '-' ? 'stdout' : output.path,
        done: this.#done.get(output) ?? 0,
        total: isOnly ? this.#totalRows : totalOf(output),
      })),
      rows: this.#rows,
      rawBytes: sum(each => each.rawBytes),
      wireBytes: sum(each => each.wireBytes),
      inFlight: this.#ranges.count,
      retries: sum(each => each.retries),
      badRecords: 0,
    }
  }

  close(): void {
    this.#ranges.close()
  }
}

const totalOf = ({ parts }: Output): number | undefined =>
  parts.every(part => part.rows !== undefined) ? parts.reduce((sum, part) => sum + part.rows!, 0) : undefined
