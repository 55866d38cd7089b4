import { isAscii, isUtf8 } from 'node:buffer'
import { type CellForm, cellForm, type DecimalRoom, QuickCells } from './quick-cells.js'

/*
 * file    := record (end record)* end?        end   := LF | CRLF
 * record  := field (delimiter field)*         field := text | quote (text | quote quote)* quote
 *
 * Reads records of bytes right into rows, where delimiter and quote are one ASCII character each. All bytes are compared
 * with ASCII only, so that characters of UTF-8 need no decoding to be passed over. A record that is not as it should be
 * is refused, with its place; whoever scans looks at it closely then.
 */

/** A field of the file, in their order. */
export interface ScannedField {
  /** Which cell of the row it becomes; -1 for none. */
  readonly cell: number
  readonly form: CellForm
  /** Of the form `decimal`; without it each is left to `parse`. */
  readonly room?: DecimalRoom
  /** The value of a text that is not NULL, and not as the form has it; what it throws refuses the record. */
  readonly parse: (text: string) => unknown
  /** The value of bytes that are not UTF-8; absent where the field must be text. */
  readonly parseBytes?: ((bytes: Buffer) => unknown) | undefined
}

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

/** Text is cut from strings of so many bytes, which a text that is kept keeps alive. */
const windowBytes = 1024
/** Bytes that are looked at one by one before a search is worth its call. */
const shortField = 48

const minRoom = 512 * 1024
const maxIdleBytes = 4 * 1024 * 1024

const empty: Buffer = Buffer.alloc(0)
const noRoom: DecimalRoom = { whole: 0, fraction: 0 }

export class CsvScanner {
  readonly #forms: Uint8Array
  readonly #cellOf: Int32Array
  readonly #fields: readonly ScannedField[]
  readonly #unfilled: readonly number[]
  readonly #cells: number
  readonly #delimiter: number
  readonly #quote: number
  readonly #null: Buffer
  readonly #options: ScanOptions
  readonly #quick = new QuickCells()
  #buffer: Buffer = empty
  #rest: Buffer = empty
  /** Bytes below this length cannot complete a record, or were looked at already. */
  #wanted = 0

  #bytes: Buffer = empty
  /** Behind the last line end. */
  #limit = 0
  #isAscii = false
  #isUtf8 = false
  /** The end of the field that was read last. */
  #end = 0
  /** Whether the field in quotes that was read last has quotes in it. */
  #hasDoubled = false
  /** Where the next quote, delimiter and line end are, as far as known. */
  #nextQuote = -1
  #nextDelimiter = -1
  #nextLine = -1
  #window = ''
  #windowStart = 0
  #windowEnd = 0

