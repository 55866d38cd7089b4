import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type FileValues, fileValues } from '../../codec/file-values.js'
import {
  type Column,
  type DownloadSession,
  type DownloadStats,
  type DownloadStream,
  type DownloadStreamOptions,
  printPartitionSpec,
  type TableInfo,
  type Tunnel,
} from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { type ByteOutput, compressBytes, openOutput, partOf } from '../files/byte-output.js'
import { isText } from '../formats/file-format.js'
import { writerOf } from '../formats/open-writer.js'
import type { WrittenPiece } from '../formats/row-writer.js'
import { type JournalEntry, newEntry } from '../journal/journal.js'
import { TransferLog } from '../journal/transfer-log.js'
import { Interrupt } from '../transfer/interrupt.js'
import { type ProgressSnapshot, progressOf } from '../transfer/progress.js'
import { RequestsInFlight } from '../transfer/requests-in-flight.js'
import { printTarget } from '../transfer/table-target.js'
import { countOf, printBytes, printDuration } from '../transfer/units.js'
import { CliError, UsageError } from '../usage-error.js'
import { explainDownload } from './explain.js'
import { type Output, type Part, planOutputs } from './plan-outputs.js'
import type { DownloadRequest } from './request.js'
import { rowBatches } from './row-batches.js'

type Rows = readonly (readonly unknown[])[]
type Checkpoint = NonNullable<JournalEntry['checkpoint']>

/** Downloads one output after the other; each is fetched in parallel ranges and written in order. */
export class DownloadJob {
  readonly #call: Call
  readonly #tunnel: Tunnel
  readonly #request: DownloadRequest
  readonly #log: TransferLog
  readonly #interrupt: Interrupt
  readonly #ranges = new RequestsInFlight(({ path }) => path.includes('rowrange='))
  readonly #done = new Map<Output, number>()
  #outputs: readonly Output[] = []
  #stream: DownloadStream<unknown> | undefined
  #former: DownloadStats[] = []
  /** Of the part that is read, rows of a former run included. */
  #totalRows: number | undefined
  #rows = 0
  #fileBytes = 0

  constructor(call: Call, tunnel: Tunnel, request: DownloadRequest) {
    this.#call = call
    this.#tunnel = tunnel
    this.#request = request
    this.#log = new TransferLog(call, request.journalDirectory)
    this.#interrupt = new Interrupt(call)
  }

  async run(): Promise<number> {
    try {
      const info = await this.#tunnel.getTable(this.#request.target.table)
      const columns = chooseColumns(info, this.#request)
      this.#outputs = await planOutputs(this.#tunnel, info, this.#request)
      if (this.#call.values.flag('explain'))
        return explainDownload(this.#call, this.#request, info, this.#outputs, columns)
      return await this.#download(columns)
    } finally {
      this.#ranges.close()
      this.#interrupt.close()
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
      for (const output of this.#outputs) {
        if (former?.finished?.includes(output.path)) continue
        if (this.#isFull()) break
        await this.#write(output, columns, this.#checkpointOf(output, former))
      }
      progress.stop()
      this.#log.update({ state: 'done', rows: this.#rows })
      await this.#log.close()
      this.#report((performance.now() - started) / 1000)
      return exitCode.done
    } catch (error) {
      progress.stop()
      return await this.#fail(error)
    }
  }

  async #begin(): Promise<JournalEntry | undefined> {
    const { target, output } = this.#request
    const path = output === '-' ? '-' : resolve(output)
    const fields = {
      kind: 'download',
      args: this.#log.args('download'),
      target: printTarget(target),
      paths: [path],
    } as const
    const isResumed = this.#call.values.flag('resume')
    if (isResumed && path === '-')
      throw new UsageError('a download to stdout cannot be resumed', 'Write to a file')
    const former = isResumed ? await this.#log.findFormer(fields) : undefined
    const entry = await this.#log.begin(former ?? newEntry(fields))
    this.#rows = former?.rows ?? 0
    if (this.#call.json)
      this.#call.event('start', {
        ...{ id: entry.id, kind: 'download', target: entry.target },
        paths: this.#outputs.map(each => each.path),
      })
    return former
  }

  /** Where a former run left the file, if it is still there that far. */
  #checkpointOf(output: Output, former: JournalEntry | undefined): Checkpoint | undefined {
    const checkpoint = former?.checkpoint
    if (checkpoint?.path !== output.path || checkpoint.bytes === 0) return undefined
    const size = statSync(partOf(output.path), { throwIfNoEntry: false })?.size ?? 0
    if (size >= checkpoint.bytes) return checkpoint
    this.#rows -= checkpoint.rows
    return undefined
  }

  #isFull(): boolean {
    return this.#request.limit !== undefined && this.#rows >= this.#request.limit
  }

