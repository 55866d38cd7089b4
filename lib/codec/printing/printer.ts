import { isUtf8 } from 'node:buffer'
import type { TimeZone } from '../../values/time-zone.js'
import { type CsvWriterMemory, planAt, printColumnBytes, stops } from '../../wire/csv-writer-memory.js'
import { PrintedRows, type RecordPrinter } from '../rows/record-printing.js'
import type { StreamTotals } from '../stream/totals.js'
import type { ByteWindow } from '../stream/window.js'
import type { PrintPlan } from './print-plan.js'
import type { TextSlabs } from './text-slabs.js'

/*
 * Prints the records of a window in WebAssembly. A record that it doesn't take is left to whoever asked, and so are the next ones, the more the
 * oftener that happens: a column of odd values must not cost a call for each of them. Text is not decoded on its way, so that what
 * was printed is UTF-8 is asked once for all of it; if it isn't, these records are read again with care.
 */

/** Larger records are left to others, so that they are not copied again and again. */
const maxWindow = 256 * 1024
/** So much text is printed before it is handed on, unless a record may have more. */
const usualText = 256 * 1024
/** What may be read behind the last record. */
const slack = 64
const maxDeclined = 256
const allRows = 0x7fffffff
const daySeconds = 86_400

export class WasmPrinter implements RecordPrinter {
  readonly #memory: CsvWriterMemory
  readonly #plan: PrintPlan
  readonly #slabs: TextSlabs
  readonly #maxRowBytes: number
  declined = 0
  ranOut = false
  /** What is declined the next time. */
  #patience = 1
  /** Of this window, and of the last call for it. */
  #rows = 0
  #printed = 0
  /** Days that were missing since a record was printed. */
  #missing = 0

  constructor(memory: CsvWriterMemory, plan: PrintPlan, slabs: TextSlabs, maxRowBytes: number) {
    this.#memory = memory
    this.#plan = plan
    this.#slabs = slabs
    this.#maxRowBytes = Math.min(maxRowBytes, maxWindow)
  }

  readInto(window: ByteWindow, totals: StreamTotals, items: unknown[]): number {
    this.declined = 0
    this.ranOut = false
    const { fullLength } = window
    if (fullLength === 0) return 0
    if (fullLength > maxWindow) return this.#decline(1)
    const { bytes } = this.#plan
    const input = align(planAt + bytes.length)
    const to = input + fullLength
    const output = align(to + slack + this.#plan.print.columns.length * slack)
    const room = Math.max(usualText, this.#plan.print.expansion * fullLength) + this.#plan.mostBeside
    this.#memory.reserve(output + room + this.#plan.mostBeside)
    window.copyTo(this.#memory.bytes, input, 0)
    this.#prepare()
    let from = input
    for (let isMore = true; isMore; ) {
      isMore = this.#printSome(from, to, output, output + room, totals, items)
      if (this.#printed > 0) from = this.#memory.recordsEnd
    }
    window.drop(from - input)
    const before = this.#rows
    this.#rows = 0
    if (this.declined === 0 && before > maxDeclined) this.#patience = 1
    this.ranOut = this.declined === 0 && before > 0 && window.fullLength <= this.#maxRowBytes
    return before
  }

  #prepare(): void {
    const { print } = this.#plan
    const code = (sign: string | undefined): number => sign?.charCodeAt(0) ?? -1
    const { call } = this.#memory
    call.setSyntax(code(print.delimiter), code(print.end), code(print.quote), print.fields)
    call.setZone(print.fixedOffset === undefined ? 0 : 1, print.fixedOffset ?? 0)
    if (print.fixedOffset === undefined) this.#memory.useZone(print.zone)
  }

  /** Whether there may be more to print. */
  #printSome(
    from: number,
    to: number,
    output: number,
    textEnd: number,
    totals: StreamTotals,
    items: unknown[],
  ): boolean {
    const memory = this.#memory
    const { print, bytes, tail, tailLength } = this.#plan
    memory.bytes.set(bytes, planAt)
    memory.totals = totals.register
    const found = memory.call.printRecords(
      planAt,
      print.columns.length,
      from,
      to,
      allRows,
      this.#maxRowBytes,
      output,
      textEnd,
      print.expansion,
      tail,
      tailLength,
      print.hasNotes ? 1 : 0,
    )
    this.#printed = found
    const { stop } = memory
    if (found > 0) {
      this.#missing = 0
      const text = memory.bytes.subarray(output, memory.textEnd)
      if (!isUtf8(text)) {
        this.#printed = 0
        this.#decline(found)
        return false
      }
      items.push(new PrintedRows(this.#slabs.keep(text), found, this.#noted()))
      totals.register = memory.totals
      totals.rows += found
      this.#rows += found
    }
    // Days of one record may drive each other out of the table.
    if (stop === stops.unknownDay && this.#missing++ <= print.columns.length)
      return this.#tellOffset(memory.unknownDay)
    if (stop === stops.full && found > 0) return true
    if (stop !== stops.done) {
      this.#missing = 0
      if (found > this.#patience) this.#patience = 1
      this.#decline(this.#patience)
      this.#patience = Math.min(2 * this.#patience, maxDeclined)
    }
    return false
  }

  #decline(rows: number): 0 {
    this.declined = rows
    return 0
  }

  #noted(): Uint32Array | undefined {
    const { columns, hasNotes } = this.#plan.print
    if (!hasNotes) return undefined
    const { int32 } = this.#memory
    const noted = new Uint32Array(columns.length)
    for (let i = 0; i < noted.length; i++) noted[i] = int32[(planAt + i * printColumnBytes + 48) / 4]!
    return noted
  }

  #tellOffset(day: number): true {
    this.#memory.setOffset(day, calmOffset(this.#plan.print.zone, day))
    return true
  }
}

/**
 * The offset of a zone on a day, if it is the same on all days whose times could be taken for those of this day on a clock; undefined if
 * clocks are changed thereabouts.
 */
const calmOffset = (zone: TimeZone, day: number): number | undefined => {
  const offset = zone.offsetAt(day * daySeconds)
  for (let near = day - 2; near <= day + 3; near++)
    if (zone.offsetAt(near * daySeconds) !== offset) return undefined
  return offset
}

const align = (address: number): number => (address + 15) & ~15