  constructor(options: ScanOptions) {
    const { fields, cells } = options
    this.#options = options
    this.#cells = cells
    this.#forms = Uint8Array.from(fields, field => field.form)
    this.#cellOf = Int32Array.from(fields, field => field.cell)
    this.#fields = fields
    const filled = new Set(this.#cellOf)
    this.#unfilled = Array.from({ length: cells }, (_, i) => i).filter(i => !filled.has(i))
    this.#delimiter = options.delimiter.charCodeAt(0)
    this.#quote = options.quote === undefined ? -1 : options.quote.charCodeAt(0)
    this.#null = Buffer.from(options.nullText)
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

  /** The bytes of the record that begins at a place, without its end. */
  recordAt(bytes: Buffer, start: number): Buffer {
    this.#open(bytes, bytes.lastIndexOf(lineFeed) + 1)
    const next = this.#pastRecord(start) ?? bytes.length
    return bytes.subarray(start, lengthWithoutEnd(bytes, start, next))
  }

  #open(bytes: Buffer, limit: number): void {
    this.#bytes = this.#quick.bytes = bytes
    this.#limit = limit
    this.#nextQuote = this.#nextDelimiter = this.#nextLine = -1
    this.#windowEnd = 0
  }

  #scan(bytes: Buffer, limit: number, lastByte?: number): ScannedRows {
    const found: ScannedRows = { rows: [], starts: [], refused: [], bytes }
    this.#open(bytes, limit)
    this.#isAscii = isAscii(bytes)
    this.#isUtf8 = this.#isAscii || isUtf8(bytes.subarray(0, limit))
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
    if (next === blank) return this.#end
    const past = next >= 0 ? next : this.#pastRecord(start)
    if (past === undefined && lastByte === undefined) return -1
    const end = past === undefined ? lastByte! : lengthWithoutEnd(this.#bytes, start, past)
    const isTooLong = end - start > this.#options.maxRecordBytes
    found.refused.push({ rowsBefore: found.rows.length, start, end, isTooLong })
    return past ?? this.#limit
  }

  #isShortEnough(start: number, next: number): boolean {
    const { maxRecordBytes } = this.#options
    return (
      next - start <= maxRecordBytes || lengthWithoutEnd(this.#bytes, start, next) - start <= maxRecordBytes
    )
  }

  /** @returns where the next record begins; `blank` for an empty line, `refused` for what this cannot read */
  #fill(row: unknown[], start: number): number {
    const forms = this.#forms
    const cellOf = this.#cellOf
    const bytes = this.#bytes
    const delimiter = this.#delimiter
    const count = forms.length
    let at = start
    for (let field = 0; field < count; field++) {
      let value = this.#plainCell(forms[field]!, field, at)
      let mark = value === undefined ? -1 : bytes[this.#end]!
      if (mark !== delimiter && mark !== lineFeed && !this.#isReturn(mark)) {
        value = this.#anyCell(field, at)
        if (value === undefined) return refused
        mark = bytes[this.#end]!
      }
      const cell = cellOf[field]!
      if (cell >= 0) row[cell] = value
      if (mark === delimiter && field < count - 1) {
        at = this.#end + 1
        continue
      }
      if (mark === delimiter) return this.#options.strictLength ? refused : this.#dropFields(row)
      if (field < count - 1) return this.#tooFew(row, start)
      break
    }
    for (const cell of this.#unfilled) row[cell] = null
    return this.#pastLineEnd()
  }

  /** A value as the form has it, nearly always; undefined where it must be looked at more closely. */
  #plainCell(form: number, field: number, at: number): unknown {
    const quick = this.#quick
    let value: unknown
    switch (form) {
      case cellForm.text:
        return this.#plainText(at)
      case cellForm.whole:
        value = quick.whole(at)
        break
      case cellForm.tinyint:
      case cellForm.smallint:
      case cellForm.int: {
        const whole = quick.whole(at)
        const limit = form === cellForm.int ? 2 ** 31 : form === cellForm.smallint ? 2 ** 15 : 2 ** 7
        if (whole === undefined || whole < -limit || whole >= limit) return undefined
        value = whole
        break
      }
      case cellForm.bigint: {
        const whole = quick.whole(at)
        if (whole === undefined) return undefined
        value = BigInt(whole)
        break
      }
      case cellForm.number:
        value = quick.number(at)
        break
      case cellForm.float: {
        const number = quick.number(at)
        if (number === undefined) return undefined
        value = Math.fround(number)
        break
      }
      case cellForm.milliseconds:
        value = quick.milliseconds(at)
        break
      case cellForm.date: {
        const time = quick.milliseconds(at)
        if (time === undefined) return undefined
        value = new Date(time)
        break
      }
      case cellForm.timestamp:
        value = quick.timestamp(at, true)
        break
      case cellForm.timestampNtz:
        value = quick.timestamp(at, false)
        break
      case cellForm.decimal:
        if (!quick.decimal(at, this.#fields[field]!.room ?? noRoom)) return undefined
        value = this.#text(at, quick.end, true)
        break
      case cellForm.day:
        if (!quick.day(at)) return undefined
        value = this.#text(at, quick.end, true)
        break
      case cellForm.boolean:
        value = quick.boolean(at)
        break
      default:
        return undefined
    }
    this.#end = quick.end
    return value
  }

  /** A short text without quotes that is not NULL. */
  #plainText(at: number): string | undefined {
    const bytes = this.#bytes
    const delimiter = this.#delimiter
    const quote = this.#quote
    const stop = at + shortField
    let high = 0
    for (let p = at; p < stop; p++) {
      const byte = bytes[p]!
      if (byte === delimiter || byte === lineFeed) {
        const end = byte === lineFeed && p > at && bytes[p - 1] === carriageReturn ? p - 1 : p
        if (this.#isNull(at, end)) return undefined
        this.#end = end
        return this.#fieldText(at, end, high < 128)
      }
      // What is strange, and what follows a quote, is for the closer look.
      if (byte === quote) return undefined
      high |= byte
    }
    return undefined
  }

  /** Any field but one that breaks the rules, for which it is undefined. */
  #anyCell(field: number, at: number): unknown {
    const { parse, parseBytes } = this.#fields[field]!
    let text: string | Buffer | undefined
    if (this.#bytes[at] === this.#quote) text = this.#quoted(at)
    else {
      const end = this.#plainEnd(at)
      this.#end = end
      if (this.#isNull(at, end)) return null
      text = this.#anyText(at, end)
    }
    if (typeof text === 'string' && this.#forms[field] === cellForm.text) return text
    try {
      return typeof text === 'string' ? parse(text) : text && parseBytes?.(text)
    } catch {
      return undefined
    }
  }

  #anyText(from: number, to: number): string | Buffer {
    return this.#fieldText(from, to, this.#isAscii) ?? Buffer.from(this.#bytes.subarray(from, to))
  }

  /** The text of a field in quotes; undefined when it is not closed, or text follows. */
  #quoted(at: number): string | Buffer | undefined {
    const start = at + 1
    const close = this.#closingQuote(start)
    if (close < 0) return undefined
    this.#end = close + 1
    const mark = this.#bytes[close + 1]!
    if (mark !== this.#delimiter && mark !== lineFeed && !this.#isReturn(mark)) return undefined
    const text = this.#anyText(start, close)
    if (!this.#hasDoubled) return text
    const quote = String.fromCharCode(this.#quote)
    if (typeof text === 'string') return text.replaceAll(quote + quote, quote)
    return Buffer.from(text.toString('latin1').replaceAll(quote + quote, quote), 'latin1')
  }

  /** @returns -1 when there is none before the last line end */
  #closingQuote(from: number): number {
    this.#hasDoubled = false
    for (let p = from; ; p += 2) {
      p = this.#quoteFrom(p)
      if (p >= this.#limit) return -1
      if (this.#bytes[p + 1] !== this.#quote) return p
      this.#hasDoubled = true
    }
  }

  #quoteFrom(at: number): number {
    if (this.#nextQuote < at) this.#nextQuote = this.#find(this.#quote, at)
    return this.#nextQuote
  }

  /** Where a field without quotes ends. */
  #plainEnd(at: number): number {
    if (this.#nextDelimiter < at) this.#nextDelimiter = this.#find(this.#delimiter, at)
    if (this.#nextLine < at) this.#nextLine = this.#find(lineFeed, at)
    if (this.#nextDelimiter < this.#nextLine) return this.#nextDelimiter
    const end = this.#nextLine
    return end > at && this.#bytes[end - 1] === carriageReturn ? end - 1 : end
  }

  #find(byte: number, from: number): number {
    const bytes = this.#bytes
    const stop = Math.min(from + shortField, this.#limit)
    for (let p = from; p < stop; p++) if (bytes[p] === byte) return p
    const found = stop < this.#limit ? bytes.indexOf(byte, stop) : -1
    return found < 0 ? this.#limit : found
  }

  #isNull(at: number, end: number): boolean {
    const text = this.#null
    if (end - at !== text.length) return false
    for (let i = 0; i < text.length; i++) if (this.#bytes[at + i] !== text[i]) return false
    return true
  }

  /** Undefined for bytes that are not UTF-8. */
  #fieldText(from: number, to: number, isPlain: boolean): string | undefined {
    if (!isPlain && !this.#isUtf8 && !isUtf8(this.#bytes.subarray(from, to))) return undefined
    return this.#text(from, to, isPlain)
  }

  /** ASCII is cut from a string of its neighbourhood: much quicker than a string of its own. */
  #text(from: number, to: number, isPlain: boolean): string {
    if (!isPlain && !this.#isAscii) return this.#bytes.toString('utf8', from, to)
    if (to - from > windowBytes / 2) return this.#bytes.toString('latin1', from, to)
    if (from < this.#windowStart || to > this.#windowEnd) {
      this.#windowStart = from
      this.#windowEnd = Math.min(from + windowBytes, this.#bytes.length)
      this.#window = this.#bytes.toString('latin1', from, this.#windowEnd)
    }
    return this.#window.slice(from - this.#windowStart, to - this.#windowStart)
  }

  #isReturn(mark: number): boolean {
    return mark === carriageReturn && this.#bytes[this.#end + 1] === lineFeed
  }

  #pastLineEnd(): number {
    return this.#bytes[this.#end] === lineFeed ? this.#end + 1 : this.#end + 2
  }

  /** The record ends before the last field. */
  #tooFew(row: unknown[], start: number): number {
    if (this.#end === start) {
      this.#end = this.#pastLineEnd()
      return blank
    }
    if (this.#options.strictLength) return refused
    for (let cell = 0; cell < row.length; cell++) row[cell] ??= null
    return this.#pastLineEnd()
  }

  /** Passes over fields behind the last one. */
  #dropFields(row: unknown[]): number {
    for (const cell of this.#unfilled) row[cell] = null
    while (this.#bytes[this.#end] === this.#delimiter) if (!this.#passField(this.#end + 1)) return refused
    return this.#pastLineEnd()
  }

  /** Whether a field is as it should be, whatever it holds. */
  #passField(at: number): boolean {
    if (this.#bytes[at] === this.#quote) return this.#quoted(at) !== undefined
    this.#end = this.#plainEnd(at)
    return true
  }

  /** Where the record behind this one begins: after broken quotes, at the next line. Undefined when a quote is open. */
  #pastRecord(start: number): number | undefined {
    for (let at = start; ; at = this.#end + 1) {
      if (!this.#passField(at)) {
        const isOpen = this.#bytes[at] === this.#quote && this.#closingQuote(at + 1) < 0
        return isOpen ? undefined : this.#lineFrom(this.#end)
      }
      if (this.#bytes[this.#end] !== this.#delimiter) return this.#pastLineEnd()
    }
  }

  #lineFrom(at: number): number {
    return this.#find(lineFeed, at) + 1
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
