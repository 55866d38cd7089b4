import { csvReaderModule } from './csv-reader-module.js'
import { lowHalf } from './int64.js'
import { instantiate, type MemoryExports, WasmMemory } from './wasm-memory.js'

/*
 * CSV and lines of JSON read in WebAssembly. One instance serves a thread, so whoever reads says each time what its fields are. The numbers here are those of
 * assembly/csv/layout.ts; tables that any textbook has are made here from bigints, and not written down.
 */

/** How the cells of a column are read. */
export const csvKinds = {
  skipped: 0,
  integer: 1,
  double: 2,
  float: 3,
  boolean: 4,
  text: 5,
  decimal: 6,
  datetime: 7,
  date: 8,
  timestamp: 9,
  timestampNtz: 10,
  base64: 11,
} as const

export const fieldBytes = 32
export const maxCsvFields = 512
/** Characters of all literals that there is room for. */
export const maxLiteralBytes = 8 * 1024
const literalPieceBytes = 32

const fieldsAt = 16 * 1024
const offsetsAt = 34 * 1024
const offsetCount = 2048
const patternAt = 50 * 1024
const wholePowersAt = 54 * 1024
const exactPowersAt = wholePowersAt + 20 * 8
const powersAt = 55 * 1024
const leastPower = -342
const greatestPower = 308
const sixBitsAt = 66 * 1024

/** Of one pass: where its records end, their checksums, and the records. */
const maxRecords = 8192
const literalsAt = 72 * 1024
const literalBytes = literalPieceBytes * (maxCsvFields + 1 + maxLiteralBytes / 16)
const endsAt = literalsAt + literalBytes
const checksumsAt = endsAt + 4 * maxRecords
const outAt = checksumsAt + 4 * maxRecords
const outBytes = 640 * 1024
const inputAt = outAt + outBytes
/** Vectors are loaded beyond what is looked at. */
const beyond = 64
/** The longest text that is read here: whatever has come fits into the room for records then. */
export const maxCsvText = 128 * 1024

const offsetChanges = 0x7fffffff
const noDay = 0x80000000 | 0

/** Why a pass has ended. */
export const passEnds = { allRead: 0, isOdd: 1, isFull: 2, wantsOffset: 3 } as const

interface Global {
  readonly value: number
}

/** Gives how many records were written. Places and sizes are in bytes. */
type ReadRecords = (
  from: number,
  limit: number,
  count: number,
  fields: number,
  out: number,
  outEnd: number,
  slack: number,
  ends: number,
  checksums: number,
  maxRecords: number,
) => number

interface Exports extends MemoryExports {
  readonly stoppedAt: Global
  readonly wroteTo: Global
  readonly reason: Global
  start(): void
  dayWanted(): number
  setSyntax(
    delimiter: number,
    quote: number,
    nullBytes: bigint,
    nullLength: number,
    isNullInQuotes: boolean,
    pattern: number,
    hasZone: boolean,
    maxRecordBytes: number,
  ): void
  readonly readCsv: ReadRecords
  readonly readJson: ReadRecords
}

/** What a file has, as the module is told. */
export interface CsvRecordPlan {
  /** `fieldBytes` for each column that has a field, in their order, see assembly/csv/layout.ts. */
  readonly descriptors: Uint8Array
  /** Of the file. */
  readonly fields: number
  readonly delimiter: number
  /** 256: none. */
  readonly quote: number
  /** At most eight bytes. */
  readonly nullText: Uint8Array
  readonly isNullInQuotes: boolean
  /** Pairs of bytes that say how times are written; undefined for ISO 8601. */
  readonly pattern: Uint8Array | undefined
  /** Seconds by which a day of the zone's clock is ahead of UTC, undefined where they change; absent for UTC. */
  readonly offsetOfDay: ((day: number) => number | undefined) | undefined
  readonly maxRecordBytes: number
  /** Of lines of JSON: what stands before each value, and behind the last one. */
  readonly literals?: readonly Buffer[] | undefined
}

/** What one pass has made. All are views that are good until the next call. */
export interface CsvPass {
  readonly reason: number
  /** Bytes of the records that were read. */
  readonly used: number
  readonly records: Uint8Array
  readonly ends: Uint32Array
  readonly checksums: Uint32Array
}

/** The instance, its tables, and whose fields it knows. */
export class CsvRecordsMemory extends WasmMemory<Exports> {
  #plan: CsvRecordPlan | undefined
  /** Whose bytes were put last; for those who put them. */
  reader: object | undefined

  constructor(exports: Exports) {
    super(exports)
    exports.start()
    this.reserve(inputAt)
    this.#makePowers()
    const sixBits = this.bytes.subarray(sixBitsAt, sixBitsAt + 256).fill(255)
    for (const [i, letter] of [...base64Letters].entries()) sixBits[letter.charCodeAt(0)] = i
  }

