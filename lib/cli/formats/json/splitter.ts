import { exitCode } from '../../exit-code.js'
import { CliError } from '../../usage-error.js'

/*
 * Cuts JSON files into the bytes of their records, while they are read. What separates records is ASCII, so that a record
 * whose text is not UTF-8 is one bad record, and not the end of the file. What cannot be cut is an error of the whole file:
 * nobody knows how many records it hides.
 */

/** The bytes of a record, or how many they were: too many to be looked at. */
export type RecordBytes = Buffer | TooLong

export class TooLong {
  readonly reason: string

  constructor(maxBytes: number) {
    this.reason = `is longer than ${maxBytes} bytes`
  }
}

/** As `parseNdjson` has it. */
const maxRecordBytes = 64 << 20

/** The pieces of one record. */
class Pieces {
  readonly #maxBytes: number
  #pieces: Buffer[] = []
  bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(piece: Buffer): void {
    this.bytes += piece.length
    if (this.bytes > this.#maxBytes) this.#pieces = []
    else if (piece.length > 0) this.#pieces.push(piece)
  }

  take(): RecordBytes {
    const record =
      this.bytes > this.#maxBytes
        ? new TooLong(this.#maxBytes)
        : this.#pieces.length === 1
          ? this.#pieces[0]!
          : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.bytes = 0
    return record
  }
}

/** JSON lines (NDJSON). Blank lines are passed over. */
export class LineCutter {
  readonly #pieces: Pieces

  constructor(maxBytes = maxRecordBytes) {
    this.#pieces = new Pieces(maxBytes)
  }

  next(chunk: Buffer): RecordBytes[] {
    const lines: RecordBytes[] = []
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      this.#pieces.add(chunk.subarray(start, end))
      lines.push(this.#pieces.take())
      start = end + 1
    }
    this.#pieces.add(chunk.subarray(start))
    return lines.filter(isNotBlank)
  }

  end(): RecordBytes[] {
    return [this.#pieces.take()].filter(isNotBlank)
  }

  /** Bytes of a line that hasn't ended. */
  get restLength(): number {
    return this.#pieces.bytes
  }

  /** Gives them back, if there are not too many. */
  takeRest(): Buffer {
    return this.#pieces.take() as Buffer
  }
}

const isBlankByte = (byte: number): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

const isNotBlank = (record: RecordBytes): boolean => record instanceof TooLong || !record.every(isBlankByte)

/** A JSON array, its elements being the records. Brackets and commas count only outside of strings. */
export class ElementCutter {
  readonly #path: string
  readonly #pieces: Pieces
  #state: 'before' | 'inside' | 'after' = 'before'
  #depth = 0
  #inString = false
  #isEscaped = false
  /** Whether there was a comma, behind which another element must come. */
  #isDue = false

  constructor(path: string, maxBytes = maxRecordBytes) {
    this.#path = path
    this.#pieces = new Pieces(maxBytes)
  }

  /** @throws CliError when this is no JSON array, or something follows it */
  next(chunk: Buffer): RecordBytes[] {
    const records: RecordBytes[] = []
    let at = this.#state === 'before' ? this.#begin(chunk) : 0
    if (this.#state === 'inside') at = this.#cut(chunk, at, records)
    if (this.#state !== 'after') return records
    if (!chunk.subarray(at).every(isBlankByte)) throw this.#fault('something follows the JSON array')
    return records
  }

  /** @throws CliError when the array is not closed */
  end(): RecordBytes[] {
    if (this.#state === 'before') throw this.#fault('it is empty, not a JSON array')
    if (this.#state === 'inside')
      throw this.#fault('the JSON array is not closed at the end of the file; was it cut off?')
    return []
  }

  #begin(chunk: Buffer): number {
    const start = chunk.findIndex(byte => !isBlankByte(byte))
    if (start < 0) return chunk.length
    if (chunk[start] !== 0x5b)
      throw this.#fault('it is not a JSON array of records; is it NDJSON (--format ndjson)?')
    this.#state = 'inside'
    return start + 1
  }

  /** @returns where the bytes behind the array begin */
  #cut(chunk: Buffer, from: number, records: RecordBytes[]): number {
    let start = from
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false
        else if (byte === 0x5c) this.#isEscaped = true
        else if (byte === 0x22) this.#inString = false
      } else if (byte === 0x22) this.#inString = true
      else if (byte === 0x5b || byte === 0x7b) this.#depth++
      else if (this.#depth > 0) {
        if (byte === 0x5d || byte === 0x7d) this.#depth--
      } else if (byte === 0x2c || byte === 0x5d) {
        this.#pieces.add(chunk.subarray(start, at))
        start = at + 1
        this.#element(byte === 0x2c, records)
        if (this.#state === 'after') return start
      }
    }
    this.#pieces.add(chunk.subarray(start))
    return chunk.length
  }

  /** An element that is nothing is a bad record; only an empty array has none. */
  #element(hasComma: boolean, records: RecordBytes[]): void {
    const element = this.#pieces.take()
    if (hasComma || this.#isDue || isNotBlank(element)) records.push(element)
    this.#isDue = hasComma
    if (!hasComma) this.#state = 'after'
  }

  #fault(what: string): CliError {
    return new CliError(`${this.#path} cannot be read: ${what}`, 'Correct the file, or see --format', {
      exitCode: exitCode.badRecords,
    })
  }
}
