import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type {
  Column,
  DownloadSession,
  DownloadSessionJson,
  DownloadStats,
  DownloadStream,
  TableInfo,
  Tunnel,
} from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { type ByteOutput, isResumable, openOutput } from '../files/byte-output.js'
import { compressBytes } from '../files/file-compression.js'
import { isText } from '../formats/file-format.js'
import { writerOf } from '../formats/open-writer.js'
import { RowRefused, type WrittenPiece } from '../formats/row-writer.js'
import type { DownloadCheckpoint, JournalEntry } from '../journal/entry.js'
import { proofOf } from '../journal/proof.js'
import { RowLedger } from '../journal/row-ledger.js'
import { TransferLog } from '../journal/transfer-log.js'
import {
  canGoOn,
  FailedTransfer,
  type GoingOn,
  printInterrupted,
  reportInterrupted,
} from '../transfer/failed-transfer.js'
import { Interrupt } from '../transfer/interrupt.js'
import { type ProgressSnapshot, progressOf } from '../transfer/progress.js'
import { RequestsInFlight } from '../transfer/requests-in-flight.js'
import { printTarget } from '../transfer/table-target.js'
import { countOf } from '../transfer/units.js'
import { UsageError } from '../usage-error.js'
import { chooseColumns } from './choose-columns.js'
import { explainDownload } from './explain.js'
import { openPart } from './part-stream.js'
import { type Output, planOutputs } from './plan-outputs.js'
import { checkpointOf, keyOf, knownPartitions, proveResume } from './prove-resume.js'
import { reportDownload } from './report.js'
import type { DownloadRequest } from './request.js'
import { rowBatches } from './row-batches.js'

type Rows = readonly (readonly unknown[])[]

/** A partition that is being read, and the snapshot that its rows come from. */
interface Reading {
  readonly partition: string
  session: DownloadSessionJson | undefined
}

/** A file that is being written. */
interface Writing {
  readonly output: Output
  readonly columns: readonly Column[]
  readonly file: ByteOutput
  readonly from: DownloadCheckpoint | undefined
  readonly ledger: RowLedger<Reading>
  /** Rows that are in its bytes. */
  rows: number
  /** The row of the file that would be the first of each partition. */
  readonly firstRows: { readonly partition: string; readonly row: number }[]
}

/** Rows of several partitions in one file are named by theirs. */
const named = (error: unknown, { output, firstRows }: Writing): unknown => {
  if (!(error instanceof RowRefused) || output.parts.length === 1) return error
  const first = firstRows.findLast(({ row }) => row <= error.row)
  return first === undefined ? error : error.ofPartition(first.partition, error.row - first.row)
}

/** Downloads one output after the other; each is fetched in parallel ranges and written in order. */
export class DownloadJob {
  readonly #call: Call
  readonly #tunnel: Tunnel
  readonly #request: DownloadRequest
  readonly #log: TransferLog
  readonly #interrupt: Interrupt
  readonly #ranges = new RequestsInFlight(({ path }) => path.includes('rowrange='))
  readonly #done = new Map<Output, number>()
  #info: TableInfo | undefined
  #outputs: readonly Output[] = []
  #stream: DownloadStream<unknown> | undefined
  #ended: DownloadStats[] = []
  /** Of the part that is read, rows of a former run included. */
  #totalRows: number | undefined
  /** Rows that were fetched for files, by a former run or by this one. */
  #rows = 0
  #fileBytes = 0
  #canResume = false

  constructor(call: Call, tunnel: Tunnel, request: DownloadRequest) {
    this.#call = call
    this.#tunnel = tunnel
    this.#request = request
    this.#log = new TransferLog(call, request.journalDirectory)
    this.#interrupt = new Interrupt(call)
  }

