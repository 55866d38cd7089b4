import { TunnelValueError } from '../errors.js'

/** One record as text, and which of its fields that read like NULL stood in quotes. */
export interface CsvRecord {
  readonly fields: readonly string[]
  readonly isQuoted: (field: number) => boolean
}

export interface CsvRecords {
  readonly records: readonly CsvRecord[]
  /** What is wrong after these records. */
  readonly error: Error | undefined
}

type CsvParse = typeof import('csv-parse')
type Parser = InstanceType<CsvParse['Parser']>

const none = (): boolean => false

/** Stands for a field in quotes whose text would else be read as NULL. */
const quotedNull = Symbol('quoted NULL')

/** Drives csv-parse chunk by chunk: slower than the scanner, for delimiters that are not ASCII. */
export class CsvReader {
  readonly #parser: Parser
  readonly #nullText: string
  #records: CsvRecord[] = []
  #failure: Error | undefined

  private constructor(parser: Parser, nullText: string) {
    this.#parser = parser
    this.#nullText = nullText
    parser.on('readable', () => this.#drain())
    parser.on('error', error => {
      this.#failure = error
    })
  }

  static async open(nullText: string, delimiter: string, maxRecordBytes: number): Promise<CsvReader> {
    const { Parser } = await import('csv-parse')
    const parser = new Parser({
      bom: true,
      cast: (value, { quoting }) => (quoting && value === nullText ? quotedNull : value),
      delimiter,
      max_record_size: maxRecordBytes,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
    })
    return new CsvReader(parser, nullText)
  }

  /** The records that a chunk completes. */
  next(bytes: Buffer): Promise<CsvRecords> {
    return this.#collect(done => this.#parser.write(bytes, done))
  }

  end(): Promise<CsvRecords> {
    return this.#collect(done => {
      this.#parser.once('end', done)
      this.#parser.once('error', done)
      this.#parser.end()
    })
  }

  close(): void {
    this.#parser.destroy()
  }

  /** The parser works in the call itself; its records are taken before an error of it could drop them. */
  async #collect(feed: (done: (error?: Error | null) => void) => void): Promise<CsvRecords> {
    const failure = await new Promise<Error | null | undefined>(resolve => {
      feed(resolve)
      this.#drain()
    })
    this.#drain()
    const records = this.#records
    this.#records = []
    const error = failure ?? this.#failure
    return { records, error: error && readable(error) }
  }

  #drain(): void {
    for (;;) {
      const record = this.#parser.read() as (string | typeof quotedNull)[] | null
      if (record === null) return
      this.#records.push({
        fields: record.map(field => (field === quotedNull ? this.#nullText : field)),
        isQuoted: field => record[field] === quotedNull,
      })
    }
  }
}

/**
 * Parses one record without its end.
 * @param where its place, for errors
 */
export const parseRecord = async (text: string, delimiter: string, where: string): Promise<CsvRecord> => {
  if (!text.includes('"')) return { fields: text.split(delimiter), isQuoted: none }
  const { parse } = await import('csv-parse/sync')
  const quoted: boolean[] = []
  try {
    const [fields = ['']] = parse(text, {
      delimiter,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n'],
      cast: (value, { index, quoting }) => {
        quoted[index] = quoting
        return value
      },
    }) as string[][]
    return { fields, isQuoted: field => quoted[field] === true }
  } catch (error) {
    throw error instanceof Error ? readable(error, `, ${where}`) : error
  }
}

export const tooLong = (where: string): TunnelValueError =>
  new TunnelValueError(
    'ODPS_FIELD_TOO_LONG',
    `parseCsv: a record is longer than maxLineBytes${where}; is a quote not closed? Else raise maxLineBytes`,
  )

/** Without the message and cause: they quote the file. */
const readable = (
  error: Error & { readonly code?: unknown; readonly lines?: unknown },
  where?: string,
): TunnelValueError => {
  const line = where ?? (typeof error.lines === 'number' ? `, around line ${error.lines}` : '')
  if (error.code === 'CSV_MAX_RECORD_SIZE') return tooLong(line)
  const known = typeof error.code === 'string' ? problems.get(error.code) : undefined
  return new TunnelValueError(
    'ODPS_INVALID_ROW',
    `parseCsv: ${known ?? `the CSV cannot be read (${error.code})`}${line}`,
  )
}

const problems = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'a quote is not closed at the end of the input'],
  ['CSV_INVALID_CLOSING_QUOTE', 'text follows the closing quote of a field'],
  ['INVALID_OPENING_QUOTE', 'a quote stands inside a field that is not quoted'],
])
