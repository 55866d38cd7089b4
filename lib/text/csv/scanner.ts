import { CellReader, type ScannedField } from './cell-reader.js'
import { FieldCursor } from './field-cursor.js'

/*
 * file    := record (end record)* end?        end   := LF | CRLF
 * record  := field (delimiter field)*         field := text | quote (text | quote quote)* quote
 *
 * Reads records of bytes right into rows, where delimiter and quote are one ASCII character each. All bytes are compared
 * with ASCII only, so that characters of UTF-8 need no decoding to be passed over. A record that is not as it should be
 * is refused, with its place; whoever scans looks at it closely then.
 */

export interface ScanOptions {
  readonly fields: readonly ScannedField[]
  readonly cells: number
  /** One ASCII character. */
  readonly delimiter: string
  /** One ASCII character; undefined: no field is quoted. */
  readonly quote: string | undefined
  readonly nullText: string
  /** Refuses a record with more or fewer fields; else they are dropped, or NULL. */
  readonly strictLength: boolean
  /** Of a record without its end. */
  readonly maxRecordBytes: number
}

/** A record that made no row. */
export interface RefusedRecord {
  /** Rows of the batch that come before it. */
  readonly rowsBefore: number
  readonly start: number
  readonly end: number
  /** It is longer than may be, and the bytes are only its beginning. */
  readonly isTooLong: boolean
}

export interface ScannedRows {
  readonly rows: unknown[][]
  /** Where the record of each row begins in the bytes. */
  readonly starts: number[]
  readonly refused: RefusedRecord[]
  /** Good until the next chunk. */
  readonly bytes: Buffer
}

const lineFeed = 10
const carriageReturn = 13

const minRoom = 512 * 1024
const maxIdleBytes = 4 * 1024 * 1024

const empty: Buffer = Buffer.alloc(0)

/**
 * Rows of one chunk after another. What is no whole record waits for the next chunk, in memory that is used again, and is not looked at
 * before as much has come again as there was: a record of many chunks would else take quadratic time.
 */
export class CsvScanner {
  readonly #forms: Uint8Array
  readonly #cellOf: Int32Array
  readonly #unfilled: readonly number[]
  readonly #cells: number
  readonly #options: ScanOptions
  readonly #reader: CellReader
  readonly #places: FieldCursor
  #buffer: Buffer = empty
  #rest: Buffer = empty
  /** Bytes below this length cannot complete a record, or were looked at already. */
  #wanted = 0

