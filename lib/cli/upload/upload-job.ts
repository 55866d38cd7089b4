import { resolve } from 'node:path'
import {
  printPartitionSpec,
  type TableSchema,
  type Tunnel,
  TunnelServiceError,
  type UploadResult,
  type UploadStream,
} from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { type ByteInput, openInput } from '../files/byte-input.js'
import { openSource } from '../formats/open-source.js'
import type { ColumnPlan, RowBatch, RowSource } from '../formats/row-source.js'
import { InputChecksums } from '../journal/input-checksums.js'
import { type JournalEntry, newEntry } from '../journal/journal.js'
import { TransferLog } from '../journal/transfer-log.js'
import { BadRecords } from '../transfer/bad-records.js'
import { Interrupt } from '../transfer/interrupt.js'
import { planColumns } from '../transfer/plan-columns.js'
import { type FileProgress, progressOf } from '../transfer/progress.js'
import { printTarget } from '../transfer/table-target.js'
import { countOf, printBytes, printDuration } from '../transfer/units.js'
import { createTableFor } from './create-table.js'
import { explainUpload } from './explain.js'
import type { UploadRequest } from './request.js'

interface OpenFile {
  readonly input: ByteInput
  readonly source: RowSource
  readonly plan: ColumnPlan
}

/** Rows written as one chunk at most, so that progress and Ctrl-C do not wait for a whole file of tiny rows. */
const maxBatchRows = 1000

/** Uploads the files, one after the other, in one session. */
export class UploadJob {
  readonly #call: Call
  readonly #tunnel: Tunnel
  readonly #request: UploadRequest
  readonly #bad: BadRecords
  readonly #log: TransferLog
  readonly #interrupt: Interrupt
  readonly #files: { name: string; input: ByteInput | undefined; size: number | undefined }[]
  /** When it was looked at before the upload began. */
  #stdin: Omit<OpenFile, 'plan'> | undefined
  #checksums = new InputChecksums()
  #rows = 0
  #batch:
    | { readonly batch: RowBatch; readonly from: number; readonly path: string; readonly source: RowSource }
    | undefined

  constructor(call: Call, tunnel: Tunnel, request: UploadRequest) {
    this.#call = call
    this.#tunnel = tunnel
    this.#request = request
    this.#bad = new BadRecords(request.badRecordsPath, request.maxBadRecords, request.text.nullText)
    this.#log = new TransferLog(call, request.journalDirectory)
    this.#interrupt = new Interrupt(call)
    this.#files = request.paths.map(name => ({ name, input: undefined, size: undefined }))
  }

