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
import { type CsvRules, planRecords, type RecordRules } from './record-plan.js'
import type { CsvScanner, ScannedRows } from './scanner.js'

/*
 * CSV or lines of JSON as records, read in WebAssembly wherever that can. It stops before a record that is in another form, or wrong, and the careful way
 * reads this one; where nearly all records are such, it reads more and more of them at a time, so that stopping costs nothing to speak
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
  rules: RecordRules & CsvRules,
): ((scanner: CsvScanner) => QuickRecords<ScannedRows>) | undefined => {
  const plan = planRecords(syntax, rules)
  const memory = plan && csvRecordsMemory()
  return memory && (scanner => new QuickRecords(memory, plan, scanner))
}

/** The same for lines of JSON; `plan` is undefined until somebody knows their keys. */
export const quickLinesOf = <Found>(careful: CarefulReader<Found>): QuickRecords<Found> | undefined => {
  const memory = csvRecordsMemory()
  return memory && new QuickRecords(memory, undefined, careful)
}

export { planJsonRecords } from './record-plan.js'

/** The careful way: it reads whatever it is given, and keeps what is no whole record. */
export interface CarefulReader<Found> {
  next(chunk: Buffer): Found
  end(): Found
  /**
   * At most so many records of bytes that begin with one and end with a line feed, apart from the chunks.
   * @returns `used` is how many bytes they are; 0 when the first one isn't complete
   */
  some(bytes: Buffer, most: number): Found & { readonly used: number }
  /** Bytes that wait for the next chunk. */
  readonly restLength: number
  /** Gives them back. */
  takeRest(): Buffer
}

export class QuickRecords<Found> {
  readonly #memory: CsvRecordsMemory
  readonly #careful: CarefulReader<Found>
  /** Undefined as long as it isn't known; may become another one while the careful way reads. */
  plan: CsvRecordPlan | undefined
  #rest: Buffer = empty
  #piece: Buffer = empty
  /** Below this length no record can be complete, or they were looked at already. */
  #wanted = 0
  /** A record of many pieces is the scanner's. */
  #isScanning: boolean
  /** Records that the scanner reads at a time. */
  #scanned = 1
  #bytes: Buffer = empty
  #ends = new Uint32Array(0)
  #checksums = new Uint32Array(0)

  constructor(memory: CsvRecordsMemory, plan: CsvRecordPlan | undefined, careful: CarefulReader<Found>) {
    this.#memory = memory
    this.plan = plan
    this.#careful = careful
    this.#isScanning = careful.restLength > maxReturned
    if (!this.#isScanning) this.#rest = careful.takeRest()
  }

  /** What a chunk completes, in order: records, good until the next, and rows. */
  *next(chunk: Buffer): Generator<EncodedRecords | Found, void, undefined> {
    for (let at = 0; at < chunk.length; at += pieceBytes)
      yield* this.#next(chunk.subarray(at, at + pieceBytes))
  }

  /** The last record, if no line end follows it. */
  *end(): Generator<Found, void, undefined> {
    if (this.#rest.length > 0) yield this.#careful.next(this.#rest)
    this.#rest = empty
    yield this.#careful.end()
  }

  *#next(piece: Buffer): Generator<EncodedRecords | Found, void, undefined> {
    if (this.#isScanning) {
      yield this.#careful.next(piece)
      if (this.#careful.restLength > maxReturned) return
      this.#rest = this.#careful.takeRest()
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
  *#read(): Generator<EncodedRecords | Found, number, undefined> {
    const limit = this.#input(0, this.#length).lastIndexOf(lineFeed) + 1
    const isText = isUtf8(this.#input(0, limit))
    let at = 0
    while (at < limit) {
      const { plan } = this
      if (plan === undefined) this.#scanMore()
      else if (isText) {
        const pass = this.#pass(plan, at, limit)
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

  #pass(plan: CsvRecordPlan, at: number, limit: number): CsvPass {
    this.#input(0, 0)
    const pass = this.#memory.read(plan, at, limit)
    const isException = pass.ends.length >= manyRecords
    if (isException) this.#scanned = 1
    else if (pass.reason === passEnds.isOdd) this.#scanMore()
    return pass
  }

  #scanMore(): void {
    this.#scanned = Math.min(2 * this.#scanned, maxScanned)
  }

  /** A few records from a place on, by the careful way. */
  #scan(at: number, limit: number, most: number): Found & { readonly used: number } {
    const bytes = this.#input(at, limit)
    let size = most === 1 ? bytes.indexOf(lineFeed) + 1 : bytes.length
    for (;;) {
      const scanned = this.#careful.some(Buffer.from(bytes.subarray(0, size)), most)
      if (scanned.used > 0 || size === bytes.length) return scanned
      // The line feed is inside of quotes.
      const next = bytes.indexOf(lineFeed, 2 * size)
      size = next < 0 ? bytes.length : next + 1
    }
  }

  /** What is no whole record waits for the next piece. */
  *#keep(from: number): Generator<Found, void, undefined> {
    const rest = Buffer.from(this.#input(from, this.#length))
    this.#rest = rest
    this.#wanted = from === 0 ? 2 * rest.length : 0
    if (rest.length <= Math.min(maxRest, (this.plan?.maxRecordBytes ?? maxRest) + 1)) return
    this.#rest = empty
    this.#wanted = 0
    this.#isScanning = true
    yield this.#careful.next(rest)
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
