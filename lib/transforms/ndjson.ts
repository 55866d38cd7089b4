import { checkOptions, integer } from '../check-options.js'
import { TunnelError, TunnelValueError } from '../errors.js'
import { formatJsonValue } from '../text/format-json.js'
import { parseJsonExactly, writtenObject } from '../text/json-values.js'
import { LineSplitter } from '../text/line-splitter.js'
import { TextPieces } from '../text/text-pieces.js'
import { type ColumnSource, checkSource } from './column-source.js'
import { rowsToObjects } from './object-rows.js'
import { each, nothing, stage } from './stage.js'

/** Options of {@link parseNdjson}. */
export interface ParseNdjsonOptions {
  /** Longest line that is taken. Default 64 MiB. */
  readonly maxLineBytes?: number | undefined
}

const parseSpec = { maxLineBytes: integer(1) }

/**
 * Parses JSON lines (NDJSON, UTF-8) from chunks of bytes or text: one object or array per line. Blank lines and a byte
 * order mark are passed over. Whole numbers beyond ±(2^53 - 1) become bigint, other numbers whose digits a `number` doesn't
 * hold JsonNumber, which has them as text. `objectsToRows(schema)` makes rows of them.
 *
 * A function for `chain([...])` of stream-chain, good for one chain.
 * @throws TunnelValueError ODPS_INVALID_ROW for a line that isn't a JSON object or array, or has a key twice; ODPS_FIELD_TOO_LONG;
 * ODPS_INVALID_VALUE when the input is not UTF-8.
 * @throws TunnelOptionError for a wrong option, at once.
 */
export const parseNdjson = <Row extends object = Record<string, unknown>>(
  options: ParseNdjsonOptions = {},
): ((chunk: string | Uint8Array) => Generator<Row, void, undefined>) => {
  checkOptions('parseNdjson', options, parseSpec)
  const lines = new LineSplitter('parseNdjson', options.maxLineBytes ?? 64 << 20)
  let [line, rowIndex] = [0, 0]
  const parse = (texts: readonly string[]): Generator<Row, void, undefined> => {
    const rows: Row[] = []
    for (const text of texts) {
      line++
      if (notBlank.test(text)) rows.push(parseLine(text, line, rowIndex++) as Row)
    }
    return each(rows)
  }
  return stage((chunk: string | Uint8Array) => parse(lines.next(chunk)), { flush: () => parse(lines.end()) })
}

const notBlank = /[^ \t\r]/

const parseLine = (text: string, line: number, rowIndex: number): object => {
  const refuse = (what: string): never => {
    throw new TunnelValueError('ODPS_INVALID_ROW', `parseNdjson: line ${line}${what}`, { rowIndex })
  }
  let value: unknown
  try {
    value = parseJsonExactly(text)
  } catch (error) {
    if (error instanceof TunnelError) return refuse(`: ${error.message}`)
    throw error
  }
  if (typeof value !== 'object' || value === null) return refuse(' is neither a JSON object nor an array')
  const repeated = writtenObject(value)?.repeatedKey()
  return repeated === undefined ? value : refuse(` has the duplicate key '${repeated}'`)
}

/** Options of {@link formatNdjson}. */
export interface FormatNdjsonOptions {
  /** From how many characters on a chunk is handed on. Default 65 536; 0 makes one chunk a row. */
  readonly chunkBytes?: number | undefined
}

const formatSpec = { chunkBytes: integer(0) }

/**
 * Prints rows as JSON lines, objects or arrays as they come: BIGINT as digits, DECIMAL as a string, DATETIME as ISO text,
 * timestamps and intervals as their text, BINARY as base64, NaN and infinities as strings, a MAP as an object if its keys
 * are text, else as a list of pairs. With a schema, or the download whose rows these are, rows that are arrays become objects
 * keyed by column name.
 *
 * A function for `chain([...])` of stream-chain, good for one chain. Chunks of UTF-8 bytes come out.
 * @throws TunnelValueError ODPS_INVALID_VALUE for what has no JSON form.
 * @throws TunnelOptionError for a wrong option, at once.
 */
export function formatNdjson(options?: FormatNdjsonOptions): (row: object) => Buffer
export function formatNdjson(source: ColumnSource, options?: FormatNdjsonOptions): (row: object) => Buffer
export function formatNdjson(
  first: ColumnSource | FormatNdjsonOptions = {},
  second?: FormatNdjsonOptions,
): (row: object) => Buffer {
  const isNamed = second !== undefined || 'columns' in first
  const options = isNamed ? (second ?? {}) : (first as FormatNdjsonOptions)
  if (isNamed) checkSource('formatNdjson', first)
  checkOptions('formatNdjson', options, formatSpec)
  const toObject = isNamed ? rowsToObjects(first as ColumnSource) : undefined
  const pieces = new TextPieces(options.chunkBytes ?? 65_536)
  let rowIndex = 0
  const write = (row: object): Buffer => {
    const named = toObject !== undefined && Array.isArray(row) ? toObject(row) : row
    return pieces.add(`${formatLine(named, rowIndex++)}\n`) ?? nothing
  }
  return stage(write, { flush: () => pieces.take() })
}

const formatLine = (row: object, rowIndex: number): string => {
  try {
    return formatJsonValue(row)
  } catch (error) {
    const why = error instanceof TypeError ? `: ${error.message}` : ''
    throw new TunnelValueError(
      'ODPS_INVALID_VALUE',
      `formatNdjson: row ${rowIndex} cannot be written${why}`,
      {
        rowIndex,
      },
    )
  }
}
