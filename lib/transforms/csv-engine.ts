import type { TableSchema } from '../schema/table-schema.js'
import { cellForm, cellFormOf } from './csv-quick-cells.js'
import { CsvReader, type CsvRecords, parseRecord, tooLong } from './csv-records.js'
import type { CsvRows } from './csv-rows.js'
import { CsvScanner, type ScannedRows } from './csv-scanner.js'

/** Rows of a chunk, and what is wrong behind them. */
export interface CsvOutcome {
  readonly rows: unknown[][]
  readonly error: unknown
}

/** Turns chunks of UTF-8 into rows. */
export interface CsvEngine {
  readonly next: (bytes: Buffer) => Promise<CsvOutcome>
  readonly end: () => Promise<CsvOutcome>
  readonly close: () => void
}

/** Any delimiter of one character, by csv-parse. */
export const parsingEngine = (rows: CsvRows, delimiter: string, maxRecordBytes: number): CsvEngine => {
  let reader: Promise<CsvReader> | undefined
  const outcome = ({ records, error }: CsvRecords): CsvOutcome => {
    const found: unknown[][] = []
    try {
      for (const record of records) {
        const row = rows.of(record)
        if (row !== undefined) found.push(row)
      }
    } catch (cause) {
      return { rows: found, error: cause }
    }
    return { rows: found, error }
  }
  return {
    next: async bytes => {
      reader ??= CsvReader.open(rows.nullText, delimiter, maxRecordBytes)
      return outcome(await (await reader).next(bytes))
    },
    end: async () => (reader ? outcome(await (await reader).end()) : { rows: [], error: undefined }),
    close: () => void reader?.then(each => each.close()),
  }
}

/** The delimiter is ASCII: records go right from bytes into rows. Those that are refused are looked at by csv-parse. */
export class ScanningEngine implements CsvEngine {
  readonly #rows: CsvRows
  readonly #schema: TableSchema
  readonly #delimiter: string
  readonly #maxRecordBytes: number
  #scanner: CsvScanner | undefined
  /** The beginning of the file, as long as its first record is not complete; cleared of a byte order mark. */
  #head: Buffer | undefined = Buffer.alloc(0)

  constructor(rows: CsvRows, schema: TableSchema, delimiter: string, maxRecordBytes: number) {
    this.#rows = rows
    this.#schema = schema
    this.#delimiter = delimiter
    this.#maxRecordBytes = maxRecordBytes
  }

  async next(bytes: Buffer): Promise<CsvOutcome> {
    if (this.#head === undefined) return this.#outcome(this.#scanner!.next(bytes))
    const head = Buffer.concat([this.#head, bytes])
    return this.#begin(head, false)
  }

  async end(): Promise<CsvOutcome> {
    if (this.#head === undefined) return this.#outcome(this.#scanner!.end())
    const begun = await this.#begin(this.#head, true)
    if (begun.error !== undefined || this.#scanner === undefined) return begun
    const last = await this.#outcome(this.#scanner.end())
    return { rows: [...begun.rows, ...last.rows], error: last.error }
  }

  close(): void {}

  /** Reads the header, and what rows there are behind it. */
  async #begin(head: Buffer, isLast: boolean): Promise<CsvOutcome> {
    this.#head = head
    if (head.length < byteOrderMark.length && !isLast) return nothingYet
    const start = head.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
    const bytes = head.subarray(start)
    if (this.#rows.positions !== undefined) return this.#scanFrom(bytes)
    const first = this.#scannerOf([]).firstRecord(bytes, isLast)
    const tooMuch = (first?.record.length ?? bytes.length) > this.#maxRecordBytes
    if (tooMuch) return { rows: [], error: tooLong(' in the header') }
    if (first === undefined) return nothingYet
    try {
      this.#rows.of(await parseRecord(first.record.toString(), this.#delimiter, 'in the header'))
    } catch (error) {
      return { rows: [], error }
    }
    return this.#scanFrom(bytes.subarray(first.next))
  }

  #scanFrom(bytes: Buffer): Promise<CsvOutcome> {
    this.#head = undefined
    const { fields, ofColumn } = this.#rows.positions!
    this.#scanner = this.#scannerOf(Array.from({ length: fields }, (_, field) => ofColumn.indexOf(field)))
    return this.#outcome(this.#scanner.next(bytes))
  }

  #scannerOf(cellOf: readonly number[]): CsvScanner {
    const { nullText, cellOptions } = this.#rows
    const isUtc = cellOptions.timeZone === 'UTC'
    return new CsvScanner({
      fields: cellOf.map(cell => {
        const column = this.#schema.columns[cell]
        if (column === undefined) return { cell, form: cellForm.text, parse: text => text }
        const form = cellFormOf(column.type, { nullText, isUtc, as: 'values' })
        return { cell, form, parse: text => this.#rows.parse(text, column) }
      }),
      cells: this.#schema.columns.length,
      ...{ delimiter: this.#delimiter, quote: '"', nullText },
      ...{ strictQuotes: true, strictLength: true },
      maxRecordBytes: this.#maxRecordBytes,
      skip: 0,
    })
  }

  async #outcome({ rows, refused, bytes }: ScannedRows): Promise<CsvOutcome> {
    if (refused.length === 0) {
      this.#rows.rowIndex += rows.length
      return { rows, error: undefined }
    }
    const made: unknown[][] = []
    const texts = refused.map(({ start, end }) => bytes.toString('utf8', start, end))
    let from = 0
    for (const [i, { rowsBefore, isTooLong }] of refused.entries()) {
      made.push(...rows.slice(from, rowsBefore))
      this.#rows.rowIndex += rowsBefore - from
      from = rowsBefore
      const where = `in row ${this.#rows.rowIndex}`
      if (isTooLong) return { rows: made, error: tooLong(` ${where}`) }
      try {
        const row = this.#rows.of(await parseRecord(texts[i]!, this.#delimiter, where))
        if (row !== undefined) made.push(row)
      } catch (error) {
        return { rows: made, error }
      }
    }
    this.#rows.rowIndex += rows.length - from
    return { rows: [...made, ...rows.slice(from)], error: undefined }
  }
}

const nothingYet: CsvOutcome = { rows: [], error: undefined }
const byteOrderMark = Buffer.from('\ufeff')
