import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Column, Tunnel } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { type ByteOutput, isResumable, openOutput } from '../files/byte-output.js'
import { compressBytes } from '../files/file-compression.js'
import { isText } from '../formats/file-format.js'
import { noteIdleOptions } from '../formats/idle-options.js'
import { writerOf } from '../formats/open-writer.js'
import { RowRefused, type WrittenPiece } from '../formats/row-writer.js'
import type { JournalEntry } from '../journal/entry.js'
import { proofOf } from '../journal/proof.js'
import { RowLedger } from '../journal/row-ledger.js'
import { TransferLog } from '../journal/transfer-log.js'
import { canGoOn, FailedTransfer, type GoingOn, reportInterrupted } from '../transfer/failed-transfer.js'
import { formatSource } from '../transfer/instance-target.js'
import { Interrupt } from '../transfer/interrupt.js'
import { progressOf } from '../transfer/progress.js'
import { countOf } from '../transfer/units.js'
import { UsageError } from '../usage-error.js'
import { checkNames } from './check-names.js'
import { chooseColumns } from './choose-columns.js'
import { describeSource, type SourceInfo } from './describe-source.js'
import { explainDownload } from './explain.js'
import { OutputRows, type Reading, type Wanted } from './output-rows.js'
import { type Output, planOutputs } from './plan-outputs.js'
import { checkpointOf, knownPartitions, proveResume } from './prove-resume.js'
import { reportDownload } from './report.js'
import type { DownloadRequest } from './request.js'

/*
 * A download writes one file after the other, and can be stopped anywhere: by Ctrl-C, a full disk, a lost connection, the
 * end of the process. So a file has its name only when it is complete, and the journal says after every piece which rows
 * are in which bytes of the incomplete one. Text that isn't compressed is gone on with behind its last record; any other
 * file, whose bytes cannot be cut at a record, is written anew.
 */

/** A file that is being written. */
interface Writing extends Wanted {
  readonly file: ByteOutput
  readonly source: OutputRows
  /** Rows that are in its bytes. */
  rows: number
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
  #info: SourceInfo | undefined
  #outputs: readonly Output[] = []
  #rows: OutputRows | undefined
  #fileBytes = 0
  #canResume = false

  constructor(call: Call, tunnel: Tunnel, request: DownloadRequest) {
    this.#call = call
    this.#tunnel = tunnel
    this.#request = request
    this.#log = new TransferLog(call, request.journalDirectory)
    this.#interrupt = new Interrupt(call, () => 'Nothing was written.')
  }

