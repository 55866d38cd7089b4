import { cellForm, cellFormOf } from '../../transforms/csv-quick-cells.js'
import { CsvScanner, type RefusedRecord, type ScannedRows } from '../../transforms/csv-scanner.js'
import { cellParserOf } from './cells.js'
import { textOf, utf8Chunks } from './encoding.js'
import type { FormatName } from './file-format.js'
import { cellOf, isBlank, nameOf, type Refusal, RowMaker } from './record-rows.js'
import {
  defaultMaxRecordLength,
  type Field,
  MalformedRecord,
  RecordSplitter,
  type SplitRecord,
  type SplitterOptions,
  tooLong,
} from './record-splitter.js'
import type { BadRecord, ColumnPlan, RowBatch, RowSource, SourceField } from './row-source.js'
import { delimiterOf, type TextOptions } from './text-options.js'

/** Opens CSV or TSV: reads as far as the header, or the first record. */
export const openDelimited = async (
  chunks: AsyncIterable<Uint8Array>,
  format: FormatName,
  options: TextOptions,
): Promise<RowSource> => {
  const source = new DelimitedSource(chunks, format, options)
  await source.open()
  return source
}

/**
 * Records go right from bytes into rows where the delimiters are of the usual kind; those that are not as they should be
 * are split and looked at one by one, as are all with other delimiters.
 */
class DelimitedSource implements RowSource {
  fields: readonly SourceField[] = []
  readonly hasNames: boolean
  readonly #options: TextOptions
  readonly #syntax: SplitterOptions
  readonly #chunks: AsyncGenerator<Buffer, void, undefined>
  readonly #records: AsyncGenerator<SplitRecord[], void, undefined>
  readonly #canScan: boolean
  /** Read, and not given as rows yet: as bytes to be scanned, and as records. */
  #held: Buffer[] = []
  #waiting: SplitRecord[][] = []
  /** Records before the first that is a row. */
  #skip = 0
  #recordNumber = 0

