import { EncodedRecords } from '../../codec/rows/encoded-records.js'
import { type CsvProblem, FieldRows, type RowRules } from './field-rows.js'
import type { QuickRecords } from './quick-records.js'
import {
  asciiSign,
  blankLine,
  bytewise,
  type CsvField,
  type CsvSyntax,
  MalformedRecord,
  quotedNull,
  type SplitRecord,
  tooLong,
} from './record.js'
import { firstLineEnd, type PlacedRecord, placedRecords } from './record-cursor.js'
import { CsvScanner, type RefusedRecord, type ScannedRows } from './scanner.js'
import { CsvSplitter } from './splitter.js'

/*
 * One reader for the library and the command line. It first looks at the beginning of the file: a byte order mark, what
 * ends the records, the header. Then records go right from bytes into rows where delimiter and quote are ASCII; those
 * that the scanner refuses are split and looked at one by one, as are all with other delimiters. So a record means the
 * same wherever it stands, and however the file is cut into chunks.
 */

/** What the first record is for: names, only the number of its fields, or nothing. */
export type FirstRecord = 'header' | 'width' | 'unused'

export interface CsvBeginning {
  /** Absent when there is none, or when nobody asked for it. */
  readonly record: SplitRecord | undefined
  /** Bytes that are records still. */
  readonly rest: Buffer
}

export interface BadCsvRecord extends CsvProblem {
  /** From 1, the header and blank lines not counted. */
  readonly record: number
  /** Rows of the batch that come before it. */
  readonly rowsBefore: number
  readonly fields: readonly unknown[]
}

export interface CsvBatch {
  readonly rows: unknown[][]
  readonly bad: readonly BadCsvRecord[]
  /** Rows that are records already, in place of `rows`; good until the next batch. */
  readonly records?: EncodedRecords
  /** The record that the i-th row was made of; good until the next batch. */
  readonly originOf: (row: number) => Pick<BadCsvRecord, 'record' | 'fields'>
}

export class CsvReader {
  readonly #first: FirstRecord
  readonly #mayHaveMark: boolean
  #syntax: CsvSyntax
  #bytewise: CsvSyntax
  #head: Buffer | undefined = Buffer.alloc(0)
  /** A shorter beginning need not be looked at again. */
  #wanted = 0
  #maker!: FieldRows
  #scanner: CsvScanner | undefined
  #splitter: CsvSplitter | undefined
  #quick: QuickRecords<ScannedRows> | undefined
  #recordNumber = 0

  /** @param mayHaveMark whether U+FEFF at the very start is a byte order mark, or was taken off before */
  constructor(syntax: CsvSyntax, { first, mayHaveMark }: { first: FirstRecord; mayHaveMark: boolean }) {
    this.#syntax = syntax
    this.#bytewise = bytewise(syntax)
    this.#first = first
    this.#mayHaveMark = mayHaveMark
  }

  /** As the file turned out to have it. */
  get syntax(): CsvSyntax {
    return this.#syntax
  }