  async run(): Promise<number> {
    try {
      const schema = await this.#schema()
      await this.#checkFiles(schema)
      if (this.#call.values.flag('explain')) return await explainUpload(this.#call, this.#request, schema)
      return this.#request.scanOnly ? await this.#scan(schema) : await this.#upload(schema)
    } finally {
      this.#interrupt.close()
      await this.#stdin?.source.close()
      await this.#bad.close()
    }
  }

  /** The table, created after the first file when that was asked for. */
  async #schema(): Promise<TableSchema> {
    const { table } = this.#request.target
    try {
      return (await this.#tunnel.getTable(table)).schema
    } catch (error) {
      const isMissing = error instanceof TunnelServiceError && error.code === 'ODPS_NO_SUCH_TABLE'
      if (!isMissing || !this.#request.create) throw error
    }
    return this.#createTable()
  }

  /** Stdin is looked at and still gives all its rows; it stays open, because it cannot be read twice. */
  async #createTable(): Promise<TableSchema> {
    const path = this.#request.paths[0]!
    const opened = await this.#openSource(path, path === '-' ? chunk => this.#checksums.add(chunk) : () => {})
    if (path === '-') this.#stdin = opened
    try {
      return await createTableFor(this.#call, this.#tunnel, this.#request, opened.source)
    } finally {
      if (path !== '-') await opened.source.close()
    }
  }

  /** Before anything is sent, all files must be there and fit the table. Stdin is looked at when it is read. */
  async #checkFiles(schema: TableSchema): Promise<void> {
    for (const file of this.#files) {
      if (file.name === '-') continue
      const { input, source } = await this.#open(file.name, schema, () => {})
      file.size = input.size
      await source.close()
    }
  }

  async #open(path: string, schema: TableSchema, onBytes: (chunk: Uint8Array) => void): Promise<OpenFile> {
    const { input, source } =
      path === '-' && this.#stdin !== undefined ? this.#stdin : await this.#openSource(path, onBytes)
    try {
      const name = path === '-' ? 'stdin' : path
      return { input, source, plan: planColumns(name, source, schema, this.#request.rules) }
    } catch (error) {
      await source.close()
      throw error
    }
  }

  async #openSource(path: string, onBytes: (chunk: Uint8Array) => void): Promise<Omit<OpenFile, 'plan'>> {
    const { formatOf, text } = this.#request
    const input = await openInput(path, this.#call.terminal, onBytes)
    return { input, source: await openSource(input, formatOf(path), text) }
  }

  /** Reads everything and sends nothing. */
  async #scan(schema: TableSchema): Promise<number> {
    let rows = 0
    for (const { name } of this.#files) {
      const { source, plan } = await this.#open(name, schema, () => {})
      try {
        for await (const batch of source.rows(plan)) {
          for (const bad of batch.bad) this.#bad.add(bad, name, source)
          await this.#bad.flush()
          rows += batch.rows.length
        }
      } finally {
        await source.close()
      }
    }
    this.#call.note(
      `${countOf(rows, 'row')} would be sent, ${countOf(this.#bad.count, 'bad record')}; nothing was sent.`,
    )
    return exitCode.done
  }

