import { isUtf8 } from 'node:buffer'
import { EncodedRecords } from '../../codec/rows/encoded-records.js'
import {
  type CsvPass,
  type CsvRecordPlan,
  type CsvRecordsMemory,
  csvRecordsMemory,
  passEnds,
} from '../../wire/csv-records-memory.js'
import type { CsvSyntax } from './record.js'
import { planRecords, type RecordRules } from './record-plan.js'
import type { CsvScanner, ScannedRows } from './scanner.js'

/*
 * A file as records, read in WebAssembly wherever that can. It stops before a record that is in another form, or wrong, and the scanner reads this
 * one; where nearly all records are such, the scanner reads more and more of them at a time, so that stopping costs nothing to speak
 * of. Both see the same bytes from the same place on, so nothing depends on who read a record, nor on how the file was cut into chunks.
 */

const lineFeed = 10
const empty: Buffer = Buffer.alloc(0)

/** Read at a time: it stays in the caches of the processor. */
const pieceBytes = 256 * 1024
/** More of one record is left to the scanner, so that the memory of the module stays small. */
const maxRest = 1024 * 1024
const maxReturned = 64 * 1024
/** Records in a row after which those before were an exception. */
const manyRecords = 64
const maxScanned = 4096

/** Undefined where the careful way must read all: for a syntax or a type that is too uncommon, or without WebAssembly. */
export const quickRecordsOf = (
  syntax: CsvSyntax,
  rules: RecordRules,
): ((scanner: CsvScanner) => QuickRecords) | undefined => {
  const plan = planRecords(syntax, rules)
  const memory = plan && csvRecordsMemory()
  return memory && (scanner => new QuickRecords(memory, plan, scanner))
}

export class QuickRecords {
  readonly #memory: CsvRecordsMemory
  readonly #plan: CsvRecordPlan
  readonly #scanner: CsvScanner
  #rest: Buffer = empty
  #piece: Buffer = empty
  /** Below this length no record can be complete, or they were looked at already. */
  #wanted = 0
  /** A record of many pieces is the scanner's. */
  #isScanning = false
  /** Records that the scanner reads at a time. */
  #scanned = 1
  #bytes: Buffer = empty
  #ends = new Uint32Array(0)
  #checksums = new Uint32Array(0)

  constructor(memory: CsvRecordsMemory, plan: CsvRecordPlan, scanner: CsvScanner) {
    this.#memory = memory
    this.#plan = plan
    this.#scanner = scanner
  }

  /** What a chunk completes, in order: records, good until the next, and rows. */
  *next(chunk: Buffer): Generator<EncodedRecords | ScannedRows, void, undefined> {
    for (let at = 0; at < chunk.length; at += pieceBytes)
      yield* this.#next(chunk.subarray(at, at + pieceBytes))
  }

  /** The last record, if no line end follows it. */
  *end(): Generator<ScannedRows, void, undefined> {
    if (this.#rest.length > 0) yield this.#scanner.next(this.#rest)
    this.#rest = empty
    yield this.#scanner.end()
  }

  *#next(piece: Buffer): Generator<EncodedRecords | ScannedRows, void, undefined> {
    if (this.#isScanning) {
      yield this.#scanner.next(piece)
      if (this.#scanner.restLength > maxReturned) return
      this.#rest = this.#scanner.takeRest()
      this.#isScanning = false
      return
    }
    if (this.#rest.length + piece.length < this.#wanted) {
      this.#rest = Buffer.concat([this.#rest, piece])
      return
    }
    this.#piece = piece
    this.#put()
    yield* this.#keep(yield* this.#read())
    this.#piece = empty
  }

  get #length(): number {
    return this.#rest.length + this.#piece.length
  }

  /** @returns how far the bytes were read */
  *#read(): Generator<EncodedRecords | ScannedRows, number, undefined> {
    const limit = this.#input(0, this.#length).lastIndexOf(lineFeed) + 1
    const isText = isUtf8(this.#input(0, limit))
    let at = 0
    while (at < limit) {
      if (isText) {
        const pass = this.#pass(at, limit)
        at += pass.used
        const { reason } = pass
        if (pass.ends.length > 0) yield this.#copyOf(pass)
        if (reason !== passEnds.isOdd) continue
      }
      const scanned = this.#scan(at, limit, isText ? this.#scanned : Number.POSITIVE_INFINITY)
      if (scanned.used === 0) break
      at += scanned.used
      yield scanned
    }
    return at
  }

  #pass(at: number, limit: number): CsvPass {
    this.#input(0, 0)
    const pass = this.#memory.read(this.#plan, at, limit)
    const isException = pass.ends.length >= manyRecords
    if (isException) this.#scanned = 1
    else if (pass.reason === passEnds.isOdd) this.#scanned = Math.min(2 * this.#scanned, maxScanned)
    return pass
  }

  /** A few records from a place on, by the careful way. */
  #scan(at: number, limit: number, most: number): ScannedRows & { readonly used: number } {
    const bytes = this.#input(at, limit)
    let size = most === 1 ? bytes.indexOf(lineFeed) + 1 : bytes.length
    for (;;) {
      const scanned = this.#scanner.some(Buffer.from(bytes.subarray(0, size)), most)
      if (scanned.used > 0 || size === bytes.length) return scanned
      // The line feed is inside of quotes.
      const next = bytes.indexOf(lineFeed, 2 * size)
      size = next < 0 ? bytes.length : next + 1
    }
  }

  /** What is no whole record waits for the next piece. */
  *#keep(from: number): Generator<ScannedRows, void, undefined> {
    const rest = Buffer.from(this.#input(from, this.#length))
    this.#rest = rest
    this.#wanted = from === 0 ? 2 * rest.length : 0
    if (rest.length <= Math.min(maxRest, this.#plan.maxRecordBytes + 1)) return
    this.#rest = empty
    this.#wanted = 0
    this.#isScanning = true
    yield this.#scanner.next(rest)
  }

  /** The bytes in the memory of the module, where those of another file may be by now. */
  #input(from: number, to: number): Buffer {
    if (this.#memory.reader !== this) this.#put()
    return this.#memory.input(from, to)
  }

  #put(): void {
    this.#memory.reader = this
    this.#memory.put(this.#rest, 0)
    this.#memory.put(this.#piece, this.#rest.length)
  }

  #copyOf({ records, ends, checksums }: CsvPass): EncodedRecords {
    if (this.#bytes.length < records.length) this.#bytes = Buffer.allocUnsafeSlow(2 * records.length)
    if (this.#ends.length < ends.length) {
      this.#ends = new Uint32Array(2 * ends.length)
      this.#checksums = new Uint32Array(2 * ends.length)
    }
    this.#bytes.set(records)
    this.#ends.set(ends)
    this.#checksums.set(checksums)
    const { length } = ends
    return new EncodedRecords(
      this.#bytes.subarray(0, records.length),
      this.#ends.subarray(0, length),
      this.#checksums.subarray(0, length),
    )
  }
}
