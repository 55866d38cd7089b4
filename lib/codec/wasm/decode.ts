import type { Column } from '../../schema/table-schema.js'
import { crcInt32 } from '../../wire/crc32c.js'
import { freeAt, type RecordsMemory, recordsMemory } from '../../wire/records-memory.js'
import type { CodecOptions } from '../cell-codec.js'
import { slackOf } from '../generated/decoder-code.js'
import type { RowShaper } from '../rows/row-shaper.js'
import type { StreamTotals } from '../stream/totals.js'
import type { ByteWindow } from '../stream/window.js'
import type { Layout } from '../value-layout.js'
import { planReading, type ReadingPlan } from './decoder-code.js'
import { PlanCache } from './plan-cache.js'
import { TextCutter } from './text-cutter.js'
import { planVerifying } from './verifying-plan.js'

/** The slots of so many bytes are filled, then made rows: what fits the caches of a processor. */
const slotBytes = 32 * 1024
/** Records that may be larger than this are left to the compiled code, so that they are not copied again and again. */
const maxWindow = 256 * 1024
/** What may be written behind copied text. */
const textSlack = 16
/** On the tape a count, flag or leaf takes no more slots than bytes of a record; the last one of a record that is cut is written before that is seen. */
const tapeSlack = 8

/** After so many looks that found nothing, as many as below are left out. */
const patience = 8
const rest = 64
const allRows = Number.POSITIVE_INFINITY

export interface StagedReaderOptions {
  readonly maxRowBytes: number
  readonly firstRow: number
}

/** What makes rows of cells; or where records end and their checksums are wanted in place of rows. */
type RowShaping = Pick<RowShaper, 'shape' | 'make'> | { readonly shape: 'tails' }

/** Addresses of what is read from a window. */
interface Area {
  readonly slots: number
  readonly narrow: number
  readonly wide: number
  /** Types of nested columns, and the tape of their values. */
  readonly nodes: number
  readonly values: number
  readonly marks: number
}

const plans = new PlanCache<{ readonly plan: ReadingPlan | undefined }>()

/** Undefined where WebAssembly is not to be had, or a column is of a type that is not read in it. */
export const createStagedReader = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  options: CodecOptions,
  shaping: RowShaping,
  limits: StagedReaderOptions,
): StagedReader | undefined => {
  const shape = shaping.shape === 'object' ? 'object' : 'array'
  const key = [options.bigint, options.string, options.json, options.map, options.oldDates, shape].join()
  const { plan } = plans.of(columns, key, () => ({ plan: planReading(columns, layouts, options, shape) }))
  const memory = plan && recordsMemory()
  return memory && new StagedReader(plan, memory, columns.length, shaping, limits)
}

/** The same for a reader that only verifies: in place of rows it gives lists of where records end in the window, and their checksums, in turns. */
export const createStagedVerifier = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  limits: StagedReaderOptions,
): StagedReader | undefined => {
  const { plan } = plans.of(columns, 'verify', () => ({ plan: planVerifying(columns, layouts) }))
  const memory = plan && recordsMemory()
  return memory && new StagedReader(plan, memory, columns.length, { shape: 'tails' }, limits)
}

/** Lets WebAssembly read and verify records of a window, and makes rows of what it found. */
export class StagedReader {
  readonly #plan: ReadingPlan
  readonly #memory: RecordsMemory
  readonly #columns: number
  readonly #shaping: RowShaping
  readonly #limits: StagedReaderOptions
  readonly #texts: TextCutter
  readonly #maxRows: number
  /** Of the records read last: the end, from the window's start, and the checksum. */
  readonly #tails: Int32Array
  #lastEnd = 0
  #failures = 0
  /** Whether it has read records, and what is left is, as far as it goes, the beginning of another one. */
  ranOut = false

  constructor(
    plan: ReadingPlan,
    memory: RecordsMemory,
    columns: number,
    shaping: RowShaping,
    limits: StagedReaderOptions,
  ) {
    this.#plan = plan
    this.#memory = memory
    this.#columns = columns
    this.#shaping = shaping
    this.#limits = limits
    this.#texts = new TextCutter(memory)
    this.#maxRows = Math.max(1, Math.floor(slotBytes / plan.stride))
    this.#tails = new Int32Array(2 * this.#maxRows)
  }

