import { objectsToRows, parseNdjson, TunnelError } from '../../index.js'
import { MalformedRecord } from '../../transforms/csv-splitter.js'
import { decodeText } from './encoding.js'
import type { FormatName } from './file-format.js'
import { jsonPrinterOf, withoutJson } from './json-leaves.js'
import { ArrayElementTexts, LineTexts } from './json-splitter.js'
import type { BadRecord, ColumnPlan, RowBatch, RowSource, SourceField } from './row-source.js'
import type { TextOptions } from './text-options.js'

type JsonText = string | MalformedRecord

/** How many records tell which keys there are. */
const sampleRecords = 1000

/** Opens NDJSON or a JSON array: reads enough records to know their keys. */
export const openJson = async (
  chunks: AsyncIterable<Uint8Array>,
  format: FormatName,
  options: Pick<TextOptions, 'encoding'>,
): Promise<RowSource> => {
  const source = new JsonSource(splitTexts(chunks, format, options.encoding))
  await source.open()
  return source
}

async function* splitTexts(
  chunks: AsyncIterable<Uint8Array>,
  format: FormatName,
  encoding: string,
): AsyncGenerator<JsonText[], void, undefined> {
  const splitter = format === 'ndjson' ? new LineTexts() : new ArrayElementTexts()
  for await (const text of decodeText(chunks, encoding)) {
    const texts = splitter.next(text)
    if (texts.length > 0) yield texts
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}

class JsonSource implements RowSource {
  readonly hasNames = true
  fields: readonly SourceField[] = []
  readonly #texts: AsyncGenerator<JsonText[], void, undefined>
  #waiting: JsonText[][] = []
  #recordNumber = 0

  constructor(texts: AsyncGenerator<JsonText[], void, undefined>) {
    this.#texts = texts
  }

  async open(): Promise<void> {
    const names = new Map<string, string>()
    for (const value of await this.#values(sampleRecords))
      if (isObject(value)) for (const key of Object.keys(value)) names.set(key.toLowerCase(), key)
    this.fields = [...names.values()].map(name => ({ name }))
  }

  async sample(records: number): Promise<unknown[][]> {
    const keys = this.fields.map(field => field.name.toLowerCase())
    const values = await this.#values(records)
    return values.filter(isObject).map(value => {
      const members = new Map(Object.entries(value).map(([key, member]) => [key.toLowerCase(), member]))
      return keys.map(key => members.get(key) ?? null)
    })
  }

  async *rows(plan: ColumnPlan): AsyncGenerator<RowBatch, void, undefined> {
    const maker = new ObjectRowMaker(plan)
    while (this.#waiting.length > 0) yield this.#batch(this.#waiting.shift()!, maker)
    for await (const texts of this.#texts) yield this.#batch(texts, maker)
  }

  async close(): Promise<void> {
    await this.#texts.return()
  }

  /** The first records, which still come as rows. */
  async #values(records: number): Promise<unknown[]> {
    const values: unknown[] = []
    for (let batch = 0; values.length < records; batch++) {
      if (batch === this.#waiting.length) {
        const next = await this.#texts.next()
        if (next.done) break
        this.#waiting.push(next.value)
      }
      for (const text of this.#waiting[batch]!) {
        const value = text instanceof MalformedRecord ? undefined : tryParse(text)
        if (value !== undefined) values.push(value)
      }
    }
    return values.slice(0, records)
  }

  #batch(texts: readonly JsonText[], maker: ObjectRowMaker): RowBatch {
    const rows: unknown[][] = []
    const bad: BadRecord[] = []
    const origins: [record: number, text: JsonText][] = []
    for (const text of texts) {
      const record = ++this.#recordNumber
      const made = maker.make(text)
      if (Array.isArray(made)) {
        rows.push(made)
        origins.push([record, text])
      } else bad.push({ ...made, record, fields: [textOf(text)] })
    }
    return {
      rows,
      bad,
      originOf: row => ({ record: origins[row]![0], fields: [textOf(origins[row]![1])] }),
    }
  }
}

const textOf = (text: JsonText): string => (text instanceof MalformedRecord ? text.text : text)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const longDigits = /\d{16}/

/** Whole numbers beyond 2^53 become bigint. @throws SyntaxError, TunnelError */
const parseJsonText = (text: string): unknown => {
  if (!longDigits.test(text)) return JSON.parse(text)
  const parse = parseNdjson<object>()
  return [...parse(`${text.replaceAll(/\s+/g, ' ')}\n`)][0]
}

const tryParse = (text: string): unknown => {
  try {
    return parseJsonText(text)
  } catch {
    return undefined
  }
}

type Refusal = Omit<BadRecord, 'record' | 'fields'>

class ObjectRowMaker {
  readonly #plan: ColumnPlan
  readonly #keys: ReadonlySet<string>
  readonly #printers: readonly { readonly index: number; readonly print: (value: unknown) => unknown }[]
  readonly #toRow: (value: Readonly<Record<string, unknown>> | readonly unknown[]) => unknown[]

  constructor(plan: ColumnPlan) {
    this.#plan = plan
    this.#keys = new Set(plan.columns.map(column => column.name.toLowerCase()))
    this.#printers = plan.columns.flatMap(({ type }, index) => {
      const print = jsonPrinterOf(type, printJson)
      return print ? [{ index, print }] : []
    })
    // JSON values are printed here, so that they are taken as they come.
    const columns = plan.columns.map(column => ({ ...column, type: withoutJson(column.type) }))
    this.#toRow = objectsToRows({ columns, partitionColumns: [] })
  }

  make(text: JsonText): unknown[] | Refusal {
    if (text instanceof MalformedRecord) return { code: 'ODPS_INVALID_ROW', reason: text.reason }
    let value: unknown
    try {
      value = parseJsonText(text)
    } catch {
      return { code: 'ODPS_INVALID_ROW', reason: 'is no JSON' }
    }
    if (typeof value !== 'object' || value === null)
      return { code: 'ODPS_INVALID_ROW', reason: 'is neither a JSON object nor an array' }
    try {
      return this.#row(value)
    } catch (error) {
      if (!(error instanceof TunnelError)) throw error
      const column = 'column' in error && typeof error.column === 'string' ? error.column : undefined
      return { code: error.code, reason: error.message.replace(/^Row \d+:? ?/, ''), column }
    }
  }

  #row(value: object): unknown[] {
    const row = this.#toRow(
      Array.isArray(value) || this.#plan.strict ? (value as unknown[]) : this.#knownOnly(value),
    )
    for (const { index, print } of this.#printers) if (row[index] !== null) row[index] = print(row[index])
    return row
  }

  #knownOnly(value: object): Record<string, unknown> {
    return Object.fromEntries(Object.entries(value).filter(([key]) => this.#keys.has(key.toLowerCase())))
  }
}

/** As JSON.stringify, with bigint as digits. */
export const printJson = (value: unknown): string => {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${printJson(member)}`)
    .join(',')}}`
}
