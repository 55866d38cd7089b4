import type { EncodeOptions } from '../../../codec/rows/record-encoder.js'
import type { Column } from '../../../index.js'
import { isText } from '../../../schema/data-type.js'
import type { ScannedField } from '../../../text/csv/cell-reader.js'
import { cellForm, cellFormOf, decimalRoomOf } from '../../../text/csv/quick-cells.js'
import { type BadCsvRecord, type CsvBatch, CsvReader, textOfField } from '../../../text/csv/reader.js'
import { type CsvField, type CsvSyntax, isSkipped, MalformedRecord } from '../../../text/csv/record.js'
import { CsvSplitter } from '../../../text/csv/splitter.js'
import { escapedText } from '../../../text/escaped-text.js'
import { exitCode } from '../../exit-code.js'
import { quoteText } from '../../quote-text.js'
import { CliError } from '../../usage-error.js'
import { cellParserOf } from '../cells.js'
import { openText, type TextInput } from '../encoding/encoding.js'
import type { FormatName } from '../file-format.js'
import type { BadRecord, ColumnPlan, RowSource, SourceBatch, SourceField } from '../row-source.js'
import type { TextOptions } from '../text-options.js'
import { patternBytes } from '../times/pattern-bytes.js'
import { takeSeparatorLine, withSeparator } from './separator-line.js'
import { delimitedSyntax } from './syntax.js'

/*
 * A CSV or TSV file as rows. The file decides some things by its first bytes (byte order mark, a `sep=` line, the line
 * end), so it is opened before its columns are known, and its first chunk is kept for the reader. Records that cannot
 * be read are given beside the rows and not thrown: whoever uploads decides how many of them are too many.
 */

/**
 * Opens CSV or TSV: reads as far as the header, or the first record.
 * @param release told of chunks that nobody looks at any more
 * @throws CliError when that cannot be read
 */
export const openDelimited = async (
  chunks: AsyncIterable<Uint8Array>,
  format: FormatName,
  options: TextOptions,
  path = 'the input',
  release: (chunk: Uint8Array) => void = () => {},
): Promise<RowSource> => {
  delimitedSyntax(format, options)
  const text = await openText(chunks, options.encoding, path)
  const { separator, bytes } = await takeSeparatorLine(text.bytes)
  const source = new DelimitedSource(path, { ...text, bytes }, options, release)
  try {
    await source.open(delimitedSyntax(format, withSeparator(options, separator, path)))
  } catch (error) {
    await source.close()
    // Nobody has begun to read what is made of it.
    await text.bytes.return()
    throw error
  }
  return source
}

class DelimitedSource implements RowSource {
  fields: readonly SourceField[] = []
  readonly hasNames: boolean
  readonly #path: string
  readonly #input: TextInput
  #reader!: CsvReader
  readonly #options: TextOptions
  readonly #release: (chunk: Uint8Array) => void
  /** Read, and not given as rows yet. */
  #held: Buffer[] = []
  /** Whether text that is not UTF-8 has come since the last batch. */
  #hasBytes = false
  readonly #bytesOf = new Map<string, number>()

  constructor(path: string, input: TextInput, options: TextOptions, release: (chunk: Uint8Array) => void) {
    this.#release = release
    this.hasNames = options.header
    this.#path = path
    this.#input = input
    this.#options = options
  }