  async #upload(schema: TableSchema): Promise<number> {
    const { request, upload, entry } = await this.#begin()
    const progress = progressOf(this.#call, () => this.#snapshot(upload))
    const started = performance.now()
    upload.on('session', ({ sessionId }) => this.#log.update({ sessionId }))
    if (this.#call.json)
      this.#call.event('start', { id: entry.id, kind: 'upload', target: entry.target, paths: request.paths })
    await progress.start()
    try {
      await this.#send(upload, schema)
      const result = await this.#commit(upload)
      progress.stop()
      this.#log.update({ rows: result.rows, badRecords: this.#bad.count, state: 'done', inputChecksums: [] })
      await this.#log.close()
      this.#report(result, upload, (performance.now() - started) / 1000)
      return exitCode.done
    } catch (error) {
      progress.stop()
      return await this.#fail(error, upload)
    }
  }

  async #begin(): Promise<{ request: UploadRequest; upload: UploadStream; entry: JournalEntry }> {
    const request = this.#request
    const { target } = request
    const paths = request.paths.map(path => (path === '-' ? path : resolve(path)))
    const fields = {
      kind: 'upload',
      args: this.#log.args('upload'),
      target: printTarget(target),
      paths,
    } as const
    const former = this.#call.values.flag('resume') ? await this.#log.findFormer(fields) : undefined
    const blockBytes = former?.blockBytes ?? request.blockBytes
    if (former !== undefined) this.#checksums = new InputChecksums(former.inputChecksums)
    const entry = await this.#log.begin({ ...(former ?? newEntry(fields)), blockBytes })
    const upload = this.#tunnel.createUploadStream({
      table: target.table,
      partitionSpec: target.partition && printPartitionSpec(target.partition),
      blockBytes,
      concurrency: request.concurrency,
      compression: request.compression,
      json: 'text',
      onRowError: (error, _row, rowIndex) => this.#addRowError(error, rowIndex),
      signal: this.#interrupt.signal,
      ...(former?.sessionId === undefined
        ? { createPartition: request.createPartition, overwrite: request.overwrite }
        : { sessionId: former.sessionId, resume: true }),
    })
    upload.on('error', () => {})
    return { request, upload, entry }
  }

  async #send(upload: UploadStream, schema: TableSchema): Promise<void> {
    for (const file of this.#files) {
      const opened = await this.#open(file.name, schema, chunk => this.#checksums.add(chunk))
      file.input = opened.input
      file.size = opened.input.size
      try {
        for await (const batch of opened.source.rows(opened.plan)) {
          await this.#sendBatch(upload, batch, file.name, opened.source)
          this.#interrupt.signal.throwIfAborted()
        }
      } finally {
        await opened.source.close()
      }
    }
  }

  async #sendBatch(upload: UploadStream, batch: RowBatch, path: string, source: RowSource): Promise<void> {
    for (const bad of batch.bad) this.#bad.add(bad, path, source)
    await this.#bad.flush()
    this.#batch = { batch, from: this.#rows, path, source }
    this.#rows += batch.rows.length
    for (let at = 0; at < batch.rows.length; at += maxBatchRows)
      await upload.writeBatch(batch.rows.slice(at, at + maxBatchRows))
    await this.#bad.flush()
    this.#log.update({
      rows: this.#rows,
      badRecords: this.#bad.count,
      inputChecksums: this.#checksums.checksums,
    })
  }

  /** A row that parsed, and that the table does not take: a text too long, a number out of range. */
  #addRowError(error: { code: string; message: string; column: string | undefined }, rowIndex: number): void {
    const { batch, from, path, source } = this.#batch!
    const reason = error.message.replace(/^Row \d+(?:, column '[^']*')?:? ?/, '')
    const { record, fields } = batch.originOf(rowIndex - from)
    this.#bad.add({ record, fields, column: error.column, code: error.code, reason }, path, source)
  }

  async #commit(upload: UploadStream): Promise<UploadResult> {
    await new Promise<void>((resolve, reject) => {
      upload.once('error', reject)
      upload.end(() => resolve())
    })
    return upload.committed
  }

  async #fail(error: unknown, upload: UploadStream): Promise<number> {
    const failure = upload.errored ?? error
    upload.destroy()
    await upload[Symbol.asyncDispose]()
    const interrupted = this.#interrupt.happened
    const message = failure instanceof Error ? failure.message : String(failure)
    this.#log.update({
      state: interrupted ? 'interrupted' : 'failed',
      ...(!interrupted && { error: message }),
    })
    await this.#log.close()
    if (!interrupted) throw failure
    this.#log.reportInterrupted('Nothing was committed.')
    return exitCode.interrupted
  }

  #snapshot(upload: UploadStream) {
    const { stats } = upload
    return {
      files: this.#files.map(
        ({ name, input, size }): FileProgress => ({
          name: name === '-' ? 'stdin' : name,
          done: input?.bytesRead() ?? 0,
          total: size,
        }),
      ),
      rows: stats.rows,
      rawBytes: stats.rawBytes,
      wireBytes: stats.wireBytes,
      inFlight: stats.blocksInFlight,
      retries: stats.retries,
      badRecords: this.#bad.count,
    }
  }

  #report(result: UploadResult, upload: UploadStream, seconds: number): void {
    const { rows, blocks, rawBytes, wireBytes } = result
    const { stats } = upload
    if (this.#call.json) {
      this.#call.event('done', {
        ...{
          rows,
          blocks,
          blocksSkipped: stats.blocksSkipped,
          rawBytes,
          wireBytes,
          seconds,
          sessionId: result.sessionId,
        },
        ...{ badRecords: this.#bad.count, retries: stats.retries },
      })
      return
    }
    const skipped = stats.blocksSkipped > 0 ? `, ${stats.blocksSkipped} of them sent before` : ''
    const bad = this.#bad.count > 0 ? `, ${countOf(this.#bad.count, 'bad record')} set aside` : ''
    this.#call.note(
      `${countOf(rows, 'row')} committed to ${printTarget(this.#request.target)} in ${printDuration(seconds)} (${countOf(blocks, 'block')}${skipped}, ${printBytes(rawBytes / seconds)}/s raw, ${printBytes(wireBytes)} on the wire${bad})`,
    )
    if (this.#call.values.flag('time')) {
      const { open, wait, upload: sending, commit } = stats.phaseMs
      this.#call.note(
        `Time: open ${ms(open)}, waiting for the service ${ms(wait)}, block requests ${ms(sending)} in all, commit ${ms(commit)}`,
      )
    }
  }
}

const ms = (value: number): string => `${(value / 1000).toFixed(2)} s`
