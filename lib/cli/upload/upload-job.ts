import {
  type TableSchema,
  type Tunnel,
  TunnelError,
  TunnelServiceError,
  type TunnelValueError,
  type UploadTotals,
} from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import type { SourceBatch } from '../formats/row-source.js'
import { TransferLog } from '../journal/transfer-log.js'
import { BadRecords, badRowOf } from '../transfer/bad-records.js'
import { canGoOn, FailedTransfer, type GoingOn, reportInterrupted } from '../transfer/failed-transfer.js'
import { Interrupt } from '../transfer/interrupt.js'
import { type ProgressSnapshot, progressOf } from '../transfer/progress.js'
import { formatTarget } from '../transfer/table-target.js'
import { countOf } from '../transfer/units.js'
import { CliError } from '../usage-error.js'
import { createTable, type InferredTable, inferTable } from './create-table.js'
import { explainUpload } from './explain.js'
import { encodingOf, identityOf, openUpload, type Upload, type UploadEnd } from './open-upload.js'
import { RowPartitions, rowSchemaOf } from './partition-columns.js'
import { commitsToFinish, describeCommits, finishCommits, noteFailure } from './partition-commits.js'
import { reportUpload } from './report.js'
import type { UploadRequest } from './request.js'
import { scanRows } from './scan-rows.js'
import { maxBatchRows, type OpenInput, UploadInputs } from './upload-inputs.js'

/*
 * All files go into one session, and their rows become visible with its commit, or not at all. Whatever can be known before is
 * known before the first block is sent: the columns of every file, and with --create every type. A block that is on the
 * service is in the journal with its checksum, so that a resumed run sends only what is missing, and refuses other rows.
 */

/** Uploads the files, one after the other, in one session. */
export class UploadJob {
  readonly #call: Call
  readonly #tunnel: Tunnel
  readonly #request: UploadRequest
  readonly #bad: BadRecords
  readonly #log: TransferLog
  readonly #interrupt: Interrupt
  readonly #inputs: UploadInputs
  #table: TableSchema | undefined
  #inferred: InferredTable | undefined
  #isCreated = false
  /** The commit may have been sent, and has not failed. */
  #mayBeCommitted = false
  #rows = 0
  #batch: (OpenInput & { readonly batch: SourceBatch; readonly from: number }) | undefined

  constructor(call: Call, tunnel: Tunnel, request: UploadRequest) {
    this.#call = call
    this.#tunnel = tunnel
    this.#request = request
    const { badRecordsPath, maxBadRecords, text } = request
    this.#bad = new BadRecords(badRecordsPath, maxBadRecords, text, call.terminal)
    this.#log = new TransferLog(call, request.journalDirectory)
    this.#interrupt = new Interrupt(call, () => 'Nothing was sent.')
    this.#inputs = new UploadInputs(call, request, this.#interrupt.signal)
  }