  /** Reads the header, or the first record. @throws CliError when there is none */
  async open(syntax: CsvSyntax): Promise<void> {
    this.#reader = new CsvReader(syntax, { first: this.hasNames ? 'header' : 'width', mayHaveMark: false })
    let next = await this.#input.bytes.next()
    let begun = this.#reader.begin(next.value ?? Buffer.alloc(0), next.done === true)
    while (begun === undefined) {
      next = await this.#input.bytes.next()
      begun = this.#reader.begin(next.value ?? Buffer.alloc(0), next.done === true)
    }
    const { record, rest } = begun
    this.#held.push(rest)
    if (record instanceof MalformedRecord) throw this.#cannotBegin(record.reason)
    if (this.#options.header) this.fields = this.#namesOf(record)
    else this.fields = (record ?? []).map((_, i) => ({ name: `_${i + 1}` }))
  }

  get widthHint(): string {
    const { delimiter } = this.#reader.syntax
    const other = this.#options.isOdpscmd
      ? "-fd '<text>', or -cf true if fields are quoted,"
      : "--delimiter '<text>'"
    return `Its fields are split at ${delimiter === '\t' ? 'tabs' : quoteText(delimiter)}: ${other} sets that if it is wrong`
  }

  #namesOf(header: readonly CsvField[] | undefined): SourceField[] {
    if (header === undefined)
      throw new CliError(
        `${this.#path} is empty, but a header is expected`,
        'Leave it out, or use --no-header if files without records are expected',
      )
    return header.map(field => {
      const name = textOfField(field, this.#options.nullText)
      if (name === undefined)
        throw this.#cannotBegin(`a name is not ${this.#input.encoding}`, 'Set its encoding with --encoding')
      // One byte of two in UTF-16 is often zero, and without a byte order mark the file does not say what it is.
      if (name.includes('\0'))
        throw this.#cannotBegin('a name contains NUL, as in UTF-16', 'Set its encoding: --encoding utf-16le')
      return { name: name.trim() }
    })
  }

  #cannotBegin(
    reason: string,
    next = 'Correct the file, or see --quote, --delimiter and --encoding',
  ): CliError {
    const what = this.#options.header ? 'the header of' : 'no record can be read in'
    return new CliError(`${what} ${this.#path}: ${reason}`, next, { exitCode: exitCode.badRecords })
  }