  async #write(output: Output, columns: readonly Column[], from: Checkpoint | undefined): Promise<void> {
    const { name, compression } = output.format
    const file = await openOutput(output.path, this.#call.terminal, from?.bytes)
    // A file is resumed where its records end; what cannot be cut there is written anew.
    const canResume = compression === 'none' && isText(name) && output.path !== '-'
    try {
      const batches = this.#batches(output, columns, from)
      const pieces = writerOf(columns, name, this.#request.text)(batches, { isResumed: from !== undefined })
      if (canResume) await this.#writePieces(pieces, file)
      else for await (const bytes of compressBytes(onlyBytes(pieces), compression)) await file.write(bytes)
      this.#interrupt.signal.throwIfAborted()
      await file.finish()
      this.#fileBytes += file.bytesWritten()
      this.#log.finish(output.path)
    } catch (error) {
      await file.abandon(canResume)
      throw error
    }
  }

  async #writePieces(pieces: AsyncIterable<WrittenPiece>, file: ByteOutput): Promise<void> {
    for await (const { bytes, rows } of pieces) {
      await file.write(bytes)
      this.#log.advance(file.bytesWritten(), rows)
    }
  }

  /** The rows of all parts of one output. */
  async *#batches(
    output: Output,
    columns: readonly Column[],
    from: Checkpoint | undefined,
  ): AsyncGenerator<Rows, void, undefined> {
    const start = from === undefined ? 0 : output.parts.findIndex(part => keyOf(part) === from.partition)
    if (start < 0)
      throw new CliError(
        'the partitions have changed since the download was interrupted',
        'Start anew, without --resume',
      )
    for (const [i, part] of output.parts.slice(start).entries()) {
      const skipped = i === 0 ? (from?.rows ?? 0) : 0
      if (this.#isFull()) return
      const stream = this.#open(part, columns, skipped, i === 0 ? from : undefined)
      stream.on('session', ({ sessionId, recordCount }: DownloadSession) =>
        this.#startPart(output.path, part, sessionId, recordCount, skipped),
      )
      for await (const rows of rowBatches(stream)) {
        this.#rows += rows.length
        this.#done.set(output, (this.#done.get(output) ?? skipped) + rows.length)
        yield rows
      }
      this.#former.push(stream.stats)
      this.#stream = undefined
    }
  }

  #startPart(path: string, part: Part, sessionId: string, recordCount: number, skipped: number): void {
    const { limit } = this.#request
    this.#totalRows = limit === undefined ? recordCount : Math.min(recordCount, skipped + limit - this.#rows)
    this.#log.startPart(path, keyOf(part), sessionId, recordCount, skipped)
  }

  #open(
    part: Part,
    columns: readonly Column[],
    start: number,
    from: Checkpoint | undefined,
  ): DownloadStream<unknown> {
    const { target, partitionColumns, limit, concurrency, compression } = this.#request
    const names = columns.slice(0, partitionColumns ? -(part.partition?.length ?? 0) : undefined)
    const stream = this.#tunnel.createDownloadStream({
      table: target.table,
      partitionSpec: part.partition && printPartitionSpec(part.partition),
      columns: names.map(column => column.name),
      partitionColumns: partitionColumns || undefined,
      start,
      count: limit === undefined ? undefined : limit - this.#rows,
      concurrency,
      compression,
      json: 'text',
      [fileValues]: true,
      highWaterMark: 4096,
      signal: this.#interrupt.signal,
      ...(from?.sessionId !== undefined && { sessionId: from.sessionId, recordCount: from.recordCount }),
    } as DownloadStreamOptions & FileValues) as DownloadStream<unknown>
    this.#stream = stream
    return stream
  }

  async #fail(error: unknown): Promise<number> {
    const interrupted = this.#interrupt.happened
    const message = error instanceof Error ? error.message : String(error)
    this.#log.update({
      state: interrupted ? 'interrupted' : 'failed',
      ...(!interrupted && { error: message }),
    })
    await this.#log.close()
    if (!interrupted) throw error
    this.#log.reportInterrupted(
      this.#request.output === '-'
        ? 'What was written is not complete.'
        : 'No incomplete file has its final name.',
    )
    return exitCode.interrupted
  }

  #snapshot(): ProgressSnapshot {
    const stats = [...this.#former, ...(this.#stream === undefined ? [] : [this.#stream.stats])]
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

  #report(seconds: number): void {
    const { rawBytes, wireBytes, retries, rows } = this.#snapshot()
    const files = this.#outputs.length
    if (this.#call.json) {
      this.#call.event('done', {
        rows,
        files,
        rawBytes,
        wireBytes,
        fileBytes: this.#fileBytes,
        retries,
        seconds,
      })
      return
    }
    const where =
      files === 1
        ? this.#outputs[0]!.path === '-'
          ? 'stdout'
          : this.#outputs[0]!.path
        : countOf(files, 'file')
    this.#call.note(
      `${countOf(rows, 'row')} of ${printTarget(this.#request.target)} written to ${where} in ${printDuration(seconds)} (${printBytes(this.#fileBytes)}, ${printBytes(rawBytes / seconds)}/s raw, ${printBytes(wireBytes)} on the wire)`,
    )
    if (!this.#call.values.flag('time')) return
    const [open, wait] = [
      this.#former.reduce((sum, each) => sum + each.phaseMs.open, 0),
      this.#former.reduce((sum, each) => sum + each.phaseMs.wait, 0),
    ]
    this.#call.note(`Time: open ${ms(open)}, waiting for rows ${ms(wait)}`)
  }
}

