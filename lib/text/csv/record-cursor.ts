import { escapeExpression } from './escape-expression.js'
import {
  blankLine,
  type CsvField,
  type CsvSyntax,
  fieldOf,
  MalformedRecord,
  quotedNull,
  type SplitRecord,
  strayEndIn,
  tooLong,
} from './record.js'

/**
 * Reads records field by field, and says what is wrong with one: behind the splitter for quotes, and behind the scanner for what it has
 * refused, so that a record means the same whoever has come upon it.
 */
export class RecordCursor {
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
    const fields: CsvField[] = []
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
    const marks = new RegExp(`[\r\n]|${escapeExpression(delimiter)}`, 'g')
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

  #quoted(): CsvField | undefined {
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

  #complete(start: number, fields: readonly CsvField[]): SplitRecord {
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
  const cursor = new RecordCursor(bytes.toString('latin1'), syntax, isLast)
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
  new RecordCursor(bytes.toString('latin1'), syntax, isLast).lineEnd()
