import { type DataType, parseCell, Timestamp, TunnelError } from '../../index.js'
import { printJson } from './json-source.js'
import type { BadRecord, ColumnPlan, RowBatch, RowSource, SourceField } from './row-source.js'

/** What a reader of a format with types gives: rows with a cell a field, as near to the library's values as it can. */
export interface TypedReader {
  readonly fields: readonly SourceField[]
  readonly batches: AsyncGenerator<readonly (readonly unknown[])[], void, undefined>
  readonly close: () => Promise<void>
}

/** Rows of a format that has types of its own (Parquet, Arrow). */
export class TypedSource implements RowSource {
  readonly hasNames = true
  readonly fields: readonly SourceField[]
  readonly #reader: TypedReader
  #recordNumber = 0

  constructor(reader: TypedReader) {
    this.#reader = reader
    this.fields = reader.fields
  }

  async sample(): Promise<readonly (readonly unknown[])[]> {
    return []
  }

  async *rows(plan: ColumnPlan): AsyncGenerator<RowBatch, void, undefined> {
    for await (const records of this.#reader.batches) yield this.#batch(records, plan)
  }

  async close(): Promise<void> {
    await this.#reader.batches.return()
    await this.#reader.close()
  }

  #batch(records: readonly (readonly unknown[])[], { columns, fieldOf }: ColumnPlan): RowBatch {
    const rows: unknown[][] = []
    const bad: BadRecord[] = []
    const origins: number[] = []
    const first = this.#recordNumber + 1
    this.#recordNumber += records.length
    for (const [r, record] of records.entries()) {
      let at = 0
      try {
        const row: unknown[] = new Array(columns.length)
        for (; at < columns.length; at++) row[at] = fitValue(record[fieldOf[at]!], columns[at]!.type)
        rows.push(row)
        origins.push(r)
      } catch (error) {
        if (!(error instanceof TunnelError)) throw error
        const column = columns[at]!.name
        bad.push({
          record: first + r,
          column,
          code: error.code,
          reason: error.message,
          fields: record.map(printable),
        })
      }
    }
    return {
      rows,
      bad,
      originOf: row => ({ record: first + origins[row]!, fields: records[origins[row]!]!.map(printable) }),
    }
  }
}

/** For the file of bad records. */
const printable = (value: unknown): unknown => {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' && !(value instanceof Timestamp) ? printJson(value) : String(value)
}

/**
 * Brings a value of a file near to a column's type, without losing any of it; what does not fit is left to the encoder.
 * @throws TunnelError for text that is none of the type
 */
export const fitValue = (value: unknown, type: DataType): unknown => {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'json':
      return typeof value === 'string' ? value : printJson(value)
    case 'datetime':
      return value instanceof Timestamp && value.nanos % 1_000_000 === 0 ? value.toDate() : value
    case 'binary':
      return typeof value === 'string' ? parseCell(value, type, { json: 'text' }) : value
    case 'interval_day_time':
    case 'interval_year_month':
      return typeof value === 'string' ? parseCell(value, type, { json: 'text' }) : value
    case 'array':
      if (typeof value === 'string') return parseCell(value, type, { json: 'text' })
      return Array.isArray(value) ? value.map(each => fitValue(each, type.element)) : value
    case 'vector':
      return typeof value === 'string' ? parseCell(value, type, { json: 'text' }) : value
    case 'map':
      return fitMap(value, type.key, type.value, type)
    case 'struct':
      if (typeof value === 'string') return parseCell(value, type, { json: 'text' })
      return fitStruct(value, type.fields)
    default:
      return value
  }
}

const fitMap = (value: unknown, key: DataType, element: DataType, type: DataType): unknown => {
  if (typeof value === 'string') return parseCell(value, type, { json: 'text' })
  const entries =
    value instanceof Map
      ? [...value]
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
        : undefined
  if (entries === undefined) return value
  const isText = key.kind === 'string' || key.kind === 'varchar' || key.kind === 'char'
  return new Map(
    entries.map(([k, v]: [unknown, unknown]) => [
      typeof k === 'string' && !isText ? parseCell(k, key) : k,
      fitValue(v, element),
    ]),
  )
}

const fitStruct = (
  value: unknown,
  fields: readonly { readonly name: string; readonly type: DataType }[],
): unknown => {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const field = fields.find(each => each.name.toLowerCase() === name.toLowerCase())
      return [name, field === undefined ? member : fitValue(member, field.type)]
    }),
  )
}
