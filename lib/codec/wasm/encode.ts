import type { Column } from '../../schema/table-schema.js'
import { ByteWriter } from '../../wire/byte-writer.js'
import { writeStagedRecords } from '../../wire/record-writer.js'
import { type RecordsMemory, recordsMemory } from '../../wire/records-memory.js'
import type { CodecOptions } from '../cell-codec.js'
import { layoutsOf } from '../codec-of.js'
import { CompiledWriter } from '../generated/encode.js'
import type { RecordBytes } from '../rows/encoded-records.js'
import type { RecordSink } from '../rows/record-sink.js'
import { StreamTotals } from '../stream/totals.js'
import { encodeTrailer } from '../stream/trailer.js'
import { planStaging, type StagingPlan } from './encoder-code.js'
import { PlanCache } from './plan-cache.js'
import { StagedRows } from './staged-rows.js'

/** After so many rows in a row that could not be staged, as many as below are not even tried. */
export const patience = 8
export const rest = 256

const plans = new PlanCache<{ readonly staging: StagingPlan | undefined }>()

/** Undefined where WebAssembly is not to be had, or a column is of a type that is not staged. */
export const createStagedSink = (columns: readonly Column[], options: CodecOptions): RecordSink | undefined =>
  staged(columns, options, (rows, memory, compiled) => new StagedSink(rows, memory, compiled))

/** Makes what stages rows, of what it takes for that. */
export const staged = <Stager>(
  columns: readonly Column[],
  options: CodecOptions,
  create: (rows: StagedRows, memory: RecordsMemory, compiled: CompiledWriter) => Stager,
): Stager | undefined => {
  const key = [options.maxFieldBytes, options.oldDates, options.json].join()
  const plan = plans.of(columns, key, () => ({
    staging: planStaging(columns, layoutsOf(columns), options),
  })).staging
  const memory = plan && recordsMemory()
  return memory && create(new StagedRows(plan, memory), memory, new CompiledWriter(columns, options))
}

/**
 * Collects records written in WebAssembly. Rows are staged, which is cheap, and written some at a time; a row that
 * cannot be staged goes to the compiled code, behind the ones before it.
 */
class StagedSink implements RecordSink {
  readonly totals = new StreamTotals()
  readonly #out = new ByteWriter()
  readonly #memory: RecordsMemory
  readonly #rows: StagedRows
  readonly #compiled: CompiledWriter
  #refusals = 0

  constructor(rows: StagedRows, memory: RecordsMemory, compiled: CompiledWriter) {
    this.#rows = rows
    this.#memory = memory
    this.#compiled = compiled
  }

  get pendingBytes(): number {
    this.#flush()
    return this.#out.pendingBytes
  }

  pendingReaches(bytes: number): boolean {
    const written = this.#out.pendingBytes
    // The first is asked after every row: what the rows that are staged take is added up only when it may matter.
    if (written + this.#rows.mostEver < bytes) return false
    return written + this.#rows.mostBytes >= bytes && this.pendingBytes >= bytes
  }

  add(cells: readonly unknown[], rowIndex: number): void {
    if (this.#refusals < patience && this.#stage(cells)) return
    this.#flush()
    this.totals.add(this.#compiled.write(this.#out, cells, rowIndex))
    if (++this.#refusals === patience + rest) this.#refusals = 0
  }

  #stage(cells: readonly unknown[]): boolean {
    if (!this.#rows.add(cells)) return false
    this.#refusals = 0
    this.totals.rows++
    if (this.#rows.isFull) this.#flush()
    return true
  }

  #flush(): void {
    if (this.#rows.count === 0) return
    const { bytes, totals } = writeStagedRecords(this.#memory, this.#rows.staged, this.totals.register)
    this.#out.append(bytes)
    this.totals.register = totals
    this.#rows.clear()
  }

  append({ bytes, checksums }: RecordBytes): void {
    this.#flush()
    this.#out.append(bytes)
    this.totals.append(checksums)
  }

  close(): void {
    this.#flush()
    this.#out.append(encodeTrailer(this.totals.rows, this.totals.checksum))
  }

  take(): Buffer {
    this.#flush()
    return this.#out.take()
  }

  reclaim(): void {
    this.#out.reclaim()
  }
}