  async run(): Promise<number> {
    try {
      this.#info = await this.#tunnel.getTable(this.#request.target.table)
      const columns = chooseColumns(this.#info, this.#request)
      this.#outputs = await planOutputs(this.#tunnel, this.#info, this.#request)
      if (this.#call.values.flag('explain'))
        return explainDownload(this.#call, this.#request, this.#info, this.#outputs, columns)
      return await this.#download(columns)
    } finally {
      this.#ranges.close()
      this.#interrupt.close()
      await this.#log.close()
    }
  }

  async #download(columns: readonly Column[]): Promise<number> {
    const former = await this.#begin()
    // Rows on the terminal and bars on it would mix.
    const isShown = this.#request.output !== '-' || this.#call.terminal.stdout.isTTY !== true
    const progress = progressOf(this.#call, () => this.#snapshot(), isShown)
    const started = performance.now()
    await progress.start()
    try {
      if (former !== undefined) await proveResume(former, this.#outputs)
      for (const output of this.#outputs) {
        const finished = former?.finished?.find(({ path }) => path === resolved(output))
        if (finished !== undefined) this.#rows += finished.rows
        else if (this.#isFull()) break
        else await this.#write(output, columns, former)
      }
      progress.stop()
      this.#log.update({ state: 'done', rows: this.#rows, partitions: [], finished: [] })
      await this.#log.flush()
      const seconds = (performance.now() - started) / 1000
      const streams = this.#ended
      reportDownload(
        this.#call,
        this.#request,
        this.#outputs,
        this.#snapshot(),
        streams,
        this.#fileBytes,
        seconds,
      )
      return exitCode.done
    } catch (error) {
      progress.stop()
      return await this.#fail(error)
    }
  }

  async #begin(): Promise<JournalEntry | undefined> {
    const { target, output, ...request } = this.#request
    const { schema } = this.#info!
    await this.#checkPlaces()
    const former = await this.#log.begin({
      kind: 'download',
      target: printTarget(target),
      paths: [output === '-' ? '-' : resolve(output)],
      partitions: knownPartitions(this.#outputs),
      proof: await proofOf(this.#call, request, [...schema.columns, ...schema.partitionColumns], {
        formats: this.#outputs.slice(0, 1).map(({ format }) => format),
      }),
    })
    this.#interrupt.lastWords = () => printInterrupted(this.#state, this.#goingOn)
    if (this.#call.json)
      this.#call.event('start', {
        ...{ id: this.#log.entry.id, kind: 'download', target: this.#log.entry.target },
        paths: this.#outputs.map(each => each.path),
      })
    return former
  }

  /** Only regular files can be gone on with. */
  async #checkPlaces(): Promise<void> {
    for (const { path } of this.#outputs) {
      if (await isResumable(path)) continue
      if (this.#call.values.flag('resume'))
        throw new UsageError(
          `a download to ${path === '-' ? 'stdout' : `${path}, which is no regular file,`} cannot be resumed`,
          'Write to a file, or leave --resume out',
        )
      return
    }
    this.#canResume = true
  }

  #isFull(): boolean {
    return this.#request.limit !== undefined && this.#rows >= this.#request.limit
  }

  async #write(output: Output, columns: readonly Column[], former: JournalEntry | undefined): Promise<void> {
    const from = checkpointOf(output, former)
    const { part } = this.#log.entry
    if (part !== undefined && part !== from?.part) await rm(part, { force: true })
    const { terminal } = this.#call
    const file = await openOutput(output.path, terminal, { former: from, signal: this.#interrupt.signal })
    this.#log.update({ part: file.part, checkpoint: from })
    // At once, so that it is known after a crash, too.
    await this.#log.flush()
    const ledger = new RowLedger<Reading>()
    const writing = { output, columns, file, from, ledger, rows: from?.rows ?? 0, firstRows: [] }
    this.#rows += writing.rows
    this.#done.set(output, writing.rows)
    try {
      await this.#writeBytes(writing)
      this.#interrupt.signal.throwIfAborted()
      await file.finish()
      this.#finish(writing)
    } catch (error) {
      const isKept = this.#log.entry.checkpoint !== undefined
      await file.abandon(isKept)
      if (!isKept) this.#log.update({ part: undefined })
      throw named(error, writing)
    }
  }

  async #writeBytes(writing: Writing): Promise<void> {
    const { output, columns, file, from } = writing
    const { name, compression } = output.format
    const batches = this.#batches(writing)
    const begun = { isResumed: from !== undefined, firstRow: from?.rows ?? 0 }
    const write = await writerOf(columns, name, this.#request.text)
    const pieces = write(batches, begun)
    // A file is resumed where its records end; what cannot be cut there is written anew.
    if (compression === 'none' && isText(name) && file.part !== undefined) {
      for await (const { bytes, rows } of pieces) {
        await file.write(bytes)
        if (rows > 0) this.#advance(writing, rows)
      }
      return
    }
    for await (const bytes of compressBytes(counted(pieces, writing), compression)) await file.write(bytes)
  }

  /** So many rows more are in the file: it can be gone on with behind them. */
  #advance(writing: Writing, rows: number): void {
    const { output, file, ledger } = writing
    const { part, rows: partitionRows } = ledger.write(rows)
    writing.rows += rows
    this.#log.update({
      rows: this.#rows,
      checkpoint: {
        path: resolved(output),
        ...{ bytes: file.bytesWritten(), checksum: file.checksum(), rows: writing.rows },
        ...{ part: file.part!, partition: part.partition, partitionRows, session: part.session! },
      },
    })
  }

  #finish({ output, file, rows }: Writing): void {
    this.#fileBytes += file.bytesWritten()
    const { finished = [] } = this.#log.entry
    const written = { bytes: file.bytesWritten(), checksum: file.checksum(), rows }
    this.#log.update({
      rows: this.#rows,
      finished: [...finished, { path: resolved(output), ...written }],
      part: undefined,
      checkpoint: undefined,
    })
  }

  /** The rows of all parts of one output. */
  async *#batches({
    output,
    columns,
    from,
    ledger,
    firstRows,
  }: Writing): AsyncGenerator<Rows, void, undefined> {
    const { parts } = output
    // What was read to its end needs no snapshot any more.
    const isPartRead = from !== undefined && from.partitionRows >= from.session.recordCount
    const first = from === undefined ? 0 : parts.findIndex(part => keyOf(part) === from.partition)
    for (let i = first + (isPartRead ? 1 : 0); i < parts.length && !this.#isFull(); i++) {
      const part = parts[i]!
      const isFrom = i === first && from !== undefined
      const reading: Reading = { partition: keyOf(part), session: isFrom ? from.session : undefined }
      const start = isFrom ? from.partitionRows : 0
      const count = this.#request.limit === undefined ? undefined : this.#request.limit - this.#rows
      const names = columns
        .slice(0, this.#request.partitionColumns ? -(part.partition?.length ?? 0) : undefined)
        .map(column => column.name)
      const range = { start, count, former: reading.session }
      const { signal } = this.#interrupt
      firstRows.push({ partition: keyOf(part), row: this.#done.get(output)! - start })
      const stream = openPart(this.#tunnel, this.#request, this.#info!, part, names, range, signal)
      this.#stream = stream
      stream.on('session', (session: DownloadSession) => {
        reading.session = session.toJSON()
        this.#totalRows = Math.min(session.recordCount, start + (count ?? Number.POSITIVE_INFINITY))
      })
      for await (const rows of rowBatches(stream)) {
        this.#rows += rows.length
        this.#done.set(output, this.#done.get(output)! + rows.length)
        ledger.handOver(reading, rows.length, start)
        yield rows
      }
      this.#ended.push(stream.stats)
      this.#stream = undefined
    }
  }

  async #fail(error: unknown): Promise<number> {
    const interrupted = this.#interrupt.happened
    const message = error instanceof Error ? error.message : String(error)
    this.#log.update(interrupted ? { state: 'interrupted' } : { state: 'failed', error: message })
    await this.#log.flush()
    const goingOn = this.#goingOn
    if (interrupted) return reportInterrupted(this.#call, this.#log.entry.id, this.#state, goingOn)
    throw goingOn !== undefined && canGoOn(error)
      ? new FailedTransfer(error, goingOn.kept, goingOn.resume)
      : error
  }

  get #state(): string {
    return this.#canResume ? 'No incomplete file has its final name.' : 'What was written is not complete.'
  }

  /** Undefined when there is nothing to go on with. */
  get #goingOn(): GoingOn | undefined {
    const resume = this.#log.resumeCommand
    if (!this.#canResume || resume === undefined) return undefined
    const { finished = [], checkpoint, id } = this.#log.entry
    const files = `${finished.length} of ${countOf(this.#outputs.length, 'file')}`
    const rows =
      checkpoint === undefined ? '' : `, and ${countOf(checkpoint.rows, 'row')} in ${checkpoint.part}`
    return { kept: `${files}${rows}, as transfer ${id}`, resume }
  }

  #snapshot(): ProgressSnapshot {
    const stats = [...this.#ended, ...(this.#stream === undefined ? [] : [this.#stream.stats])]
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
}

/** As the journal names it, whatever folder the next run is started in. */
const resolved = ({ path }: Output): string => (path === '-' ? path : resolve(path))

async function* counted(
  pieces: AsyncIterable<WrittenPiece>,
  writing: Writing,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { bytes, rows } of pieces) {
    writing.rows += rows
    yield bytes
  }
}

const totalOf = ({ parts }: Output): number | undefined =>
  parts.every(part => part.rows !== undefined) ? parts.reduce((sum, part) => sum + part.rows!, 0) : undefined