  /** @returns undefined as long as more bytes are needed */
  begin(chunk: Buffer, isLast: boolean): CsvBeginning | undefined {
    const head = this.#head!.length === 0 ? chunk : Buffer.concat([this.#head!, chunk])
    this.#head = head
    if (!isLast && head.length < Math.max(this.#wanted, byteOrderMark.length)) return undefined
    this.#wanted = 2 * head.length
    const isMarked = this.#mayHaveMark && head.subarray(0, byteOrderMark.length).equals(byteOrderMark)
    const bytes = isMarked ? head.subarray(byteOrderMark.length) : head
    const begun = this.#beginAt(bytes, isLast)
    if (begun !== undefined) this.#head = undefined
    return begun
  }

  #beginAt(bytes: Buffer, isLast: boolean): CsvBeginning | undefined {
    const { recordDelimiter, maxRecordBytes } = this.#syntax
    const isTooLong = !isLast && bytes.length > maxRecordBytes + 2
    const end = recordDelimiter ?? firstLineEnd(bytes, this.#bytewise, isLast || isTooLong)
    if (end === undefined) return undefined
    const syntax = end === '\r' && recordDelimiter === undefined ? endedByReturn(this.#syntax) : this.#syntax
    const first = this.#firstOf(bytes, bytewise(syntax), isLast)
    if (first === undefined && !isLast && this.#first !== 'unused') {
      const record = tooLong(bytes.toString('utf8', 0, 200), maxRecordBytes)
      return isTooLong ? { record, rest: noBytes } : undefined
    }
    this.#syntax = syntax
    this.#bytewise = bytewise(syntax)
    const rest = this.#first === 'header' ? bytes.subarray(first?.next ?? bytes.length) : bytes
    return { record: first?.record, rest }
  }

  /** A header must be the first line that is not blank; the width is that of the first record that can be read. */
  #firstOf(bytes: Buffer, syntax: CsvSyntax, isLast: boolean): PlacedRecord | undefined {
    if (this.#first === 'unused') return undefined
    let last: PlacedRecord | undefined
    for (const placed of placedRecords(bytes, syntax, isLast)) {
      const { record } = placed
      if (record !== blankLine && !(record instanceof MalformedRecord)) return placed
      if (this.#first === 'header' && record !== blankLine) return placed
      if (record !== blankLine || last === undefined) last = placed
      if (record instanceof MalformedRecord && record.hidesOthers) return placed
    }
    // Only blank lines, which may be records of one column; or none that can be read.
    return isLast && this.#first === 'width' ? last : undefined
  }

  /** Says what the fields are; to be called once, before `next`. */
  setFields(rules: Omit<RowRules, 'nullText'>): void {
    const { delimiter, quote, nullText, maxRecordBytes } = this.#syntax
    this.#maker = new FieldRows({ ...rules, nullText })
    if (canScan(this.#syntax))
      this.#scanner = new CsvScanner({ ...rules, delimiter, quote, nullText, maxRecordBytes })
    else this.#splitter = new CsvSplitter(this.#syntax)
  }

  /** From now on {@link batches} may give records, and has to be used. Has no effect on a syntax that the scanner can't read. */
  readRecords(create: (scanner: CsvScanner) => QuickRecords<ScannedRows>): void {
    this.#quick = this.#scanner && create(this.#scanner)
  }

  /** The batches of a chunk, or of the end. Whoever reads it copies what they keep of it. */
  *batches(bytes: Buffer | undefined): Generator<CsvBatch, void, undefined> {
    const quick = this.#quick
    if (quick === undefined) {
      yield bytes === undefined ? this.end() : this.next(bytes)
      return
    }
    for (const found of bytes === undefined ? quick.end() : quick.next(bytes))
      yield found instanceof EncodedRecords
        ? this.#recordBatch(found)
        : this.#scannedBatch(found, this.#scanner!)
  }

  #recordBatch(records: EncodedRecords): CsvBatch {
    const before = this.#recordNumber
    this.#recordNumber += records.rows
    return { rows: [], bad: [], records, originOf: row => ({ record: before + row + 1, fields: [] }) }
  }

  next(bytes: Buffer): CsvBatch {
    const scanner = this.#scanner
    return scanner === undefined
      ? this.#splitBatch(this.#splitter!.next(bytes))
      : this.#scannedBatch(scanner.next(bytes), scanner)
  }

  end(): CsvBatch {
    const scanner = this.#scanner
    return scanner === undefined
      ? this.#splitBatch(this.#splitter!.end())
      : this.#scannedBatch(scanner.end(), scanner)
  }

  #splitBatch(records: readonly SplitRecord[]): CsvBatch {
    const found = new FoundRecords(this.#recordNumber)
    const from: SplitRecord[] = []
    for (const record of records) {
      const made = this.#maker.make(record)
      if (Array.isArray(made)) from.push(record)
      if (made !== undefined) found.add(made, () => this.#printable(record))
    }
    this.#recordNumber = found.last
    return found.batch(row => this.#printable(from[row]!))
  }

  #scannedBatch(scanned: ScannedRows, scanner: CsvScanner): CsvBatch {
    const { bytes, rows, starts, refused } = scanned
    const fieldsAt = (start: number): unknown[] =>
      this.#printable(this.#splitOne(scanner.recordAt(bytes, start)))
    if (refused.length === 0) {
      const before = this.#recordNumber
      this.#recordNumber += rows.length
      const originOf = (row: number) => ({ record: before + row + 1, fields: fieldsAt(starts[row]!) })
      return { rows, bad: [], originOf }
    }
    const found = new FoundRecords(this.#recordNumber)
    const from: number[] = []
    let at = 0
    const takeUntil = (end: number): void => {
      for (; at < end; at++) {
        found.add(rows[at]!, noFields)
        from.push(starts[at]!)
      }
    }
    for (const each of refused) {
      takeUntil(each.rowsBefore)
      const record = this.#lookAt(bytes, each)
      const made = this.#maker.make(record)
      if (Array.isArray(made)) from.push(each.start)
      if (made !== undefined) found.add(made, () => this.#printable(record))
    }
    takeUntil(rows.length)
    this.#recordNumber = found.last
    return found.batch(row => fieldsAt(from[row]!))
  }

  #lookAt(bytes: Buffer, { start, end, isTooLong }: RefusedRecord): SplitRecord {
    if (isTooLong) return tooLong(bytes.toString('utf8', start, start + 200), this.#syntax.maxRecordBytes)
    return this.#splitOne(bytes.subarray(start, end))
  }

  /** A record that the scanner has cut out, without its end: a CR that is left is text. */
  #splitOne(bytes: Buffer): SplitRecord {
    const syntax = { ...this.#bytewise, recordDelimiter: '\n' }
    return placedRecords(bytes, syntax, true).next().value?.record ?? blankLine
  }

  /** NULL as null, so that a field in quotes stays apart from it. */
  #printable(record: SplitRecord): unknown[] {
    if (record instanceof MalformedRecord) return [record.text]
    const { nullText } = this.#syntax
    return record.map(field => (field === quotedNull ? nullText : field === nullText ? null : field))
  }
}

/** Rows and bad records in their order. */
class FoundRecords {
  readonly #rows: unknown[][] = []
  readonly #numbers: number[] = []
  readonly #bad: BadCsvRecord[] = []
  /** The number of the last record. */
  last: number

  constructor(last: number) {
    this.last = last
  }

  add(made: unknown[] | CsvProblem, fields: () => readonly unknown[]): void {
    const record = ++this.last
    if (Array.isArray(made)) {
      this.#rows.push(made)
      this.#numbers.push(record)
    } else this.#bad.push({ ...made, record, rowsBefore: this.#rows.length, fields: fields() })
  }

  batch(fieldsOf: (row: number) => readonly unknown[]): CsvBatch {
    const numbers = this.#numbers
    return {
      rows: this.#rows,
      bad: this.#bad,
      originOf: row => ({ record: numbers[row]!, fields: fieldsOf(row) }),
    }
  }
}

const canScan = ({ delimiter, recordDelimiter, quote }: CsvSyntax): boolean =>
  recordDelimiter === undefined &&
  asciiSign(delimiter) !== undefined &&
  (quote === undefined || asciiSign(quote) !== undefined)

/** A file that ends its records with CR alone has no business with LF: that would be a mixture nobody can read for sure. */
const endedByReturn = (syntax: CsvSyntax): CsvSyntax => ({ ...syntax, recordDelimiter: '\r', strayEnd: '\n' })

const noBytes: Buffer = Buffer.alloc(0)
const byteOrderMark = Buffer.from('\ufeff')
const noFields = (): readonly unknown[] => []

/** The text of a field, for names. */
export const textOfField = (field: CsvField, nullText: string): string | undefined =>
  Buffer.isBuffer(field) ? undefined : field === quotedNull ? nullText : field
