import {
  beyondAscii,
  blankLine,
  bytewise,
  type CsvSyntax,
  fieldOf,
  type SplitRecord,
  strayEndIn,
  tooLong,
} from './record.js'
import { RecordCursor } from './record-cursor.js'

/*
 * file    := record (end record)* end?        end   := the record delimiter; by default LF or CRLF
 * record  := field (delimiter field)*         field := text | quote (text | quote quote)* quote
 *
 * Cuts a file into records, with any delimiters: for syntaxes that the scanner cannot read. A piece without quotes is cut by
 * String.split, which is as fast as it gets; else field by field.
 */

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
    const cursor = new RecordCursor(text, this.#syntax, isLast)
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
