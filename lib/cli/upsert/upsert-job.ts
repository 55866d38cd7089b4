import { once } from 'node:events'
import {
  formatPartitionSpec,
  type Tunnel,
  TunnelError,
  type TunnelErrorCode,
  type TunnelValueError,
  type UpsertResult,
  type UpsertSession,
  type UpsertStream,
} from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import type { SourceBatch } from '../formats/row-source.js'
import { describeError } from '../report-error.js'
import { BadRecords, badRowOf } from '../transfer/bad-records.js'
import { Interrupt } from '../transfer/interrupt.js'
import { type ProgressSnapshot, progressOf } from '../transfer/progress.js'
import { formatTarget } from '../transfer/table-target.js'
import type { compressionOption } from '../transfer/transfer-options.js'
import { countOf, formatBytes, formatDuration } from '../transfer/units.js'
import type { FilesRequest } from '../upload/files-request.js'
import { maxBatchRows, type OpenInput, UploadInputs } from '../upload/upload-inputs.js'
import { CliError } from '../usage-error.js'
import { type RowChunks, rowChunksOf } from './row-chunks.js'

/*
 * All files go into one session, and nothing is in the table before its commit. What was sent can't be listed, so a session
 * can't be gone on with; but the same rows written again have the same effect, so an upsert that was stopped is run
 * again, and there is no journal. The session comes first: only it tells the primary key.
 */

export interface UpsertRequest extends FilesRequest {
  readonly createPartition: boolean
  /** Whether the files have keys of rows to delete. */
  readonly deletes: boolean
  readonly concurrency: number | undefined
  readonly compression: ReturnType<typeof compressionOption>
}

/** Upserts the rows of the files, or deletes them, in one session. */
export class UpsertJob {
  readonly #call: Call
  readonly #tunnel: Tunnel
  readonly #request: UpsertRequest
  readonly #target: string
  readonly #bad: BadRecords
  readonly #interrupt: Interrupt
  /** Rows may have been sent. */
  #hasBegun = false
  /** The commit may have been sent, and has not failed. */
  #mayBeCommitted = false
  #rows = 0
  #batch: (OpenInput & { readonly batch: SourceBatch; readonly from: number }) | undefined

  constructor(call: Call, tunnel: Tunnel, request: UpsertRequest) {
    this.#call = call
    this.#tunnel = tunnel
    this.#request = request
    this.#target = formatTarget(request.target)
    const { badRecordsPath, maxBadRecords, text } = request
    this.#bad = new BadRecords(badRecordsPath, maxBadRecords, text, call.terminal)
    this.#interrupt = new Interrupt(call, () => this.#whatCame())
  }

  async run(): Promise<number> {
    const { rules, deletes } = this.#request
    const files = { ...this.#request, rules: deletes ? { ...rules, owner: 'the primary key' } : rules }
    const inputs = new UploadInputs(this.#call, files, this.#interrupt.signal)
    try {
      await inputs.find()
      await this.#createPartition()
      return await this.#upsert(inputs)
    } catch (error) {
      if (this.#interrupt.happened) return this.#interrupt.lastWords()
      if (this.#hasBegun) this.#call.remark(this.#whatCame())
      throw withNextStep(error)
    } finally {
      this.#interrupt.close()
      await inputs.close()
      await this.#bad.close()
    }
  }

  async #upsert(inputs: UploadInputs): Promise<number> {
    const stream = this.#open()
    const progress = progressOf(this.#call, () => this.#snapshot(stream, inputs))
    this.#interrupt.onStopping = () => progress.stop()
    try {
      const chunks = await this.#begin(stream)
      const schema = { columns: chunks.columns, partitionColumns: [] }
      await inputs.check(schema, true)
      const started = performance.now()
      this.#hasBegun = true
      this.#tellStart()
      await progress.start()
      await inputs.read(schema, (batch, opened) => this.#send(stream, chunks, batch, opened))
      const result = await this.#commit(stream)
      progress.stop()
      this.#report(result, stream, (performance.now() - started) / 1000)
      return exitCode.done
    } catch (error) {
      progress.stop()
      const failure = stream.errored ?? error
      stream.destroy()
      await stream[Symbol.asyncDispose]()
      // Any other failure means that nothing is in the table.
      this.#mayBeCommitted &&= failure instanceof TunnelError && failure.code === 'ODPS_COMMIT_UNKNOWN'
      throw failure
    }
  }

  /** A session of upserts has no option for it, unlike one of an upload. */
  async #createPartition(): Promise<void> {
    const { createPartition, target } = this.#request
    const { project, table, partition } = target
    if (!createPartition || partition === undefined) return
    const named = project === undefined ? table : { project, table }
    const { signal } = this.#interrupt
    await this.#tunnel.createPartition(named, formatPartitionSpec(partition), { ifNotExists: true, signal })
  }

  #open(): UpsertStream {
    const { target, concurrency, compression } = this.#request
    const stream = this.#tunnel.createUpsertStream({
      ...{ project: target.project, table: target.table },
      partitionSpec: target.partition && formatPartitionSpec(target.partition),
      ...{ concurrency, compression, json: 'text' },
      onRowError: (error, _row, rowIndex) => this.#addRowError(error, rowIndex),
      signal: this.#interrupt.signal,
    })
    stream.on('error', () => {})
    return stream as UpsertStream
  }

  /** Waits for the session, which knows the columns and the key. */
  async #begin(stream: UpsertStream): Promise<RowChunks> {
    const [session] = (await once(stream, 'session')) as [UpsertSession]
    const { rules, deletes } = this.#request
    return rowChunksOf(session.schema, session.primaryKey, rules, deletes)
  }

