import { isUtf8 } from 'node:buffer'
import { TunnelError } from '../../../index.js'
import { JsonArray, JsonObject, type JsonTree, parseJsonTree } from '../../../values/json-tree.js'
import { knownUtf8, openText, type TextInput } from '../encoding/encoding.js'
import type { FormatName } from '../file-format.js'
import type { BadRecord, ColumnPlan, RowSource, SourceBatch, SourceField, Survey } from '../row-source.js'
import type { TextOptions } from '../text-options.js'
import { JsonRowMaker, type RecordProblem } from './row-maker.js'
import { ElementCutter, LineCutter, type RecordBytes, TooLong } from './splitter.js'

/*
 * NDJSON or a JSON array as rows. A record is cut out by its bytes and read by itself, so a broken line costs only
 * itself. Keys come in any order and not all of them early, so the first records are read to know the fields; they are
 * kept, and still come as rows. Where a table is made for a file, all of its records are surveyed.
 */

/** How many records tell which keys there are. */
const sampleRecords = 1000

type JsonOptions = Pick<TextOptions, 'encoding' | 'timeZone'>

/** Opens NDJSON or a JSON array: reads enough records to know their keys. */
export const openJson = async (
  chunks: AsyncIterable<Uint8Array>,
  format: FormatName,
  options: JsonOptions,
  {
    path = 'the input',
    fields,
  }: { readonly path?: string; readonly fields?: readonly SourceField[] | undefined } = {},
): Promise<RowSource> => {
  const cutter = format === 'ndjson' ? new LineCutter() : new ElementCutter(path)
  const input = await openText(chunks, options.encoding, path === '-' ? 'stdin' : path)
  const source = new JsonSource(cutRecords(input, cutter), input.encoding, options)
  try {
    // One record at least, so that closing it closes the file.
    await source.survey(fields === undefined ? sampleRecords : 1, () => {})
    if (fields !== undefined) source.fields = fields
  } catch (error) {
    await source.close()
    throw error
  }
  return source
}

async function* cutRecords(
  input: TextInput,
  cutter: LineCutter | ElementCutter,
): AsyncGenerator<RecordBytes[], void, undefined> {
  for await (const chunk of input.bytes) {
    const records = cutter.next(chunk)
    if (records.length > 0) yield records
  }
  const last = cutter.end()
  if (last.length > 0) yield last
}

class JsonSource implements RowSource {
  readonly hasNames = true
  fields: readonly SourceField[] = []
  readonly #records: AsyncGenerator<RecordBytes[], void, undefined>
  readonly #encoding: string
  readonly #options: JsonOptions
  /** Read, and not given as rows yet. */
  #waiting: RecordBytes[][] = []
  #recordNumber = 0

  constructor(
    records: AsyncGenerator<RecordBytes[], void, undefined>,
    encoding: string,
    options: JsonOptions,
  ) {
    this.#records = records
    this.#encoding = encoding
    this.#options = options
  }

  async sample(): Promise<readonly (readonly unknown[])[]> {
    return []
  }

  /** Finds the keys of the records, too. With a limit they are kept, and still come as rows. */
  async survey(limit: number, look: (values: readonly unknown[]) => void): Promise<Survey> {
    const keys = new Map(this.fields.map(({ name }, i) => [name.toLowerCase(), i]))
    const names = this.fields.map(field => field.name)
    let firstBad: BadRecord | undefined
    let [records, badRecords] = [0, 0]
    const seen = (bytes: RecordBytes): void => {
      records++
      const tree = parseRecord(bytes, this.#encoding)
      const refusal = tree instanceof JsonObject ? repeated(tree) : tree instanceof JsonArray ? noNames : tree
      if (refusal !== undefined) {
        firstBad ??= { ...refusal, record: records, fields: [printable(bytes)] }
        badRecords++
        return
      }
      const { keys: given, values: parts } = tree as JsonObject
      const values: JsonTree[] = []
      for (const [i, key] of given.entries()) {
        const lower = key.toLowerCase()
        let field = keys.get(lower)
        if (field === undefined) {
          field = names.push(key) - 1
          keys.set(lower, field)
        }
        values[field] = parts[i]!
      }
      look(Array.from({ length: names.length }, (_, i) => values[i] ?? null))
    }
    await this.#first(limit, seen)
    this.fields = names.map(name => ({ name }))
    return { records, firstBad, badRecords }
  }

  async #first(limit: number, seen: (record: RecordBytes) => void): Promise<void> {
    let count = 0
    for (let batch = 0; count < limit; batch++) {
      if (batch === this.#waiting.length) {
        const next = await this.#records.next()
        if (next.done) return
        this.#waiting.push(next.value)
      }
      for (const record of this.#waiting[batch]!) if (count++ < limit) seen(record)
      if (limit === Number.POSITIVE_INFINITY) this.#waiting[batch] = []
    }
  }

  async *rows(plan: ColumnPlan): AsyncGenerator<SourceBatch, void, undefined> {
    const maker = new JsonRowMaker(plan, this.fields, this.#options)
    for (let held = this.#waiting.shift(); held !== undefined; held = this.#waiting.shift())
      yield this.#batch(held, maker)
    for await (const records of this.#records) yield this.#batch(records, maker)
  }

  async close(): Promise<void> {
    await this.#records.return()
  }

  #batch(records: readonly RecordBytes[], maker: JsonRowMaker): SourceBatch {
    const rows: unknown[][] = []
    const bad: BadRecord[] = []
    const origins: [record: number, bytes: RecordBytes][] = []
    for (const bytes of records) {
      const record = ++this.#recordNumber
      const tree = parseRecord(bytes, this.#encoding)
      const made = tree instanceof JsonObject || tree instanceof JsonArray ? maker.make(tree) : tree
      if (Array.isArray(made)) {
        rows.push(made)
        origins.push([record, bytes])
      } else bad.push({ ...made, record, fields: [printable(bytes)] })
    }
    return {
      rows,
      bad,
      originOf: row => ({ record: origins[row]![0], fields: [printable(origins[row]![1])] }),
    }
  }
}

const noNames: RecordProblem = {
  code: 'ODPS_INVALID_ROW',
  reason: 'is an array, which has no column names',
}

/** Columns have one name, whatever its case. */
const repeated = ({ keys }: JsonObject): RecordProblem | undefined => {
  const seen = new Set(keys.map(key => key.toLowerCase()))
  if (seen.size === keys.length) return undefined
  return { code: 'ODPS_INVALID_ROW', reason: 'has a duplicate key (in any case)' }
}

const parseRecord = (bytes: RecordBytes, encoding: string): JsonObject | JsonArray | RecordProblem => {
  if (bytes instanceof TooLong) return { code: 'ODPS_FIELD_TOO_LONG', reason: bytes.reason }
  if (!isUtf8(bytes))
    return { code: 'ODPS_INVALID_VALUE', reason: `is not ${encoding}; set the right --encoding` }
  try {
    const tree = parseJsonTree(knownUtf8(bytes))
    if (tree instanceof JsonObject || tree instanceof JsonArray) return tree
    return { code: 'ODPS_INVALID_ROW', reason: 'is neither a JSON object nor an array' }
  } catch (error) {
    if (error instanceof TunnelError) return { code: 'ODPS_INVALID_ROW', reason: error.message }
    throw error
  }
}

/** For the file of bad records. */
const printable = (bytes: RecordBytes): string => {
  if (bytes instanceof TooLong) return `(${bytes.reason})`
  return isUtf8(bytes) ? knownUtf8(bytes) : `(not UTF-8; in base64: ${bytes.toString('base64')})`
}