  constructor(chunks: AsyncIterable<Uint8Array>, format: FormatName, options: TextOptions) {
    this.#options = options
    this.hasNames = options.header
    this.#syntax = {
      delimiter: delimiterOf(format, options),
      recordDelimiter: options.recordDelimiter,
      quote: options.quote,
      nullText: options.nullText,
      maxRecordLength: defaultMaxRecordLength,
    }
    this.#canScan = canScan(this.#syntax)
    this.#chunks = utf8Chunks(chunks, options.encoding)
    this.#records = splitRecords(this.#texts(), this.#syntax)
  }

  async open(): Promise<void> {
    let first = await this.#records.next()
    while (!first.done && first.value.every(isBlank)) {
      this.#skip += first.value.length
      first = await this.#records.next()
    }
    if (first.done) return
    const start = first.value.findIndex(record => !isBlank(record))
    const head = first.value[start]!
    const names = head instanceof MalformedRecord ? [] : head.map(nameOf)
    this.fields = this.#options.header
      ? names.map(name => ({ name: name.trim() }))
      : names.map((_, i) => ({ name: `_${i + 1}` }))
    const from = this.#options.header ? start + 1 : start
    this.#skip += from
    this.#waiting.push(first.value.slice(from))
  }

  async sample(records: number): Promise<(string | null)[][]> {
    const rows: (string | null)[][] = []
    for (let batch = 0; rows.length < records; batch++) {
      if (batch === this.#waiting.length) {
        const next = await this.#records.next()
        if (next.done) break
        this.#waiting.push(next.value)
      }
      for (const record of this.#waiting[batch]!) {
        if (record instanceof MalformedRecord || (isBlank(record) && this.fields.length !== 1)) continue
        rows.push(
          record.map(field =>
            field === this.#options.nullText ? null : cellOf(field, this.#options.nullText),
          ),
        )
      }
    }
    return rows.slice(0, records)
  }

  rows(plan: ColumnPlan): AsyncGenerator<RowBatch, void, undefined> {
    const maker = new RowMaker(plan, this.fields.length, this.#options)
    return this.#canScan ? this.#scannedRows(plan, maker) : this.#splitRows(maker)
  }

  async close(): Promise<void> {
    await this.#chunks.return()
  }

  async *#texts(): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const next = await this.#chunks.next()
      if (next.done) return
      if (this.#canScan) this.#held.push(next.value)
      yield textOf(next.value)
    }
  }

  async *#splitRows(maker: RowMaker): AsyncGenerator<RowBatch, void, undefined> {
    while (this.#waiting.length > 0) yield this.#splitBatch(this.#waiting.shift()!, maker)
    for await (const records of this.#records) yield this.#splitBatch(records, maker)
  }

  #splitBatch(records: readonly SplitRecord[], maker: RowMaker): RowBatch {
    const rows: unknown[][] = []
    const bad: BadRecord[] = []
    const origins: number[] = []
    for (const [i, record] of records.entries()) {
      const made = maker.make(record)
      if (made === undefined) continue
      const number = ++this.#recordNumber
      if (Array.isArray(made)) {
        rows.push(made)
        origins.push(i, number)
      } else bad.push({ ...made, record: number })
    }
    return {
      rows,
      bad,
      originOf: row => ({
        record: origins[2 * row + 1]!,
        fields: this.#printable(records[origins[2 * row]!]!),
      }),
    }
  }

  async *#scannedRows(plan: ColumnPlan, maker: RowMaker): AsyncGenerator<RowBatch, void, undefined> {
    const scanner = this.#scanner(plan)
    this.#waiting = []
    while (this.#held.length > 0) yield this.#scannedBatch(scanner.next(this.#held.shift()!), scanner, maker)
    for await (const chunk of this.#chunks) yield this.#scannedBatch(scanner.next(chunk), scanner, maker)
    yield this.#scannedBatch(scanner.end(), scanner, maker)
  }

  #scanner({ columns, fieldOf, strict }: ColumnPlan): CsvScanner {
    const { datetime, nullText, timeZone, quote } = this.#options
    return new CsvScanner({
      fields: this.fields.map((_, field) => {
        const cell = fieldOf.indexOf(field)
        const column = columns[cell]
        if (column === undefined) return { cell, form: cellForm.text, parse: text => text }
        const hasPattern = datetime !== undefined && /^(datetime|timestamp)/.test(column.type.kind)
        const form = cellFormOf(column.type, { nullText, isUtc: timeZone === 'UTC', as: 'numbers' })
        return {
          cell,
          form: hasPattern ? cellForm.other : form,
          parse: cellParserOf(column.type, this.#options),
        }
      }),
      cells: columns.length,
      ...{ delimiter: this.#syntax.delimiter, quote, nullText },
      strictQuotes: false,
      strictLength: strict,
      maxRecordBytes: defaultMaxRecordLength,
      skip: this.#skip,
    })
  }

  #scannedBatch(scanned: ScannedRows, scanner: CsvScanner, maker: RowMaker): RowBatch {
    const { bytes, refused } = scanned
    const first = this.#recordNumber + 1
    const { rows, starts, numbers, bad } =
      refused.length === 0
        ? { ...scanned, numbers: undefined, bad: [] }
        : this.#lookAtRefused(scanned, first, maker)
    this.#recordNumber += rows.length + bad.length
    return {
      rows,
      bad,
      originOf: row => ({
        record: numbers?.[row] ?? first + row,
        fields: this.#printable(this.#splitOne(scanner.recordAt(bytes, starts[row]!))),
      }),
    }
  }

  /** What the scanner did not take is bad, or unusual at least. */
  #lookAtRefused({ bytes, rows, starts, refused }: ScannedRows, first: number, maker: RowMaker) {
    const found = { rows: [] as unknown[][], starts: [] as number[], numbers: [] as number[] }
    const bad: BadRecord[] = []
    const next = (): number => first + found.rows.length + bad.length
    let at = 0
    const takeUntil = (end: number): void => {
      for (; at < end; at++) {
        found.numbers.push(next())
        found.rows.push(rows[at]!)
        found.starts.push(starts[at]!)
      }
    }
    for (const record of refused) {
      takeUntil(record.rowsBefore)
      const made = this.#makeAgain(bytes, record, maker)
      if (made === undefined) continue
      if (!Array.isArray(made)) {
        bad.push({ ...made, record: next() })
        continue
      }
      found.numbers.push(next())
      found.rows.push(made)
      found.starts.push(record.start)
    }
    takeUntil(rows.length)
    return { ...found, bad }
  }

  #makeAgain(
    bytes: Buffer,
    { start, end, isTooLong }: RefusedRecord,
    maker: RowMaker,
  ): unknown[] | Refusal | undefined {
    if (isTooLong)
      return maker.make(tooLong(textOf(bytes.subarray(start, start + 200)), defaultMaxRecordLength))
    return maker.make(this.#splitOne(bytes.subarray(start, end)))
  }

  #splitOne(bytes: Buffer): SplitRecord {
    const splitter = new RecordSplitter(this.#syntax)
    return [...splitter.next(textOf(bytes)), ...splitter.end()][0] ?? ['']
  }

  #printable(record: SplitRecord): unknown[] {
    return (record as readonly Field[]).map(field => cellOf(field, this.#options.nullText))
  }
}

const canScan = ({ delimiter, recordDelimiter, quote }: SplitterOptions): boolean =>
  recordDelimiter === undefined && isAsciiSign(delimiter) && (quote === undefined || isAsciiSign(quote))

const isAsciiSign = (text: string): boolean =>
  text.length === 1 && text.charCodeAt(0) < 128 && text !== '\r' && text !== '\n'

async function* splitRecords(
  texts: AsyncIterable<string>,
  options: SplitterOptions,
): AsyncGenerator<SplitRecord[], void, undefined> {
  const splitter = new RecordSplitter(options)
  for await (const text of texts) {
    const records = splitter.next(text)
    if (records.length > 0) yield records
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}
