import { isUtf8 } from 'node:buffer'

/*
 * file    := record (end record)* end?        end   := the record delimiter; by default LF or CRLF
 * record  := field (delimiter field)*         field := text | quote (text | quote quote)* quote
 *
 * Reads any delimiters, and says what is wrong with a record. All of it works on bytes, each as a character of its own
 * (latin1): in UTF-8 no delimiter can begin inside of a character, and bytes that are not UTF-8 stay what they are.
 * Where a piece has no quotes it is cut by String.split, which is as fast as it gets; else field by field.
 */

/** Stands for a field in quotes whose text would else be read as NULL. */
export const quotedNull: unique symbol = Symbol('quoted NULL')

/** Text, or bytes that are not UTF-8. */
export type Field = string | Buffer | typeof quotedNull

/** A line with nothing in it, not even quotes: a record of one empty field, or none where records have more fields. */
export const blankLine: readonly Field[] = ['']

/** The fields of a record, or what is wrong with it. */
export type SplitRecord = readonly Field[] | MalformedRecord

export class MalformedRecord {
  readonly reason: string
  readonly text: string
  readonly code: 'ODPS_INVALID_ROW' | 'ODPS_FIELD_TOO_LONG'
  /** Other records may be part of it: it is not one record that is lost, and what follows it cannot be read. */
  readonly hidesOthers: boolean

  constructor(
    reason: string,
    text: string,
    { code, hidesOthers }: Partial<Pick<MalformedRecord, 'code' | 'hidesOthers'>> = {},
  ) {
    this.reason = reason
    this.text = text
    this.code = code ?? 'ODPS_INVALID_ROW'
    this.hidesOthers = hidesOthers ?? false
  }
}

export const tooLong = (text: string, maxRecordBytes: number): MalformedRecord =>
  new MalformedRecord(
    `a record is longer than ${maxRecordBytes} bytes; is a quote not closed?`,
    text.slice(0, 200),
    { code: 'ODPS_FIELD_TOO_LONG', hidesOthers: true },
  )

export interface CsvSyntax {
  readonly delimiter: string
  /** Undefined: LF or CRLF. */
  readonly recordDelimiter: string | undefined
  /** Undefined: no field is quoted. */
  readonly quote: string | undefined
  readonly nullText: string
  /** Of the longest record that is taken, without its end. */
  readonly maxRecordBytes: number
  /** A line end that is none here: a record that holds it outside of quotes is malformed. */
  readonly strayEnd?: string
}

/** A quote that is never closed would else gather the whole file. */
export const defaultMaxRecordBytes = 64 * 2 ** 20

/** The bytes of a text, a character each. */
const asBytes = (text: string): string => Buffer.from(text).toString('latin1')

const beyondAscii = /[\x80-\xff]/