  constructor(options: ScanOptions) {
    const { fields, cells } = options
    this.#options = options
    this.#cells = cells
    this.#forms = Uint8Array.from(fields, field => field.form)
    this.#cellOf = Int32Array.from(fields, field => field.cell)
    const filled = new Set(this.#cellOf)
    this.#unfilled = Array.from({ length: cells }, (_, i) => i).filter(i => !filled.has(i))
    this.#reader = new CellReader(fields, options)
    this.#places = new FieldCursor(options.delimiter, options.quote)
  }

  /** The rows that a chunk completes. */
  next(chunk: Buffer): ScannedRows {
    const bytes = this.#gather(chunk)
    if (bytes.length >= this.#wanted) return this.#scan(bytes, bytes.lastIndexOf(lineFeed) + 1)
    this.#rest = bytes
    return { rows: [], starts: [], refused: [], bytes: empty }
  }

  /** The rest and the chunk in one piece, in memory that is used again: new pieces by the thousand tear the heap. */
  #gather(chunk: Buffer): Buffer {
    const rest = this.#rest
    const length = rest.length + chunk.length
    const room = this.#buffer.length
    if (length > room || (room > maxIdleBytes && length < room / 8)) {
      const buffer = Buffer.allocUnsafeSlow(Math.max(minRoom, 2 * length))
      rest.copy(buffer)
      this.#buffer = buffer
    } else if (rest.byteOffset !== this.#buffer.byteOffset) rest.copy(this.#buffer)
    chunk.copy(this.#buffer, rest.length)
    return this.#buffer.subarray(0, length)
  }

  /** The last record, if no line end follows it. */
  end(): ScannedRows {
    const bytes = this.#rest
    if (bytes.length === 0) return { rows: [], starts: [], refused: [], bytes }
    const whole = bytes.at(-1) === lineFeed ? bytes : Buffer.concat([bytes, Buffer.of(lineFeed)])
    return this.#scan(whole, whole.length, bytes.length)
  }

  /**
   * At most so many records of bytes that begin with one and end with a line feed, apart from the chunks.
   * @returns `used` is how many bytes they are; 0 when the first one isn't complete
   */
  some(bytes: Buffer, most: number): ScannedRows & { readonly used: number } {
    const found: ScannedRows = { rows: [], starts: [], refused: [], bytes }
    this.#reader.open(bytes, bytes.length)
    let used = 0
    for (let left = most; left > 0 && used < bytes.length; left--) {
      const next = this.#record(used, found)
      if (next < 0) break
      used = next
    }
    return { ...found, used }
  }

  /** Bytes that wait for the next chunk. */
  get restLength(): number {
    return this.#rest.length
  }

  /** Gives them back. */
  takeRest(): Buffer {
    const rest = Buffer.from(this.#rest)
    this.#rest = empty
    this.#wanted = 0
    return rest
  }

  /** The bytes of the record that begins at a place, without its end. */
  recordAt(bytes: Buffer, start: number): Buffer {
    this.#places.open(bytes, bytes.lastIndexOf(lineFeed) + 1)
    const next = this.#places.pastRecord(start) ?? bytes.length
    return bytes.subarray(start, lengthWithoutEnd(bytes, start, next))
  }

  #scan(bytes: Buffer, limit: number, lastByte?: number): ScannedRows {
    const found: ScannedRows = { rows: [], starts: [], refused: [], bytes }
    this.#reader.open(bytes, limit)
    let at = 0
    while (at < limit) {
      const next = this.#record(at, found, lastByte)
      if (next < 0) break
      at = next
    }
    this.#keep(bytes, at, lastByte !== undefined, found)
    return found
  }

  #keep(bytes: Buffer, from: number, isLast: boolean, { rows, refused }: ScannedRows): void {
    const length = bytes.length - from
    // What is kept may end with the CR of a line end.
    const isTooLong = length > this.#options.maxRecordBytes + 1
    if (isTooLong && !isLast)
      refused.push({ rowsBefore: rows.length, start: from, end: bytes.length, isTooLong })
    this.#rest = isTooLong || isLast || length === 0 ? empty : bytes.subarray(from)
    // A record that is far from complete is not looked at again for every chunk.
    this.#wanted = from === 0 ? 2 * this.#rest.length : 0
  }

  /**
   * @param lastByte the end of the file, if this is the end of it
   * @returns where the next record begins; -1 when this one is not complete
   */
  #record(start: number, found: ScannedRows, lastByte?: number): number {
    const row: unknown[] = new Array(this.#cells)
    const next = this.#fill(row, start)
    if (next >= 0 && this.#isShortEnough(start, next)) {
      found.rows.push(row)
      found.starts.push(start)
      return next
    }
    if (next === blank) return this.#reader.end
    const past = next >= 0 ? next : this.#reader.pastRecord(start)
    if (past === undefined && lastByte === undefined) return -1
    const end = past === undefined ? lastByte! : lengthWithoutEnd(this.#reader.bytes, start, past)
    const isTooLong = end - start > this.#options.maxRecordBytes
    found.refused.push({ rowsBefore: found.rows.length, start, end, isTooLong })
    return past ?? this.#reader.limit
  }

  #isShortEnough(start: number, next: number): boolean {
    const { maxRecordBytes } = this.#options
    return (
      next - start <= maxRecordBytes ||
      lengthWithoutEnd(this.#reader.bytes, start, next) - start <= maxRecordBytes
    )
  }

  /** @returns where the next record begins; `blank` for an empty line, `refused` for what this cannot read */
  #fill(row: unknown[], start: number): number {
    const reader = this.#reader
    const forms = this.#forms
    const cellOf = this.#cellOf
    const bytes = reader.bytes
    const delimiter = reader.delimiter
    const count = forms.length
    let at = start
    for (let field = 0; field < count; field++) {
      let value = reader.readPlain(forms[field]!, field, at)
      let mark = value === undefined ? -1 : bytes[reader.end]!
      if (mark !== delimiter && mark !== lineFeed && !reader.isReturn(mark)) {
        value = reader.readClosely(forms[field]!, field, at)
        if (value === undefined) return refused
        mark = bytes[reader.end]!
      }
      const cell = cellOf[field]!
      if (cell >= 0) row[cell] = value
      if (mark === delimiter && field < count - 1) {
        at = reader.end + 1
        continue
      }
      if (mark === delimiter) return this.#options.strictLength ? refused : this.#dropFields(row)
      if (field < count - 1) return this.#tooFew(row, start)
      break
    }
    for (const cell of this.#unfilled) row[cell] = null
    return reader.pastLineEnd()
  }

  /** The record ends before the last field. */
  #tooFew(row: unknown[], start: number): number {
    const reader = this.#reader
    if (reader.end === start) {
      reader.end = reader.pastLineEnd()
      return blank
    }
    if (this.#options.strictLength) return refused
    for (let cell = 0; cell < row.length; cell++) row[cell] ??= null
    return reader.pastLineEnd()
  }

  /** Passes over fields behind the last one. */
  #dropFields(row: unknown[]): number {
    for (const cell of this.#unfilled) row[cell] = null
    const reader = this.#reader
    while (reader.bytes[reader.end] === reader.delimiter) if (!reader.pass(reader.end + 1)) return refused
    return reader.pastLineEnd()
  }
}

const refused = -1
const blank = -2

const lengthWithoutEnd = (bytes: Buffer, start: number, next: number): number => {
  let end = next
  if (end > start && bytes[end - 1] === lineFeed) end--
  if (end > start && bytes[end - 1] === carriageReturn) end--
  return end
}