  async run(): Promise<number> {
    const isExplained = this.#call.values.flag('explain')
    try {
      if (this.#request.partitionBy !== undefined && this.#call.values.flag('resume') && !isExplained)
        return await this.#finishCommit()
      await this.#inputs.find()
      const table = (await this.#existingSchema()) ?? (await this.#newSchema())
      const schema = this.#take(table)
      if (this.#inferred === undefined) await this.#inputs.check(schema, !isExplained)
      if (isExplained) return await explainUpload(this.#call, this.#request, table)
      return this.#request.scanOnly ? await this.#scan(schema) : await this.#upload(schema)
    } catch (error) {
      if (!this.#interrupt.happened) throw error
      return this.#interrupt.lastWords()
    } finally {
      this.#interrupt.close()
      await this.#log.close()
      await this.#inputs.close()
      await this.#bad.close()
    }
  }

  /** @returns the columns of its rows */
  #take(table: TableSchema): TableSchema {
    this.#table = table
    return rowSchemaOf(table, this.#request.partitionBy, this.#request.target.partition)
  }

  /** The rows are on the service, or there is nothing to go on with. */
  async #finishCommit(): Promise<number> {
    const { target } = this.#request
    const { signal } = this.#interrupt
    const schema = this.#take((await this.#tunnel.getTable(target.table, { signal })).schema)
    const former = (await this.#log.begin(await identityOf(this.#call, this.#request, schema)))!
    const job = { target, log: this.#log, interrupt: this.#interrupt }
    return finishCommits(this.#call, this.#tunnel, job, former)
  }

  /** Undefined when the table is missing, and to be created. */
  async #existingSchema(): Promise<TableSchema | undefined> {
    const { target, create } = this.#request
    try {
      return (await this.#tunnel.getTable(target.table, { signal: this.#interrupt.signal })).schema
    } catch (error) {
      const isMissing = error instanceof TunnelServiceError && error.code === 'ODPS_NO_SUCH_TABLE'
      if (!isMissing || !create) throw error
      return undefined
    }
  }

  /** Of the table made for the files. It is created when its rows are to be sent, and not before. */
  async #newSchema(): Promise<TableSchema> {
    if (this.#call.values.flag('resume'))
      throw new CliError(
        `there is no table ${this.#request.target.table}, so no upload to it can be resumed`,
        'Leave --resume out to create the table',
      )
    this.#inferred = await inferTable(this.#request, this.#inputs)
    return this.#inferred.schema
  }

  #scan(schema: TableSchema): Promise<number> {
    const found = this.#request.partitionBy && new RowPartitions(schema, this.#table!)
    return scanRows(this.#call, this.#bad, found, take => this.#inputs.read(schema, take))
  }

  async #upload(schema: TableSchema): Promise<number> {
    const upload = await this.#begin(schema)
    const { entry } = this.#log
    const progress = progressOf(this.#call, () => this.#snapshot(upload))
    const started = performance.now()
    if (this.#call.json)
      this.#call.event('start', {
        ...{ id: entry.id, kind: 'upload', target: entry.target, paths: this.#request.paths },
      })
    this.#interrupt.onStopping = () => progress.stop()
    await progress.start()
    try {
      const encoding = await encodingOf(upload, this.#request)
      await this.#inputs.read(schema, (batch, opened) => this.#sendBatch(upload, batch, opened), encoding)
      this.#refuseToEmpty(upload)
      const result = await this.#commit(upload)
      progress.stop()
      this.#log.update({
        rows: result.rows,
        badRecords: this.#bad.count,
        state: 'done',
        blocks: [],
        commits: [],
      })
      await this.#log.flush()
      const seconds = (performance.now() - started) / 1000
      reportUpload(this.#call, this.#request.target, result, upload.stats, this.#bad, seconds)
      return exitCode.done
    } catch (error) {
      progress.stop()
      return await this.#fail(error, upload)
    }
  }

  async #begin(schema: TableSchema): Promise<Upload> {
    const former = await this.#log.begin(await identityOf(this.#call, this.#request, schema))
    await this.#createTable()
    this.#interrupt.lastWords = () => this.#reportInterrupted()
    // A new table has no partition yet.
    const createPartition =
      this.#request.createPartition || (this.#isCreated && this.#table!.partitionColumns.length > 0)
    return openUpload(this.#tunnel, { ...this.#request, createPartition }, this.#log, former, {
      schema: this.#table,
      onRowError: (error, _row, rowIndex) => this.#addRowError(error, rowIndex),
      signal: this.#interrupt.signal,
    })
  }

  /** Behind the first entry of the journal: a table that is left by an upload that never began is in the way of the next. */
  async #createTable(): Promise<void> {
    if (this.#inferred === undefined) return
    try {
      await createTable(this.#call, this.#tunnel, this.#request, this.#inferred)
      this.#isCreated = true
    } catch (error) {
      this.#log.update({ state: 'failed', error: error instanceof Error ? error.message : String(error) })
      throw error
    }
  }

  async #sendBatch(upload: Upload, batch: SourceBatch, opened: OpenInput): Promise<void> {
    for (const bad of batch.bad) this.#bad.add(bad, opened.name, opened.source)
    await this.#bad.flush()
    this.#batch = { ...opened, batch, from: this.#rows }
    this.#rows += batch.records?.rows ?? batch.rows.length
    if (batch.records !== undefined) await upload.writeRecords(batch.records)
    for (let at = 0; at < batch.rows.length; at += maxBatchRows)
      await upload.writeBatch(batch.rows.slice(at, at + maxBatchRows))
    await this.#bad.flush()
    this.#log.update({ rows: this.#rows, badRecords: this.#bad.count })
  }

  /** A row that parsed, and that the table does not take: a text too long, a number out of range. */
  #addRowError(error: TunnelValueError, rowIndex: number): void {
    const { batch, from, name, source } = this.#batch!
    this.#bad.add(badRowOf(error, batch.originOf(rowIndex - from)), name, source)
  }

  /** A file that came empty by accident must not take the rows of a table with it. */
  #refuseToEmpty(upload: Upload): void {
    const { overwrite, allowEmpty, target, partitionBy } = this.#request
    // Of partitions only those that get rows are replaced.
    if (!overwrite || allowEmpty || partitionBy !== undefined || upload.stats.rows > 0) return
    throw new CliError(
      `there are no rows to load, and --overwrite would leave ${formatTarget(target)} empty; nothing was sent`,
      'Check the input, or add --allow-empty if this is intended',
    )
  }

  async #commit(upload: Upload): Promise<UploadEnd & UploadTotals> {
    this.#mayBeCommitted = true
    await new Promise<void>((resolve, reject) => {
      upload.once('error', reject)
      upload.end(() => resolve())
    })
    return upload.committed
  }

  async #fail(error: unknown, upload: Upload): Promise<number> {
    const failure = upload.errored ?? error
    if (this.#isCreated && !this.#interrupt.happened && !canGoOn(failure)) this.#tellOfTable()
    upload.destroy()
    await upload[Symbol.asyncDispose]()
    const interrupted = this.#interrupt.happened
    // Any other failure means that none of the rows is in the table.
    this.#mayBeCommitted &&= failure instanceof TunnelError && failure.code === 'ODPS_COMMIT_UNKNOWN'
    const { commits } = this.#log.entry
    if (commits !== undefined) noteFailure(this.#log, failure, commits)
    const message = failure instanceof Error ? failure.message : String(failure)
    this.#log.update(interrupted ? { state: 'interrupted' } : { state: 'failed', error: message })
    await this.#log.flush()
    const goingOn = this.#goingOn
    if (interrupted) return this.#reportInterrupted()
    throw goingOn !== undefined && canGoOn(failure)
      ? new FailedTransfer(failure, goingOn.kept, goingOn.resume)
      : failure
  }

  #reportInterrupted(): number {
    const { entry } = this.#log
    const ofSession = this.#mayBeCommitted
      ? `Its commit was under way: it isn't known whether the rows of session ${entry.sessionId} are in the table.`
      : 'Nothing was committed.'
    const what = entry.commits === undefined ? ofSession : describeCommits(entry)
    return reportInterrupted(this.#call, entry.id, what, this.#goingOn)
  }

  /** Only what cannot be read twice can still fail on its records: those behind the first ones are seen here only. */
  #tellOfTable(): void {
    const { table } = this.#request.target
    this.#call.remark(
      `the table ${table} was created by this upload and has no rows. Before you try again with other columns, run DROP TABLE ${table};`,
    )
  }

  /** Undefined when there is no session to go on with, or the rows cannot come again. */
  get #goingOn(): GoingOn | undefined {
    const { sessionId, blocks = [], rows, id, commits } = this.#log.entry
    const resume = this.#log.resumeCommand
    if (commits !== undefined)
      return resume === undefined ? undefined : commitsToFinish(this.#log.entry, resume)
    if (sessionId === undefined || resume === undefined || !this.#inputs.canComeAgain) return undefined
    return {
      kept: `${countOf(blocks.length, 'block')} on the service for 24 hours, of ${countOf(rows, 'row')} read so far, as transfer ${id}`,
      resume,
    }
  }

  #snapshot({ stats }: Upload): ProgressSnapshot {
    return {
      files: this.#inputs.progress(),
      rows: stats.rows,
      rawBytes: stats.rawBytes,
      wireBytes: stats.wireBytes,
      inFlight: stats.blocksInFlight,
      retries: stats.retries,
      badRecords: this.#bad.count,
      committing: this.#log.entry.commits?.length || undefined,
    }
  }
}