  async run(): Promise<number> {
    try {
      this.#info = await describeSource(this.#tunnel, this.#request, this.#interrupt.signal)
      const columns = chooseColumns(this.#info, this.#request)
      this.#outputs = await planOutputs(this.#tunnel, this.#info, this.#request, this.#interrupt.signal)
      checkNames(this.#info, this.#outputs)
      const formats = this.#outputs.map(({ format }) => format.name)
      noteIdleOptions(this.#call, formats, true)
      if (this.#call.values.flag('explain'))
        return explainDownload(this.#call, this.#request, this.#info, this.#outputs, columns)
      const { signal } = this.#interrupt
      this.#rows = new OutputRows(this.#tunnel, this.#request, this.#info, this.#outputs, signal)
      return await this.#download(columns, this.#rows)
    } catch (error) {
      if (!this.#interrupt.happened) throw error
      return this.#interrupt.lastWords()
    } finally {
      this.#rows?.close()
      this.#interrupt.close()
      await this.#log.close()
    }
  }

  async #download(columns: readonly Column[], rows: OutputRows): Promise<number> {
    const former = await this.#begin()
    // Rows on the terminal and bars on it would mix.
    const isShown = this.#request.output !== '-' || this.#call.terminal.stdout.isTTY !== true
    const progress = progressOf(this.#call, () => rows.snapshot(), isShown)
    const started = performance.now()
    this.#interrupt.onStopping = () => progress.stop()
    await progress.start()
    try {
      if (former !== undefined) await proveResume(former, this.#outputs)
      for (const output of this.#outputs) {
        const finished = former?.finished?.find(({ path }) => path === resolved(output))
        if (finished !== undefined) rows.had(output, finished.rows)
        // A limit of 0 writes a file, too.
        else if (rows.isFull && output !== this.#outputs[0]) break
        else await this.#write(output, columns, former, rows)
      }
      progress.stop()
      this.#log.update({ state: 'done', rows: rows.count, partitions: [], finished: [] })
      await this.#log.flush()
      const seconds = (performance.now() - started) / 1000
      reportDownload(this.#call, this.#request, rows.written, rows, this.#fileBytes, seconds)
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
      target: formatSource(target),
      paths: [output === '-' ? '-' : resolve(output)],
      partitions: knownPartitions(this.#outputs),
      proof: await proofOf(this.#call, request, [...schema.columns, ...schema.partitionColumns], {
        formats: this.#outputs.slice(0, 1).map(({ format }) => format),
      }),
    })
    this.#interrupt.lastWords = () => this.#reportInterrupted()
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
      if (await isResumable(path, this.#call.terminal)) continue
      if (this.#call.values.flag('resume'))
        throw new UsageError(
          `a download to ${path === '-' ? 'stdout' : `${path}, which is no regular file,`} cannot be resumed`,
          'Write to a file, or leave out --resume',
        )
      return
    }
    this.#canResume = true
  }

  async #write(
    output: Output,
    columns: readonly Column[],
    former: JournalEntry | undefined,
    source: OutputRows,
  ): Promise<void> {
    const from = checkpointOf(output, former)
    const { part } = this.#log.entry
    if (part !== undefined && part !== from?.part) await rm(part, { force: true })
    const { terminal } = this.#call
    const file = await openOutput(output.path, terminal, { former: from, signal: this.#interrupt.signal })
    this.#log.update({ part: file.part, checkpoint: from })
    // At once, so that it is known after a crash, too.
    await this.#log.flush()
    const rows = from?.rows ?? 0
    const ledger = new RowLedger<Reading>()
    const writing: Writing = { output, columns, file, source, from, ledger, rows, firstRows: [] }
    source.had(output, rows)
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
    const { output, columns, file, source, from } = writing
    const { name, compression } = output.format
    const begun = { isResumed: from !== undefined, firstRow: from?.rows ?? 0 }
    const { write, printing } = await writerOf(columns, name, this.#request.text)
    const pieces = write(source.of(writing, printing), begun)
    // A file is resumed where its records end; what cannot be cut there is written anew.
    if (compression === 'none' && isText(name) && file.part !== undefined) {
      for await (const { bytes, rows, release } of pieces) {
        await file.write(bytes)
        release?.()
        if (rows > 0) this.#advance(writing, rows)
      }
      return
    }
    for await (const bytes of compressBytes(counted(pieces, writing), compression)) await file.write(bytes)
  }

  /** So many rows more are in the file: it can be gone on with behind them. */
  #advance(writing: Writing, rows: number): void {
    const { output, file, source, ledger } = writing
    const { part, rows: partitionRows } = ledger.write(rows)
    writing.rows += rows
    this.#log.update({
      rows: source.count,
      checkpoint: {
        path: resolved(output),
        ...{ bytes: file.bytesWritten(), checksum: file.checksum(), rows: writing.rows },
        ...{ part: file.part!, partition: part.partition, partitionRows, session: part.session! },
      },
    })
  }

  #finish({ output, file, source, rows }: Writing): void {
    this.#fileBytes += file.bytesWritten()
    const { finished = [] } = this.#log.entry
    const written = { bytes: file.bytesWritten(), checksum: file.checksum(), rows }
    this.#log.update({
      rows: source.count,
      finished: [...finished, { path: resolved(output), ...written }],
      part: undefined,
      checkpoint: undefined,
    })
  }

  async #fail(error: unknown): Promise<number> {
    const interrupted = this.#interrupt.happened
    const message = error instanceof Error ? error.message : String(error)
    this.#log.update(interrupted ? { state: 'interrupted' } : { state: 'failed', error: message })
    await this.#log.flush()
    const goingOn = this.#goingOn
    if (interrupted) return this.#reportInterrupted()
    throw goingOn !== undefined && canGoOn(error)
      ? new FailedTransfer(error, goingOn.kept, goingOn.resume)
      : error
  }

  #reportInterrupted(): number {
    return reportInterrupted(this.#call, this.#log.entry.id, this.#state, this.#goingOn)
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