/** Text of bytes that are a character each, or the bytes where they are not UTF-8. */
const fieldOf = (text: string): string | Buffer => {
  if (!beyondAscii.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : bytes
}

export class CsvSplitter {
  readonly #syntax: CsvSyntax
  readonly #end: string
  #rest: string[] = []
  #restLength = 0
  /** Bytes below this length cannot complete a record, or were looked at already. */
  #wanted = 0

  constructor(syntax: CsvSyntax) {
    this.#syntax = bytewise(syntax)
    this.#end = this.#syntax.recordDelimiter ?? '\n'
  }

  /** The records that a piece of the file completes. */
  next(bytes: Buffer): SplitRecord[] {
    this.#rest.push(bytes.toString('latin1'))
    this.#restLength += bytes.length
    if (this.#restLength < this.#wanted) return []
    return this.#split(false)
  }

  /** The last record, if no delimiter ends it. */
  end(): SplitRecord[] {
    return this.#restLength === 0 ? [] : this.#split(true)
  }

  #split(isLast: boolean): SplitRecord[] {
    const text = this.#rest.length === 1 ? this.#rest[0]! : this.#rest.join('')
    const { quote } = this.#syntax
    const records: SplitRecord[] = []
    const used =
      quote === undefined || !text.includes(quote)
        ? this.#splitPlain(text, isLast, records)
        : this.#splitQuoted(text, isLast, records)
    const rest = text.slice(used)
    this.#rest = rest === '' ? [] : [rest]
    this.#restLength = rest.length
    // A record that is far from complete is not looked at again for every chunk.
    this.#wanted = used === 0 ? rest.length * 2 : 0
    return records
  }

  #splitPlain(text: string, isLast: boolean, records: SplitRecord[]): number {
    const last = isLast ? text.length : text.lastIndexOf(this.#end)
    if (last < 0) return this.#checkRest(text, records)
    for (const line of text.slice(0, last).split(this.#end)) records.push(this.#plainRecord(line))
    if (!isLast) {
      const used = last + this.#end.length
      return used + this.#checkRest(text.slice(used), records)
    }
    // The delimiter that ends the file begins no record.
    if (text.endsWith(this.#end)) records.pop()
    return text.length
  }

  #plainRecord(line: string): SplitRecord {
    const { delimiter, recordDelimiter, maxRecordBytes, strayEnd } = this.#syntax
    const record = recordDelimiter === undefined && line.endsWith('\r') ? line.slice(0, -1) : line
    if (record === '') return blankLine
    if (record.length > maxRecordBytes) return tooLong(record, maxRecordBytes)
    if (strayEnd !== undefined && record.includes(strayEnd)) return strayEndIn(record)
    const fields = record.split(delimiter)
    return beyondAscii.test(record) ? fields.map(fieldOf) : fields
  }

  #splitQuoted(text: string, isLast: boolean, records: SplitRecord[]): number {
    const cursor = new Cursor(text, this.#syntax, isLast)
    for (;;) {
      const start = cursor.at
      if (start >= text.length) return start
      const record = cursor.record()
      if (record === undefined) return start + this.#checkRest(text.slice(start), records)
      records.push(record)
    }
  }

  /** @returns how much of what is no complete record to pass over */
  #checkRest(text: string, records: SplitRecord[]): number {
    const { maxRecordBytes } = this.#syntax
    if (text.length <= maxRecordBytes + this.#end.length) return 0
    records.push(tooLong(text, maxRecordBytes))
    return text.length
  }
}

/** The same syntax of bytes that are a character each. */
export const bytewise = (syntax: CsvSyntax): CsvSyntax => ({
  ...syntax,
  delimiter: asBytes(syntax.delimiter),
  recordDelimiter: syntax.recordDelimiter === undefined ? undefined : asBytes(syntax.recordDelimiter),
  quote: syntax.quote === undefined ? undefined : asBytes(syntax.quote),
  nullText: asBytes(syntax.nullText),
})

const strayEndIn = (text: string): MalformedRecord =>
  new MalformedRecord('the first record ends with CR alone, and this one contains LF outside quotes', text)

/** A record and where the next one begins. */
export interface PlacedRecord {
  readonly record: SplitRecord
  readonly next: number
}

/**
 * The records at the beginning of a file, as far as they are complete.
 * @param syntax bytewise
 */
export function* placedRecords(
  bytes: Buffer,
  syntax: CsvSyntax,
  isLast: boolean,
): Generator<PlacedRecord, void, undefined> {
  const cursor = new Cursor(bytes.toString('latin1'), syntax, isLast)
  while (cursor.at < bytes.length) {
    const record = cursor.record()
    if (record === undefined) return
    yield { record, next: cursor.at }
  }
}

/**
 * What ends the first record, of LF (CRLF too) and CR alone, which old programs of the Macintosh write; undefined when
 * the bytes end before that shows.
 * @param syntax bytewise
 */
export const firstLineEnd = (bytes: Buffer, syntax: CsvSyntax, isLast: boolean): '\n' | '\r' | undefined =>
  new Cursor(bytes.toString('latin1'), syntax, isLast).lineEnd()

/** Reads records field by field. */
class Cursor {
  at = 0
  readonly #text: string
  readonly #syntax: CsvSyntax
  readonly #end: string
  readonly #quote: string | undefined
  readonly #endsAtReturn: boolean
  readonly #isLast: boolean
  /** Where the next delimiters are, as far as known; text.length when there is none. */
  #nextDelimiter = -1
  #nextEnd = -1
  /** Behind the last field of the record, before its end. */
  #recordEnd = 0
  #hasStrayEnd = false

  constructor(text: string, syntax: CsvSyntax, isLast: boolean) {
    this.#text = text
    this.#syntax = syntax
    this.#end = syntax.recordDelimiter ?? '\n'
    this.#quote = syntax.quote
    this.#endsAtReturn = syntax.recordDelimiter === undefined
    this.#isLast = isLast
  }

  /** The next record; undefined when the text ends before it does. */
  record(): SplitRecord | undefined {
    const start = this.at
    const fields: Field[] = []
    this.#hasStrayEnd = false
    for (;;) {
      const field = this.#isQuoted() ? this.#quoted() : this.#plain()
      if (field === undefined) return this.#incomplete(start)
      fields.push(field)
      const mark = this.#mark()
      if (mark === 'delimiter') continue
      if (mark === 'end') return this.#complete(start, fields)
      if (mark === 'nothing') return this.#incomplete(start)
      return this.#malformed(start)
    }
  }

  lineEnd(): '\n' | '\r' | undefined {
    const { delimiter } = this.#syntax
    const marks = new RegExp(`[\r\n]|${delimiter.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}`, 'g')
    for (;;) {
      if (this.#isQuoted() && this.#quoted() === undefined) return this.#isLast ? '\n' : undefined
      marks.lastIndex = this.at
      const mark = marks.exec(this.#text)
      if (mark === null) return this.#isLast ? '\n' : undefined
      if (mark[0] === '\n') return '\n'
      if (mark[0] === '\r') {
        if (mark.index + 1 < this.#text.length) return this.#text[mark.index + 1] === '\n' ? '\n' : '\r'
        return this.#isLast ? '\n' : undefined
      }
      this.at = mark.index + delimiter.length
    }
  }

  #isQuoted(): boolean {
    return this.#quote !== undefined && this.#text.startsWith(this.#quote, this.at)
  }

  #plain(): string | Buffer | undefined {
    const { at } = this
    const end = Math.min(this.#findDelimiter(), this.#findEnd())
    if (end >= this.#text.length && !this.#isLast) return undefined
    const isReturn = this.#endsAtReturn && end > at && this.#text[end - 1] === '\r' && end === this.#nextEnd
    this.at = isReturn ? end - 1 : end
    const field = this.#text.slice(at, this.at)
    const { strayEnd } = this.#syntax
    if (strayEnd !== undefined && field.includes(strayEnd)) this.#hasStrayEnd = true
    return fieldOf(field)
  }

  #quoted(): Field | undefined {
    const quote = this.#quote!
    const pieces: string[] = []
    let from = this.at + quote.length
    for (;;) {
      const close = this.#text.indexOf(quote, from)
      if (close < 0) return undefined
      pieces.push(this.#text.slice(from, close))
      from = close + quote.length
      if (!this.#text.startsWith(quote, from)) break
      from += quote.length
    }
    // Whether the quote is doubled shows only with the text behind it.
    if (from >= this.#text.length && !this.#isLast) return undefined
    this.at = from
    const field = pieces.join(quote)
    return field === this.#syntax.nullText ? quotedNull : fieldOf(field)
  }

  /** What follows a field; passes over it. */
  #mark(): 'delimiter' | 'end' | 'nothing' | 'other' {
    const text = this.#text
    if (text.startsWith(this.#syntax.delimiter, this.at)) {
      this.at += this.#syntax.delimiter.length
      return 'delimiter'
    }
    const at = this.#endsAtReturn && text[this.at] === '\r' ? this.at + 1 : this.at
    const isEnd = text.startsWith(this.#end, at)
    if (!isEnd && at < text.length) return 'other'
    if (!isEnd && !this.#isLast) return 'nothing'
    this.#recordEnd = this.at
    this.at = isEnd ? at + this.#end.length : text.length
    return 'end'
  }

  #complete(start: number, fields: readonly Field[]): SplitRecord {
    const { maxRecordBytes } = this.#syntax
    const length = this.#recordEnd - start
    if (length === 0) return blankLine
    const text = (): string => this.#textOf(start, this.#recordEnd)
    if (length > maxRecordBytes) return tooLong(text(), maxRecordBytes)
    return this.#hasStrayEnd ? strayEndIn(text()) : fields
  }

  /** At the end of the file a quote is still open. */
  #incomplete(start: number): MalformedRecord | undefined {
    if (!this.#isLast) {
      this.at = start
      return undefined
    }
    const { length } = this.#text
    this.at = length
    if (length - start > this.#syntax.maxRecordBytes + this.#end.length)
      return tooLong(this.#textOf(start, start + 200), this.#syntax.maxRecordBytes)
    const line = this.#text.indexOf(this.#end, start)
    const hidesOthers = line >= 0 && line + this.#end.length < length
    const reason = 'a quote is not closed at the end of the input'
    return new MalformedRecord(
      hidesOthers ? `${reason}, and includes all lines up to there` : reason,
      this.#textOf(start, length),
      { hidesOthers },
    )
  }

  /** Goes on behind the end of the line. */
  #malformed(start: number): MalformedRecord | undefined {
    const end = this.#findEnd()
    if (end >= this.#text.length && !this.#isLast) {
      this.at = start
      return undefined
    }
    this.at = Math.min(this.#text.length, end + this.#end.length)
    const isReturn = this.#endsAtReturn && this.#text[end - 1] === '\r'
    const text = this.#textOf(start, isReturn ? end - 1 : end)
    return new MalformedRecord('text follows the closing quote of a field', text)
  }

  #textOf(start: number, end: number): string {
    return Buffer.from(this.#text.slice(start, end), 'latin1').toString()
  }

  #findDelimiter(): number {
    if (this.#nextDelimiter < this.at) this.#nextDelimiter = this.#find(this.#syntax.delimiter)
    return this.#nextDelimiter
  }

  #findEnd(): number {
    if (this.#nextEnd < this.at) this.#nextEnd = this.#find(this.#end)
    return this.#nextEnd
  }

  #find(what: string): number {
    const found = this.#text.indexOf(what, this.at)
    return found < 0 ? this.#text.length : found
  }
}
