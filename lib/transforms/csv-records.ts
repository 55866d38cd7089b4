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

interface RawRecord {
  readonly record: readonly string[]
  readonly raw: string
}

type CsvParse = typeof import('csv-parse')
type CsvParseSync = typeof import('csv-parse/sync')
type Parser = InstanceType<CsvParse['Parser']>

const none = (): boolean => false

/**
 * Drives csv-parse chunk by chunk. The parser tells for each field whether it was quoted only through its option `cast`,
 * which makes it ten times slower; so a record that has the text of NULL in quotes is parsed a second time to find out.
 */
export class CsvReader {
  readonly #parser: Parser
  readonly #parseAgain: CsvParseSync['parse']
  readonly #nullText: string
  readonly #delimiter: string
  readonly #quotedNull: string
  #records: CsvRecord[] = []
  #failure: Error | undefined

  private constructor(
    parser: Parser,
    parseAgain: CsvParseSync['parse'],
    nullText: string,
    delimiter: string,
  ) {
    this.#parser = parser
    this.#parseAgain = parseAgain
    this.#nullText = nullText
    this.#delimiter = delimiter
    this.#quotedNull = `"${nullText}"`
    parser.on('readable', () => this.#drain())
    parser.on('error', error => {
      this.#failure = error
    })
  }

  static async open(nullText: string, delimiter: string, maxRecordBytes: number): Promise<CsvReader> {
    const [{ Parser }, { parse }] = await Promise.all([import('csv-parse'), import('csv-parse/sync')])
    const parser = new Parser({
      bom: true,
      delimiter,
      max_record_size: maxRecordBytes,
      raw: true,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
    })
    return new CsvReader(parser, parse, nullText, delimiter)
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
      const record = this.#parser.read() as RawRecord | null
      if (record === null) return
      this.#records.push(this.#recordOf(record))
    }
  }

  #recordOf({ record, raw }: RawRecord): CsvRecord {
    const ambiguous = raw.includes(this.#quotedNull) && record.includes(this.#nullText)
    return { fields: record, isQuoted: ambiguous ? this.#quotesOf(raw) : none }
  }

  #quotesOf(raw: string): (field: number) => boolean {
    const quoted: boolean[] = []
    this.#parseAgain(raw.replace(/[\r\n]+$/, ''), {
      delimiter: this.#delimiter,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n'],
      cast: (value, { index, quoting }) => {
        quoted[index] = quoting
        return value
      },
    })
    return field => quoted[field] === true
  }
}

/** Without the message and cause: they quote the file. */
const readable = (error: Error & { readonly code?: unknown; readonly lines?: unknown }): TunnelValueError => {
  const line = typeof error.lines === 'number' ? `, around line ${error.lines}` : ''
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return new TunnelValueError(
      'ODPS_FIELD_TOO_LONG',
      `parseCsv: a record is longer than maxLineBytes${line}; is a quote not closed? Else raise maxLineBytes`,
    )
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
