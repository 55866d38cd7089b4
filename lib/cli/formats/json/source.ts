import { isUtf8 } from 'node:buffer'
import { EncodedRecords } from '../../../codec/rows/encoded-records.js'
import type { EncodeOptions } from '../../../codec/rows/record-encoder.js'
import { TunnelError } from '../../../index.js'
import { escapeExpression } from '../../../text/csv/escape-expression.js'
import type { CarefulReader, QuickRecords } from '../../../text/csv/quick-records.js'
import type { JsonGap } from '../../../text/csv/record-plan.js'
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
const firstPieceBytes = 64 * 1024

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
  const source = new JsonSource(input, cutter, options)
  try {
    // One record at least, so that closing it closes the file.
    await source.survey(fields === undefined ? sampleRecords : 1)
    if (fields !== undefined) source.fields = fields
  } catch (error) {
    await source.close()
    throw error
  }
  return source
}

/** The first chunk in pieces, for what is cut to know the keys is then read as values: the rest of it needn't be. */
async function* inPieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let isFirst = true
  for await (const chunk of chunks) {
    const size = isFirst ? firstPieceBytes : chunk.length
    for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size)
    isFirst = false
  }
}

async function* cutRecords(
  chunks: AsyncIterable<Buffer>,
  cutter: LineCutter | ElementCutter,
): AsyncGenerator<RecordBytes[], void, undefined> {
  for await (const chunk of chunks) {
    const records = cutter.next(chunk)
    if (records.length > 0) yield records
  }
  const last = cutter.end()
  if (last.length > 0) yield last
}

class JsonSource implements RowSource {
  readonly hasNames = true
  fields: readonly SourceField[] = []
  readonly #chunks: AsyncIterable<Buffer>
  readonly #cutter: LineCutter | ElementCutter
  readonly #records: AsyncGenerator<RecordBytes[], void, undefined>
  readonly #encoding: string
  readonly #options: JsonOptions
  /** Read, and not given as rows yet. */
  #waiting: RecordBytes[][] = []
  #recordNumber = 0
  /** Behind the colons of the last record. */
  #gap: JsonGap = ''

  constructor(input: TextInput, cutter: LineCutter | ElementCutter, options: JsonOptions) {
    this.#chunks = inPieces(input.bytes)
    this.#cutter = cutter
    this.#records = cutRecords(this.#chunks, cutter)
    this.#encoding = input.encoding
    this.#options = options
  }

  async sample(): Promise<readonly (readonly unknown[])[]> {
    return []
  }

