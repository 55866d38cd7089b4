import { TunnelValueError } from '../../index.js'
import { type CellParser, cellParserOf } from './cells.js'
import { decodeText } from './encoding.js'
import type { FormatName } from './file-format.js'
import {
  defaultMaxRecordLength,
  type Field,
  MalformedRecord,
  quotedNull,
  RecordSplitter,
  type SplitRecord,
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

class DelimitedSource implements RowSource {
  fields: readonly SourceField[] = []
  readonly hasNames: boolean
  readonly #options: TextOptions
  readonly #records: AsyncGenerator<SplitRecord[], void, undefined>
  /** Read, and not given as rows yet. */
  #waiting: SplitRecord[][] = []
  #recordNumber = 0

  constructor(chunks: AsyncIterable<Uint8Array>, format: FormatName, options: TextOptions) {
    this.#options = options
    this.hasNames = options.header
    this.#records = splitRecords(chunks, format, options)
  }

  async open(): Promise<void> {
    let first = await this.#records.next()
    while (!first.done && first.value.every(isBlank)) first = await this.#records.next()
    if (first.done) return
    const start = first.value.findIndex(record => !isBlank(record))
    const head = first.value[start]!
    const names = head instanceof MalformedRecord ? [] : head.map(nameOf)
    this.fields = this.#options.header
      ? names.map(name => ({ name: name.trim() }))
      : names.map((_, i) => ({ name: `_${i + 1}` }))
    this.#waiting.push(first.value.slice(this.#options.header ? start + 1 : start))
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

  async *rows(plan: ColumnPlan): AsyncGenerator<RowBatch, void, undefined> {
    const maker = new RowMaker(plan, this.fields.length, this.#options)
    while (this.#waiting.length > 0) yield this.#batch(this.#waiting.shift()!, maker)
    for await (const records of this.#records) yield this.#batch(records, maker)
  }

  async close(): Promise<void> {
    await this.#records.return()
  }

  #batch(records: readonly SplitRecord[], maker: RowMaker): RowBatch {
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
        fields: (records[origins[2 * row]!] as readonly Field[]).map(field =>
          cellOf(field, this.#options.nullText),
        ),
      }),
    }
  }
}

async function* splitRecords(
  chunks: AsyncIterable<Uint8Array>,
  format: FormatName,
  options: TextOptions,
): AsyncGenerator<SplitRecord[], void, undefined> {
  const splitter = new RecordSplitter({
    delimiter: delimiterOf(format, options),
    recordDelimiter: options.recordDelimiter,
    quote: options.quote,
    nullText: options.nullText,
    maxRecordLength: defaultMaxRecordLength,
  })
  for await (const text of decodeText(chunks, options.encoding)) {
    const records = splitter.next(text)
    if (records.length > 0) yield records
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}

const isBlank = (record: SplitRecord): boolean =>
  !(record instanceof MalformedRecord) && record.length === 1 && record[0] === ''

/** NULL as null, so that a field in quotes stays apart from it. */
const cellOf = (field: Field, nullText: string): string | null =>
  field === quotedNull ? nullText : field === nullText ? null : field

const nameOf = (field: Field): string => (field === quotedNull ? '' : field)

type Refusal = Omit<BadRecord, 'record'>

/** Makes a row of the fields of a record. */
class RowMaker {
  readonly #plan: ColumnPlan
  readonly #fieldCount: number
  readonly #nullText: string
  readonly #parsers: readonly CellParser[]

  constructor(plan: ColumnPlan, fieldCount: number, options: TextOptions) {
    this.#plan = plan
    this.#fieldCount = fieldCount
    this.#nullText = options.nullText
    this.#parsers = plan.columns.map(column => cellParserOf(column.type, options))
  }

  /** @returns undefined for a blank line */
  make(record: SplitRecord): unknown[] | Refusal | undefined {
    if (record instanceof MalformedRecord)
      return { code: 'ODPS_INVALID_ROW', reason: record.reason, fields: [record.text] }
    if (record.length !== this.#fieldCount) {
      if (isBlank(record)) return undefined
      if (this.#plan.strict) return this.#wrongLength(record)
    }
    const { fieldOf } = this.#plan
    const nullText = this.#nullText
    const row: unknown[] = new Array(fieldOf.length)
    for (let i = 0; i < fieldOf.length; i++) {
      const field = record[fieldOf[i]!]
      if (field === undefined || field === nullText) row[i] = null
      else
        try {
          row[i] = this.#parsers[i]!(field === quotedNull ? nullText : field)
        } catch (error) {
          return this.#wrongCell(error, i, record)
        }
    }
    return row
  }

  #wrongLength(record: readonly Field[]): Refusal {
    return {
      code: 'ODPS_ROW_LENGTH',
      reason: `has ${record.length} fields, not ${this.#fieldCount}`,
      fields: record.map(field => cellOf(field, this.#nullText)),
    }
  }

  #wrongCell(error: unknown, column: number, record: readonly Field[]): Refusal {
    const reason = reasonOf(error)
    if (reason === undefined) throw error
    const fields = record.map(field => cellOf(field, this.#nullText))
    const name = this.#plan.columns[column]!.name
    const isEmpty = fields[this.#plan.fieldOf[column]!] === '' && this.#nullText !== ''
    return {
      column: name,
      code: error instanceof TunnelValueError ? error.code : 'ODPS_INVALID_VALUE',
      reason: `${reason}${isEmpty ? "; if empty fields mean NULL, give --null ''" : ''}`,
      fields,
    }
  }
}

/** Undefined for what is no fault of the text. */
const reasonOf = (error: unknown): string | undefined => {
  if (error instanceof SyntaxError) return 'is no JSON'
  return error instanceof TunnelValueError ? error.message : undefined
}
