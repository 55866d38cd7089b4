import {
  type CopyProgress,
  type CopyResult,
  type CopyTableOptions,
  type CopyVerification,
  formatPartitionSpec,
  type TableSchema,
  type Tunnel,
} from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { journalDirectoryOf } from '../journal/journal.js'
import { proofOf } from '../journal/proof.js'
import { TransferLog } from '../journal/transfer-log.js'
import { canGoOn, FailedTransfer, type GoingOn, reportInterrupted } from '../transfer/failed-transfer.js'
import { Interrupt } from '../transfer/interrupt.js'
import { type ProgressSnapshot, progressOf } from '../transfer/progress.js'
import { formatTarget, parseTarget, type TableTarget } from '../transfer/table-target.js'
import { compressionOption } from '../transfer/transfer-options.js'
import { countOf, formatBytes, formatDuration } from '../transfer/units.js'
import { CliError } from '../usage-error.js'

/*
 * The library says what is committed, and what is about to be; here it is written to the journal, before each commit and
 * after it. So a copy whose process was killed goes on as one that failed does, and copies no row twice. A journal that can't
 * be written stops the copy before the commit.
 */

export class CopyJob {
  readonly #call: Call
  readonly #tunnel: Tunnel
  readonly #log: TransferLog
  readonly #interrupt: Interrupt
  readonly #from: TableTarget
  readonly #to: TableTarget
  #progress: CopyProgress | undefined

  constructor(call: Call, tunnel: Tunnel) {
    this.#call = call
    this.#tunnel = tunnel
    this.#from = parseTarget(call.operands[0]!)
    this.#to = parseTarget(call.operands[1]!)
    this.#log = new TransferLog(call, journalDirectoryOf(call))
    this.#interrupt = new Interrupt(call, () => 'Nothing was copied.')
  }

  async run(): Promise<number> {
    try {
      const { schema } = await this.#tunnel.getTable(this.#from.table, { signal: this.#interrupt.signal })
      const options = this.#optionsFor(schema)
      const resume = await this.#begin(schema, options)
      return await this.#copy({ ...options, resume })
    } catch (error) {
      if (!this.#interrupt.happened) throw error
      return this.#interrupt.lastWords()
    } finally {
      this.#interrupt.close()
      await this.#log.close()
    }
  }

  #optionsFor(schema: TableSchema): CopyTableOptions {
    const { values } = this.#call
    const { table, partition } = this.#from
    const levels = schema.partitionColumns.length
    const isOne = levels === 0 || partition?.length === levels
    const spec = partition && formatPartitionSpec(partition)
    return {
      from: { table, ...(isOne ? { partitionSpec: spec } : { partitions: spec ?? 'all' }) },
      to: {
        table: this.#to.table,
        partitionSpec: this.#to.partition && formatPartitionSpec(this.#to.partition),
      },
      overwrite: values.flag('overwrite'),
      createTable: values.flag('create'),
      createPartition: values.flag('create-partition') || undefined,
      verify: values.text('verify') as CopyVerification | undefined,
      blockBytes: values.number('block-size'),
      concurrency: values.number('concurrency'),
      compression: compressionOption(values),
    }
  }

  async #begin(schema: TableSchema, { overwrite }: CopyTableOptions): Promise<CopyResult | undefined> {
    const former = await this.#log.begin({
      kind: 'copy',
      target: formatTarget(this.#to),
      paths: [formatTarget(this.#from)],
      proof: await proofOf(this.#call, { overwrite }, schema.columns),
    })
    this.#interrupt.lastWords = () => this.#reportInterrupted()
    return former?.copied
  }

  async #copy(options: CopyTableOptions): Promise<number> {
    const { entry } = this.#log
    const progress = progressOf(this.#call, () => this.#snapshot())
    const started = performance.now()
    if (this.#call.json)
      this.#call.event('start', { id: entry.id, kind: 'copy', target: entry.target, paths: entry.paths })
    this.#interrupt.onStopping = () => progress.stop()
    await progress.start()
    try {
      const result = await this.#tunnel.copyTable({
        ...options,
        progress: now => {
          this.#progress = now
        },
        onResult: now => this.#save(now),
        signal: this.#interrupt.signal,
      })
      progress.stop()
      this.#log.update({ rows: result.rows, copied: result, state: 'done' })
      await this.#log.flush()
      this.#report(result, (performance.now() - started) / 1000)
      return exitCode.done
    } catch (error) {
      progress.stop()
      return await this.#fail(error)
    }
  }