  #makePowers(): void {
    const bits = new BigUint64Array(this.bytes.buffer)
    for (let i = 0; i < 20; i++) bits[wholePowersAt / 8 + i] = 10n ** BigInt(i)
    for (let i = 0; i < 23; i++) this.float64[exactPowersAt / 8 + i] = Number(`1e${i}`)
    let power = 10n ** BigInt(greatestPower)
    let at = (powersAt + (greatestPower - leastPower) * 16) / 8
    const keep = (value: bigint, length: number): void => {
      const first = length < 128 ? value << BigInt(128 - length) : value >> BigInt(length - 128)
      bits[at] = first & 0xffff_ffff_ffff_ffffn
      bits[at + 1] = first >> 64n
      at -= 2
    }
    for (let exponent = greatestPower; exponent >= 0; exponent--, power /= 10n) keep(power, lengthOf(power))
    for (let exponent = 1; exponent <= -leastPower; exponent++) {
      const divisor = 10n ** BigInt(exponent)
      const quotient = (1n << BigInt(lengthOf(divisor) + 128)) / divisor
      keep(quotient, lengthOf(quotient))
    }
  }

  /** Copies bytes behind others that were put there, to be read. */
  put(bytes: Uint8Array, behind: number): void {
    this.reserve(inputAt + behind + bytes.length + beyond)
    this.bytes.set(bytes, inputAt + behind)
  }

  /** The bytes that were put, good until the next call. */
  input(from: number, to: number): Buffer {
    return this.bytes.subarray(inputAt + from, inputAt + to)
  }

  /** Reads records of what was put, which has a line feed before `to`. */
  read(plan: CsvRecordPlan, from: number, to: number): CsvPass {
    if (this.#plan !== plan) this.#know(plan)
    const { call } = this
    const count = plan.descriptors.length / fieldBytes
    // Of a cell without its text: four bytes of its tag, and no number has more than fifteen.
    const slack = 32 + 24 * count
    let rows = 0
    let start = inputAt + from
    const read = plan.literals === undefined ? call.readCsv : call.readJson
    for (;;) {
      rows = read(
        ...([start, inputAt + to, count, plan.fields, outAt, outAt + outBytes] as const),
        ...([slack, endsAt, checksumsAt, maxRecords] as const),
      )
      if (call.reason.value !== passEnds.wantsOffset || !this.#learnOffset(plan) || rows > 0) break
      start = call.stoppedAt.value
    }
    const { buffer } = this.bytes
    return {
      reason: call.reason.value,
      used: call.stoppedAt.value - inputAt - from,
      records: this.bytes.subarray(outAt, call.wroteTo.value),
      ends: new Uint32Array(buffer, endsAt, rows),
      checksums: new Uint32Array(buffer, checksumsAt, rows),
    }
  }

  #know(plan: CsvRecordPlan): void {
    const { descriptors, delimiter, quote, nullText, isNullInQuotes, pattern, offsetOfDay } = plan
    this.#plan = plan
    this.bytes.set(descriptors, fieldsAt)
    const nullBytes = Buffer.alloc(8)
    nullBytes.set(nullText)
    if (pattern !== undefined) this.bytes.set([...pattern, 0], patternAt)
    for (let i = 0; i < offsetCount; i++) this.int32[offsetsAt / 4 + 2 * i] = noDay
    this.call.setSyntax(
      ...([delimiter, quote, nullBytes.readBigUInt64LE(), nullText.length, isNullInQuotes] as const),
      ...([patternCode(pattern), offsetOfDay !== undefined, plan.maxRecordBytes] as const),
    )
    if (plan.literals !== undefined) this.#putLiterals(plan.literals)
  }

  #putLiterals(literals: readonly Buffer[]): void {
    let at = literalsAt
    for (const literal of literals)
      for (let from = 0; from <= literal.length; from += 16, at += literalPieceBytes) {
        const piece = literal.subarray(from, from + 16)
        this.bytes.set(piece, at)
        this.int32.set([0xffff & (-1 << piece.length), piece.length], at / 4 + 4)
      }
  }

  /** False when there was none to learn. */
  #learnOffset({ offsetOfDay }: CsvRecordPlan): boolean {
    const day = this.call.dayWanted()
    const place = offsetsAt / 4 + 2 * (day & (offsetCount - 1))
    this.int32[place] = day
    this.int32[place + 1] = offsetOfDay?.(day) ?? offsetChanges
    return true
  }
}

/** `yyyy-MM-dd HH:mm:ss`: fields are 2 to 7, and 1 is a character. */
const plainPattern = Uint8Array.of(2, 4, 1, 45, 3, 2, 1, 45, 4, 2, 1, 32, 5, 2, 1, 58, 6, 2, 1, 58, 7, 2)

const patternCode = (pattern: Uint8Array | undefined): number => {
  if (pattern === undefined) return 0
  return Buffer.compare(pattern, plainPattern) === 0 ? 2 : 1
}

const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const lengthOf = (value: bigint): number => value.toString(2).length

let memory: CsvRecordsMemory | false | undefined

/** Undefined where WebAssembly or SIMD is not to be had, or numbers lie in memory the other way round. */
export const csvRecordsMemory = (): CsvRecordsMemory | undefined => {
  memory ??= lowHalf === 0 && load()
  return memory || undefined
}

const load = (): CsvRecordsMemory | false => {
  const exports = instantiate<Exports>([csvReaderModule])
  return exports !== undefined && new CsvRecordsMemory(exports)
}