  async #send(stream: UpsertStream, chunks: RowChunks, batch: SourceBatch, opened: OpenInput): Promise<void> {
    for (const bad of batch.bad) this.#bad.add(bad, opened.name, opened.source)
    await this.#bad.flush()
    this.#batch = { ...opened, batch, from: this.#rows }
    this.#rows += batch.rows.length
    for (let at = 0; at < batch.rows.length; at += maxBatchRows)
      await stream.writeBatch(batch.rows.slice(at, at + maxBatchRows).map(chunks.of))
    await this.#bad.flush()
  }

  /** A row that parsed, and that the table does not take: NULL in its key, a text too long. */
  #addRowError(error: TunnelValueError, rowIndex: number): void {
    const { batch, from, name, source } = this.#batch!
    this.#bad.add(badRowOf(error, batch.originOf(rowIndex - from)), name, source)
  }

  async #commit(stream: UpsertStream): Promise<UpsertResult> {
    this.#mayBeCommitted = true
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject)
      stream.end(() => resolve())
    })
    return stream.committed
  }

  #whatCame(): string {
    return this.#mayBeCommitted
      ? `The commit was under way: it isn't known whether the changes are in ${this.#target}. Run the command again: it has the same effect.`
      : 'Nothing was committed. An upsert is not resumed: run the command again.'
  }

  #tellStart(): void {
    if (!this.#call.json) return
    const { paths, deletes } = this.#request
    this.#call.event('start', { kind: 'upsert', target: this.#target, paths, deletes })
  }

  #report(
    { rows, blocks, rawBytes, wireBytes, sessionId }: UpsertResult,
    { stats }: UpsertStream,
    seconds: number,
  ): void {
    const { retries, phaseMs } = stats
    const badRecords = this.#bad.count
    if (this.#call.json) {
      const counts = { rows, blocks, rawBytes, wireBytes, seconds, sessionId, badRecords, retries, phaseMs }
      this.#call.event('done', counts)
      return
    }
    const what = this.#request.deletes
      ? `${countOf(rows, 'key')} deleted from`
      : `${countOf(rows, 'row')} upserted into`
    this.#call.note(
      `${what} ${this.#target} in ${formatDuration(seconds)} (${countOf(blocks, 'request')}, ${formatBytes(rawBytes / seconds)}/s raw, ${formatBytes(wireBytes)} on the wire${this.#bad.summary})`,
    )
  }

  #snapshot({ stats }: UpsertStream, inputs: UploadInputs): ProgressSnapshot {
    const { rows, rawBytes, wireBytes, retries } = stats
    return {
      files: inputs.progress(),
      ...{ rows, rawBytes, wireBytes, retries },
      inFlight: stats.blocksInFlight,
      badRecords: this.#bad.count,
    }
  }
}

/** Where what helps an upload is of no use here. */
const nextSteps: Partial<Record<TunnelErrorCode, string>> = {
  ODPS_INVALID_OPTION: "Which tables take what is in 'odps-tunnel upsert --help'",
  ODPS_NO_SUCH_TABLE: 'Check the name, or create the table with a primary key',
  ODPS_NO_SUCH_PARTITION: `Check the partition, or create it with --create-partition`,
  ODPS_COMMIT_UNKNOWN: 'Run it again: it has the same effect',
}

const withNextStep = (error: unknown): unknown => {
  if (!(error instanceof TunnelError)) return error
  const { what, next } = describeError(error)
  const own = nextSteps[error.code] ?? next.replace(', without --resume', '')
  return own === next ? error : new CliError(what, own, { cause: error })
}