  /** A source that is empty by accident must not take the rows of a table with it. */
  async #save(result: CopyResult): Promise<void> {
    const { values } = this.#call
    const empty = result.partitions.find(({ rows, state }) => rows === 0 && state === 'unknown')
    if (empty !== undefined && values.flag('overwrite') && !values.flag('allow-empty')) {
      const partition = empty.toPartitionSpec === undefined ? '' : `/${empty.toPartitionSpec}`
      throw new CliError(
        `the source has no rows, and --overwrite would leave ${this.#to.table}${partition} empty; it was not changed`,
        'Check the source, or add --allow-empty if this is intended',
      )
    }
    this.#log.update({ copied: result, rows: result.rows })
    await this.#log.save()
  }

  async #fail(error: unknown): Promise<number> {
    const { result } = Object(error) as { result?: CopyResult }
    if (result !== undefined) this.#log.update({ copied: result, rows: result.rows })
    const message = error instanceof Error ? error.message : String(error)
    this.#log.update(
      this.#interrupt.happened ? { state: 'interrupted' } : { state: 'failed', error: message },
    )
    await this.#log.flush()
    if (this.#interrupt.happened) return this.#reportInterrupted()
    const goingOn = this.#goingOn
    throw goingOn !== undefined && canGoOn(error)
      ? new FailedTransfer(error, goingOn.kept, goingOn.resume)
      : error
  }

  #reportInterrupted(): number {
    const kept = this.#kept
    const what = kept === undefined ? 'Nothing was committed.' : 'What was committed is kept.'
    return reportInterrupted(this.#call, this.#log.entry.id, what, this.#goingOn)
  }

  /** Undefined when a resumed copy would do all of it again. */
  get #goingOn(): GoingOn | undefined {
    const resume = this.#log.resumeCommand
    const kept = this.#kept
    return resume === undefined || kept === undefined ? undefined : { kept, resume }
  }

  get #kept(): string | undefined {
    const { copied, id } = this.#log.entry
    if (copied === undefined || copied.partitions.length === 0) return undefined
    const unknown = copied.partitions.filter(({ state }) => state === 'unknown').length
    const committed = copied.partitions.length - unknown
    const rest = unknown === 0 ? '' : ', and one whose commit has no known outcome'
    return `${countOf(committed, 'partition')} committed with ${countOf(copied.rows, 'row')}${rest}, as transfer ${id}`
  }

  #report({ rows, partitions }: CopyResult, seconds: number): void {
    const now = this.#progress
    const ways = [...new Set(partitions.map(({ way }) => way))]
    if (this.#call.json) {
      const counters = {
        rawBytes: now?.rawBytes ?? 0,
        wireBytes: now?.sentBytes ?? 0,
        retries: now?.retries ?? 0,
      }
      this.#call.event('done', { rows, partitions: partitions.length, ways, ...counters, seconds })
      return
    }
    const of =
      partitions[0]?.partitionSpec === undefined ? '' : ` in ${countOf(partitions.length, 'partition')}`
    const way = ways.includes('reencoded') ? 'written again by column name' : 'copied as they are'
    const rate = `${formatBytes((now?.rawBytes ?? 0) / seconds)}/s raw, ${formatBytes(now?.sentBytes ?? 0)} sent`
    this.#call.note(
      `${countOf(rows, 'row')}${of} committed to ${formatTarget(this.#to)} in ${formatDuration(seconds)} (${way}, ${rate})`,
    )
  }

  #snapshot(): ProgressSnapshot {
    const now = this.#progress
    const { rows = 0, rawBytes = 0, sentBytes: wireBytes = 0, retries = 0 } = now ?? {}
    // How many rows the partitions to come have is known when they begin.
    const total = now?.totalPartitions === 1 ? now.totalRows : undefined
    const files = [{ name: now?.partitionSpec ?? formatTarget(this.#from), done: rows, total }]
    return { files, rows, rawBytes, wireBytes, inFlight: 0, retries, badRecords: 0 }
  }
}