const ms = (value: number): string => `${(value / 1000).toFixed(2)} s`

async function* onlyBytes(pieces: AsyncIterable<WrittenPiece>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { bytes } of pieces) yield bytes
}

const keyOf = ({ partition }: Part): string => (partition === undefined ? '' : printPartitionSpec(partition))

const totalOf = ({ parts }: Output): number | undefined =>
  parts.every(part => part.rows !== undefined) ? parts.reduce((sum, part) => sum + part.rows!, 0) : undefined

/** The columns of the output, partition columns last. @throws CliError */
const chooseColumns = ({ schema }: TableInfo, request: DownloadRequest): Column[] => {
  const { columns, columnIndexes, partitionColumns } = request
  const chosen =
    columns?.map(name => {
      const found = schema.columns.find(column => column.name.toLowerCase() === name.toLowerCase())
      if (found === undefined)
        throw new CliError(`the table has no column '${name}'`, "See them with 'odps-tunnel schema <table>'")
      return found
    }) ??
    columnIndexes?.map(index => {
      const found = schema.columns[index]
      if (found === undefined)
        throw new CliError(`the table has no column ${index}; the last is ${schema.columns.length - 1}`)
      return found
    }) ??
    schema.columns
  return [...chosen, ...(partitionColumns ? schema.partitionColumns : [])]
}