  async sample(records: number): Promise<(string | null)[][]> {
    const { nullText } = this.#options
    const splitter = new CsvSplitter(this.#reader.syntax)
    const rows: (string | null)[][] = []
    for (let i = 0; rows.length < records; i++) {
      if (i === this.#held.length) {
        const next = await this.#input.bytes.next()
        if (next.done) break
        this.#held.push(next.value)
      }
      rows.push(...this.#sampled(splitter.next(this.#held[i]!), nullText))
    }
    if (rows.length < records) rows.push(...this.#sampled(splitter.end(), nullText))
    return rows.slice(0, records)
  }

  #sampled(records: ReturnType<CsvSplitter['next']>, nullText: string): (string | null)[][] {
    const rows: (string | null)[][] = []
    for (const record of records) {
      if (record instanceof MalformedRecord || isSkipped(record, this.fields.length)) continue
      rows.push(
        record.map(field =>
          field === nullText
            ? null
            : Buffer.isBuffer(field)
              ? field.toString()
              : textOfField(field, nullText)!,
        ),
      )
    }
    return rows
  }

  async *rows(plan: ColumnPlan): AsyncGenerator<SourceBatch, void, undefined> {
    const reader = this.#reader
    this.#checkBinary(plan)
    reader.setFields({
      fields: this.fields.map((_, field) => this.#field(plan, plan.fieldOf.indexOf(field))),
      cells: plan.columns.length,
      strictLength: plan.strict,
      notText: this.#input.isUtf8
        ? 'is not UTF-8, which only STRING, VARCHAR and CHAR accept; set the encoding with --encoding'
        : `contains bytes that ${this.#input.encoding} does not define; set the right --encoding`,
    })
    if (plan.records !== undefined) await this.#readRecords(plan, plan.records)
    for (let held = this.#held.shift(); held !== undefined; held = this.#held.shift())
      yield* this.#rowsOf(held, plan)
    for await (const chunk of this.#input.bytes) yield* this.#rowsOf(chunk, plan)
    for (const batch of reader.batches(undefined)) yield this.#batch(batch, plan)
  }

  *#rowsOf(chunk: Buffer, plan: ColumnPlan): Generator<SourceBatch, void, undefined> {
    for (const batch of this.#reader.batches(chunk)) yield this.#batch(batch, plan)
    this.#release(chunk)
  }

  /** Bytes become records in WebAssembly, where columns and options allow it. */
  async #readRecords({ columns, fieldOf }: ColumnPlan, encode: EncodeOptions): Promise<void> {
    const { datetime, isOdpscmd, quote, timeZone } = this.#options
    const pattern = datetime && patternBytes(datetime)
    if (datetime !== undefined && pattern === undefined) return
    const { quickRecordsOf } = await import('../../../text/csv/quick-records.js')
    const create = quickRecordsOf(this.#reader.syntax, {
      ...{ columns, fieldOf, encode, timeZone, pattern },
      fields: this.fields.length,
      binary: isOdpscmd ? 'bytes' : 'base64',
      isNullInQuotes: isOdpscmd && quote !== undefined,
    })
    if (create !== undefined) this.#reader.readRecords(create)
  }

  async close(): Promise<void> {
    await this.#input.bytes.return()
  }

  #field({ columns }: ColumnPlan, cell: number): ScannedField {
    const { datetime, nullText, timeZone, isOdpscmd, quote } = this.#options
    const column = columns[cell]
    if (column === undefined) return { cell, form: cellForm.text, parse: text => text, parseBytes: keep }
    const hasPattern = datetime !== undefined && /^(datetime|timestamp)/.test(column.type.kind)
    const marks = this.#reader.syntax.delimiter + (quote ?? '')
    const form = cellFormOf(column.type, { nullText, marks, isUtc: timeZone === 'UTC', as: 'numbers' })
    const parse = cellParserOf(column.type, this.#options)
    // odpscmd's NULL stays NULL in quotes.
    const isNullInQuotes = isOdpscmd && quote !== undefined
    const takesBytes = isText(column.type) || (isOdpscmd && column.type.kind === 'binary')
    return {
      cell,
      form: hasPattern || isNullInQuotes ? cellForm.other : form,
      room: decimalRoomOf(column.type),
      parse: isNullInQuotes ? text => (text === nullText ? null : parse(text)) : parse,
      parseBytes: this.#input.isUtf8 && takesBytes ? this.#takeBytes : undefined,
    }
  }

  #takeBytes = (bytes: Buffer): Buffer => {
    // 'ignore' asks for bytes.
    this.#hasBytes = this.#options.encoding !== 'ignore'
    return bytes
  }

  /** odpscmd's BINARY is the bytes of the file, which are gone when the file is decoded. */
  #checkBinary({ columns, fieldOf }: ColumnPlan): void {
    if (this.#input.isUtf8 || !this.#options.isOdpscmd) return
    const binary = columns.find(({ type }, i) => type.kind === 'binary' && fieldOf[i]! >= 0)
    if (binary !== undefined)
      throw new CliError(
        `the column '${binary.name}' is BINARY, whose bytes cannot be read from a file in ${this.#input.encoding}`,
        'Leave -c out, or upload outside odpscmd mode, where BINARY is base64',
      )
  }

  #batch({ rows, bad, records, originOf }: CsvBatch, { columns }: ColumnPlan): SourceBatch {
    if (this.#hasBytes) this.#noteBytes(rows, columns)
    return {
      ...{ rows, records },
      bad: bad.map(each => this.#refused(each, columns)),
      originOf: row => {
        const { record, fields } = originOf(row)
        return { record, fields: fields.map(printable) }
      },
    }
  }

  /** A file in another encoding than was named looks like this. */
  #noteBytes(rows: readonly unknown[][], columns: readonly Column[]): void {
    this.#hasBytes = false
    for (const [i, column] of columns.entries()) {
      if (!isText(column.type)) continue
      const count = rows.reduce((sum, row) => sum + (Buffer.isBuffer(row[i]) ? 1 : 0), 0)
      if (count > 0) this.#bytesOf.set(column.name, (this.#bytesOf.get(column.name) ?? 0) + count)
    }
    this.#options.notes.setBytes(this.#path, this.#bytesOf)
  }

  #refused(bad: BadCsvRecord, columns: readonly Column[]): BadRecord {
    const { record, cell, code, reason, isEmpty, isText, hidesOthers } = bad
    if (hidesOthers) throw this.#lost(record, reason)
    const hint = isEmpty ? "; if empty fields mean NULL, use --null ''" : ''
    const column = cell === undefined ? undefined : columns[cell]!.name
    const fields = bad.fields.map(printable)
    return { record, column, code, reason: reason + hint, fields, ...(isText && { isText }) }
  }

  /** However many bad records may be: it is not known how many these are. */
  #lost(record: number, reason: string): CliError {
    return new CliError(
      `${this.#path}, record ${record}: ${reason}`,
      "Correct it: the rest cannot be read. If the format has no quotes, use --quote ''",
      { exitCode: exitCode.badRecords },
    )
  }
}

const keep = (bytes: Buffer): Buffer => bytes

/** Bytes as text from which they can be made again. */
const printable = (field: unknown): unknown => (Buffer.isBuffer(field) ? escapedText(field) : field)