  /** Reads up to `limit` records from the start of the window as far as they are whole, in order and good; returns how many. */
  readInto(window: ByteWindow, totals: StreamTotals, rows: unknown[], limit = allRows): number {
    this.ranOut = false
    if (window.fullLength === 0 || window.fullLength > maxWindow || this.#isTired()) return 0
    const before = totals.rows
    const area = this.#areaFor(window.fullLength)
    const to = freeAt + window.fullLength
    let from = freeAt
    for (let made = this.#maxRows; made === this.#maxRows && totals.rows - before < limit; ) {
      // Parsers that ran meanwhile may have used the memory.
      if (from === freeAt || this.#shaping.shape === 'made')
        window.copyTo(this.#memory.bytes, from, from - freeAt)
      const most = Math.min(this.#maxRows, limit - (totals.rows - before))
      made = this.#readSome(from, to, most, area, totals, rows)
      if (made > 0) from = this.#lastEnd
    }
    window.drop(from - freeAt)
    const count = totals.rows - before
    this.ranOut &&= count > 0 && window.fullLength <= this.#limits.maxRowBytes
    this.#failures = count > 0 ? 0 : this.#failures + 1
    return count
  }

  #isTired(): boolean {
    if (this.#failures < patience) return false
    if (++this.#failures > patience + rest) this.#failures = 0
    return true
  }

  #areaFor(bytes: number): Area {
    const slots = align(freeAt + bytes + slackOf(this.#columns))
    const narrow = align(slots + this.#maxRows * this.#plan.stride)
    const wide = align(narrow + bytes + textSlack)
    const nodes = align(wide + 2 * bytes + textSlack)
    const tape = this.#plan.nodes.length === 0 ? 0 : bytes + tapeSlack
    const values = align(nodes + this.#plan.nodes.length)
    const marks = values + 8 * tape
    this.#memory.reserve(marks + tape)
    return { slots, narrow, wide, nodes, values, marks }
  }

  /** Appends at most `maxRows` rows; returns how many. */
  #readSome(
    from: number,
    to: number,
    maxRows: number,
    area: Area,
    totals: StreamTotals,
    rows: unknown[],
  ): number {
    const memory = this.#memory
    const { stride, descriptors, nodes: types } = this.#plan
    const { slots, narrow, wide, nodes, values, marks } = area
    memory.descriptors = descriptors
    memory.bytes.set(types, nodes)
    memory.totals = totals.register
    const maxBytes = Math.min(this.#limits.maxRowBytes, maxWindow)
    const found = memory.call.readRecords(
      this.#columns,
      from,
      to,
      maxRows,
      maxBytes,
      slots,
      stride,
      narrow,
      wide,
      nodes,
      values,
      marks,
    )
    const allTotals = memory.totals
    const hasRunOut = memory.readEnd > to
    const made = this.#build(area, found, totals, rows)
    if (made === found) totals.register = allTotals
    else for (let i = 0; i < made; i++) totals.register = crcInt32(totals.register, this.#tails[2 * i + 1]!)
    totals.rows += made
    if (made > 0) this.#lastEnd = freeAt + this.#tails[2 * made - 2]!
    this.ranOut = hasRunOut && made === found
    return made
  }

  /** Rows that are more than their cells are made when the memory is not needed any more: whose code that runs may use it. */
  #build({ slots, values, marks }: Area, found: number, totals: StreamTotals, rows: unknown[]): number {
    const shaping = this.#shaping
    const target: unknown[] = shaping.shape === 'made' ? [] : rows
    this.#texts.forget()
    const isLater = shaping.shape === 'made' || shaping.shape === 'tails'
    if (isLater) this.#copyTails(slots, 0, found)
    const tape = { q: values / 8, k: marks }
    const built = this.#plan.build(this.#memory, this.#texts, slots, found, target, tape)
    if (!isLater) this.#copyTails(slots, built === found ? Math.max(0, found - 1) : 0, built)
    if (shaping.shape === 'made') return this.#makeRows(shaping, target as unknown[][], totals, rows)
    if (shaping.shape === 'tails' && built > 0)
      rows.push(new Uint32Array(this.#tails.buffer.slice(0, 8 * built)))
    return built
  }

  #copyTails(slots: number, from: number, to: number): void {
    const { stride, tail } = this.#plan
    const { int32 } = this.#memory
    for (let i = from, at = (slots + tail + from * stride) / 4; i < to; i++, at += stride / 4) {
      this.#tails[2 * i] = int32[at]! - freeAt
      this.#tails[2 * i + 1] = int32[at + 1]!
    }
  }

  /** A row that cannot be made ends it: it is read again in the plain way, which says what is wrong. */
  #makeRows(
    shaping: Pick<RowShaper, 'make'>,
    cells: unknown[][],
    totals: StreamTotals,
    rows: unknown[],
  ): number {
    const first = this.#limits.firstRow + totals.rows
    let made = 0
    try {
      for (; made < cells.length; made++) rows.push(shaping.make(cells[made]!, first + made))
    } catch {}
    return made
  }
}

const align = (address: number): number => (address + 15) & ~15