  /**
   * Finds the keys of the records, too. With a limit they are kept, and still come as rows.
   * @param look without it keys alone are looked for, and a record that has those of the one before isn't read
   */
  async survey(limit: number, look?: (values: readonly unknown[]) => void): Promise<Survey> {
    const keys = new Map(this.fields.map(({ name }, i) => [name.toLowerCase(), i]))
    const names = this.fields.map(field => field.name)
    let firstBad: BadRecord | undefined
    let [records, badRecords] = [0, 0]
    let sameKeys: RegExp | undefined
    const seen = (bytes: RecordBytes): void => {
      records++
      if (sameKeys !== undefined && Buffer.isBuffer(bytes) && sameKeys.test(bytes.toString('latin1'))) return
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
      if (look === undefined) sameKeys = recordsOf(given)
      look?.(Array.from({ length: names.length }, (_, i) => values[i] ?? null))
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
    const quick = plan.records && (await this.#quickRecords(plan, plan.records, maker))
    for (let held = this.#waiting.shift(); held !== undefined; held = this.#waiting.shift())
      if (quick === undefined || held.some(isTooLong)) yield this.#batch(held, maker)
      else for (const found of quick.next(linesOf(held as Buffer[]))) yield this.#quickBatch(found)
    if (quick === undefined) {
      for await (const records of this.#records) yield this.#batch(records, maker)
      return
    }
    for (const found of quick.next((this.#cutter as LineCutter).takeRest())) yield this.#quickBatch(found)
    for await (const chunk of this.#chunks)
      for (const found of quick.next(chunk)) yield this.#quickBatch(found)
    for (const found of quick.end()) yield this.#quickBatch(found)
  }

  /** Lines become records in WebAssembly, as long as their keys come in the order of the line before. */
  async #quickRecords(
    { columns }: ColumnPlan,
    encode: EncodeOptions,
    maker: JsonRowMaker,
  ): Promise<QuickRecords<SourceBatch> | undefined> {
    if (!(this.#cutter instanceof LineCutter)) return undefined
    const { planJsonRecords, quickLinesOf } = await import('../../../text/csv/quick-records.js')
    const read = (lines: readonly RecordBytes[]): SourceBatch => {
      const batch = this.#batch(lines, maker)
      if (maker.keys !== known) learn()
      return batch
    }
    const quick = quickLinesOf(new CarefulLines(read))
    let known: readonly string[] = []
    const learn = (): void => {
      const { keys, fieldOf } = maker.template
      known = keys
      const rules = { columns, fieldOf, encode, timeZone: this.#options.timeZone }
      if (quick !== undefined) quick.plan = planJsonRecords(keys, this.#gap, rules)
    }
    return quick
  }

  #quickBatch(found: EncodedRecords | SourceBatch): SourceBatch {
    if (!(found instanceof EncodedRecords)) return found
    const before = this.#recordNumber
    this.#recordNumber += found.rows
    return {
      ...{ rows: [], bad: [], records: found },
      originOf: row => ({ record: before + row + 1, fields: [] }),
    }
  }

  async close(): Promise<void> {
    await this.#records.return()
  }

  #batch(records: readonly RecordBytes[], maker: JsonRowMaker): SourceBatch {
    const rows: unknown[][] = []
    const bad: BadRecord[] = []
    const origins: [record: number, bytes: RecordBytes][] = []
    let last: RecordBytes | undefined
    for (const bytes of records) {
      const record = ++this.#recordNumber
      const tree = parseRecord(bytes, this.#encoding)
      const made = tree instanceof JsonObject || tree instanceof JsonArray ? maker.make(tree) : tree
      if (Array.isArray(made)) {
        rows.push(made)
        origins.push([record, bytes])
        last = bytes
      } else bad.push({ ...made, record, fields: [printable(bytes)] })
    }
    if (Buffer.isBuffer(last)) this.#gap = /^\{"[^"]*": /.test(last.toString('latin1', 0, 200)) ? ' ' : ''
    return {
      rows,
      bad,
      originOf: row => ({ record: origins[row]![0], fields: [printable(origins[row]![1])] }),
    }
  }
}

/** Lines as they were always read. */
class CarefulLines implements CarefulReader<SourceBatch> {
  readonly #cutter = new LineCutter()
  readonly #read: (lines: readonly RecordBytes[]) => SourceBatch

  constructor(read: (lines: readonly RecordBytes[]) => SourceBatch) {
    this.#read = read
  }

  get restLength(): number {
    return this.#cutter.restLength
  }

  takeRest(): Buffer {
    return this.#cutter.takeRest()
  }

  next(chunk: Buffer): SourceBatch {
    return this.#read(this.#cutter.next(chunk))
  }

  end(): SourceBatch {
    return this.#read(this.#cutter.end())
  }

  some(bytes: Buffer, most: number): SourceBatch & { readonly used: number } {
    let used = 0
    for (let left = most; left > 0 && used < bytes.length; left--) used = bytes.indexOf(0x0a, used) + 1
    const lines = new LineCutter().next(bytes.subarray(0, used))
    return { ...this.#read(lines), used }
  }
}

const isTooLong = (record: RecordBytes): boolean => record instanceof TooLong

const lineFeed = Buffer.from('\n')

const linesOf = (records: readonly Buffer[]): Buffer =>
  Buffer.concat(records.flatMap(record => [record, lineFeed]))

/** Matches records with these keys in this order, as latin1, as long as no value has a quote in it: without one it has no keys. */
const recordsOf = (keys: readonly string[]): RegExp => {
  const names = keys.map(key => escapeExpression(Buffer.from(JSON.stringify(key)).toString('latin1')))
  return new RegExp(`^\\{${names.map(name => `${name}: ?(?:"[^"]*"|[^"]*)`).join(', ?')}\\}\r?$`)
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
