import { lowHalf } from './int64.js'
import { instantiate, type MemoryExports, WasmMemory } from './wasm-memory.js'

/*
 * Records printed as text in WebAssembly. One instance serves a thread; what is told of columns is written anew for each call, and
 * only the offsets of a zone stay until another zone is wanted. The numbers here are those of assembly/text/printing-layout.ts.
 */

/** How a column is read and printed. */
export const printKinds = {
  integer: 0,
  double: 1,
  boolean: 2,
  text: 3,
  float: 4,
  date: 5,
  datetime: 6,
  timestamp: 7,
  decimal: 8,
  base64: 9,
  jsonText: 10,
} as const

export const printFlags = {
  isQuoted: 1,
  isLocal: 2,
  isAlwaysNoted: 4,
  isPlainNumber: 8,
  isJsonNumber: 16,
  hasTail: 32,
  hasMilliseconds: 64,
  isOfOdpscmd: 128,
} as const

/** Why a call stopped. */
export const stops = { done: 0, full: 1, odd: 2, unknownDay: 3 } as const

/** What a call may write behind the text of a record beside what is counted: steps write sixteen bytes and more at once. */
export const printSlack = 128

const powersAt = 17 * 1024
const toldAt = 28 * 1024
const offsetsAt = 40 * 1024
const offsetsMask = 16_383
const changingOffset = 0x7fffffff
/** Where what is told of columns begins. */
export const planAt = 168 * 1024
export const printColumnBytes = 64

/** What the module exports. Addresses and sizes are in bytes. */
interface Exports extends MemoryExports {
  start(): void
  setSyntax(delimiter: number, end: number, quote: number, fields: number): void
  setZone(isFixed: number, offset: number): void
  printRecords(
    columnsAt: number,
    columns: number,
    from: number,
    to: number,
    maxRows: number,
    maxRowBytes: number,
    out: number,
    textEnd: number,
    expansion: number,
    tail: number,
    tailLength: number,
    hasNotes: number,
  ): number
}

export class CsvWriterMemory extends WasmMemory<Exports> {
  #zone: object | undefined

  constructor(exports: Exports) {
    super(exports)
    this.reserve(planAt)
    exports.start()
    const words = this.int64
    for (const [i, word] of powersOfTen().entries()) words[powersAt / 8 + i] = word
  }

  /** The register of the checksum over the checksums of the records. */
  get totals(): number {
    return this.int32[toldAt / 4]!
  }

  set totals(register: number) {
    this.int32[toldAt / 4] = register
  }

  /** Where the records that were printed end, and their text. */
  get recordsEnd(): number {
    return this.int32[toldAt / 4 + 1]!
  }

  get textEnd(): number {
    return this.int32[toldAt / 4 + 2]!
  }

  get stop(): number {
    return this.int32[toldAt / 4 + 3]!
  }

  /** The day, since 1970, whose offset is missing. */
  get unknownDay(): number {
    return this.int32[toldAt / 4 + 4]!
  }

  /** Makes the zone's offsets those that `setOffset` has told, if it was another zone's turn before. */
  useZone(zone: object): void {
    if (this.#zone === zone) return
    this.#zone = zone
    this.int32.fill(-0x80000000, offsetsAt / 4, offsetsAt / 4 + 2 * (offsetsMask + 1))
  }

  /** @param offset seconds east of UTC, the whole day and a day or two around it; undefined when it changes */
  setOffset(day: number, offset: number | undefined): void {
    const at = offsetsAt / 4 + 2 * (day & offsetsMask)
    this.int32[at] = day
    this.int32[at + 1] = offset ?? changingOffset
  }
}

const leastPower = -292
const greatestPower = 324

/** The upper 128 bits of each power of ten, rounded up, low half first: what numbers are multiplied with on their way to digits. */
const powersOfTen = (): bigint[] => {
  const halves: bigint[] = []
  for (let exponent = leastPower; exponent <= greatestPower; exponent++) {
    const power = 10n ** BigInt(Math.abs(exponent))
    const size = bitsOf(power)
    // Of 10^-n the bits of 2^(size + 127) / 10^n, which are 128 as well.
    const upper =
      exponent >= 0
        ? dividedUp(power << 128n, 1n << BigInt(size))
        : dividedUp(1n << BigInt(size + 127), power)
    halves.push(BigInt.asIntN(64, upper), BigInt.asIntN(64, upper >> 64n))
  }
  return halves
}

const dividedUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by

const bitsOf = (value: bigint): number => value.toString(2).length

let memory: CsvWriterMemory | false | undefined

/** Undefined where there is no WebAssembly, or no SIMD in it, or numbers lie in memory the other way round. */
export const loadCsvWriter = async (): Promise<CsvWriterMemory | undefined> => {
  memory ??= lowHalf === 0 && (await load())
  return memory || undefined
}

const load = async (): Promise<CsvWriterMemory | false> => {
  const { csvWriterModule } = await import('./csv-writer-module.js')
  const exports = instantiate<Exports>([csvWriterModule])
  return exports !== undefined && new CsvWriterMemory(exports)
}
