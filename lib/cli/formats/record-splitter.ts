/*
 * file    := record (end record)* end?        end   := the record delimiter; by default LF or CRLF
 * record  := field (delimiter field)*         field := text | quote (text | quote quote)* quote
 *
 * Where a piece of text has no quotes it is cut by String.split, which is as fast as it gets; else field by field.
 */

/** Stands for a field in quotes whose text would else be read as NULL. */
export const quotedNull: unique symbol = Symbol('quoted NULL')

export type Field = string | typeof quotedNull

/** The fields of a record, or what is wrong with it. */
export type SplitRecord = readonly Field[] | MalformedRecord

export class MalformedRecord {
  readonly reason: string
  readonly text: string

  constructor(reason: string, text: string) {
    this.reason = reason
    this.text = text
  }
}

export const tooLong = (text: string, maxRecordLength: number): MalformedRecord =>
  new MalformedRecord(
    `a record is longer than ${maxRecordLength} characters; is a quote not closed?`,
    text.slice(0, 200),
  )

export interface SplitterOptions {
  readonly delimiter: string
  /** Undefined: LF or CRLF. */
  readonly recordDelimiter: string | undefined
  /** Undefined: no field is quoted. */
  readonly quote: string | undefined
  readonly nullText: string
  /** Characters of the longest record that is taken. */
  readonly maxRecordLength: number
}

/** A quote that is never closed would else gather the whole file. */
export const defaultMaxRecordLength = 64 * 2 ** 20

export class RecordSplitter {
  readonly #options: SplitterOptions
  readonly #end: string
  #rest: string[] = []
  #restLength = 0
  /** Text below this length cannot complete a record, or was looked at already. */
  #wanted = 0

  constructor(options: SplitterOptions) {
    this.#options = options
    this.#end = options.recordDelimiter ?? '\n'
  }

  /** The records that a piece of text completes. */
  next(text: string): SplitRecord[] {
    this.#rest.push(text)
    this.#restLength += text.length
    if (this.#restLength < this.#wanted) return []
    return this.#split(false)
  }

  /** The last record, if no delimiter ends it. */
  end(): SplitRecord[] {
    return this.#restLength === 0 ? [] : this.#split(true)
  }

  #split(isLast: boolean): SplitRecord[] {
    const text = this.#rest.length === 1 ? this.#rest[0]! : this.#rest.join('')
    const { quote } = this.#options
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
    if (last < 0) return this.#checkLength(text, records)
    const { delimiter, recordDelimiter } = this.#options
    for (const line of text.slice(0, last).split(this.#end)) {
      const record = recordDelimiter === undefined && line.endsWith('\r') ? line.slice(0, -1) : line
      records.push(record.split(delimiter))
    }
    if (!isLast) return last + this.#end.length
    // The delimiter that ends the file begins no record.
    if (text.endsWith(this.#end)) records.pop()
    return text.length
  }

  #splitQuoted(text: string, isLast: boolean, records: SplitRecord[]): number {
    const cursor = new QuotedCursor(text, this.#options, this.#end, isLast)
    for (;;) {
      const start = cursor.at
      if (start >= text.length) return start
      const record = cursor.record()
      if (record === undefined) {
        if (text.length - start <= this.#options.maxRecordLength) return start
        return start + this.#checkLength(text.slice(start), records)
      }
      records.push(record)
    }
  }

  /** @returns how much of the text to pass over */
  #checkLength(text: string, records: SplitRecord[]): number {
    const { maxRecordLength } = this.#options
    if (text.length <= maxRecordLength) return 0
    records.push(tooLong(text, maxRecordLength))
    return text.length
  }
}

/** Reads records with quotes in them. */
class QuotedCursor {
  at = 0
  readonly #text: string
  readonly #delimiter: string
  readonly #end: string
  readonly #quote: string
  readonly #nullText: string
  readonly #endsAtReturn: boolean
  readonly #isLast: boolean
  /** Where the next delimiters are, as far as known; text.length when there is none. */
  #nextDelimiter = -1
  #nextEnd = -1

  constructor(text: string, options: SplitterOptions, end: string, isLast: boolean) {
    this.#text = text
    this.#delimiter = options.delimiter
    this.#end = end
    this.#quote = options.quote!
    this.#nullText = options.nullText
    this.#endsAtReturn = options.recordDelimiter === undefined
    this.#isLast = isLast
  }

  /** The next record; undefined when the text ends before it does. */
  record(): SplitRecord | undefined {
    const start = this.at
    const fields: Field[] = []
    for (;;) {
      const field = this.#text.startsWith(this.#quote, this.at) ? this.#quoted() : this.#plain()
      if (field === undefined) return this.#incomplete(start)
      fields.push(field)
      const mark = this.#mark()
      if (mark === 'delimiter') continue
      if (mark === 'end') return fields
      if (mark === 'nothing') return this.#incomplete(start)
      return this.#malformed(start)
    }
  }

  #plain(): string | undefined {
    const { at } = this
    const end = Math.min(this.#findDelimiter(), this.#findEnd())
    if (end >= this.#text.length && !this.#isLast) return undefined
    this.at = end
    const field = this.#text.slice(at, end)
    if (!this.#endsAtReturn || !field.endsWith('\r') || end !== this.#nextEnd) return field
    return field.slice(0, -1)
  }

  #quoted(): Field | undefined {
    const quote = this.#quote
    let field = ''
    let from = this.at + quote.length
    for (;;) {
      const close = this.#text.indexOf(quote, from)
      if (close < 0) return undefined
      field += this.#text.slice(from, close)
      from = close + quote.length
      if (!this.#text.startsWith(quote, from)) break
      field += quote
      from += quote.length
    }
    // Whether the quote is doubled shows only with the text behind it.
    if (from >= this.#text.length && !this.#isLast) return undefined
    this.at = from
    return field === this.#nullText ? quotedNull : field
  }

  /** What follows a field; passes over it. */
  #mark(): 'delimiter' | 'end' | 'nothing' | 'other' {
    const text = this.#text
    if (text.startsWith(this.#delimiter, this.at)) {
      this.at += this.#delimiter.length
      return 'delimiter'
    }
    const at = this.#endsAtReturn && text[this.at] === '\r' ? this.at + 1 : this.at
    if (text.startsWith(this.#end, at)) {
      this.at = at + this.#end.length
      return 'end'
    }
    if (at < text.length) return 'other'
    if (!this.#isLast) return 'nothing'
    this.at = text.length
    return 'end'
  }

  /** At the end of the file a quote is still open. */
  #incomplete(start: number): MalformedRecord | undefined {
    if (!this.#isLast) {
      this.at = start
      return undefined
    }
    this.at = this.#text.length
    return new MalformedRecord('a quote is not closed at the end of the file', this.#text.slice(start))
  }

  /** Goes on behind the end of the line. */
  #malformed(start: number): MalformedRecord | undefined {
    const end = this.#findEnd()
    if (end >= this.#text.length && !this.#isLast) {
      this.at = start
      return undefined
    }
    this.at = Math.min(this.#text.length, end + this.#end.length)
    return new MalformedRecord('text follows the closing quote of a field', this.#text.slice(start, end))
  }

  #findDelimiter(): number {
    if (this.#nextDelimiter < this.at) this.#nextDelimiter = this.#find(this.#delimiter)
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
