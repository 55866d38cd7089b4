import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TunnelValueError } from '../../index.js'
import { CsvFormatter } from '../../text/csv/formatter.js'
import { escapedBytes } from '../../text/escaped-text.js'
import { exitCode } from '../exit-code.js'
import type { Place } from '../files/place.js'
import { openSink, outputPlaceOf, type Sink } from '../files/sink.js'
import type { BadRecord, RowSource } from '../formats/row-source.js'
import type { Terminal } from '../terminal.js'
import { CliError, UsageError } from '../usage-error.js'
import { countOf } from './units.js'

/*
 * Records that cannot be read are kept as they stood in the file, so that they can be mended and loaded by themselves.
 * There is a limit, because a file with the wrong delimiter has nothing but bad records, and would end as a success
 * that loaded nothing.
 */

/**
 * Sets bad records aside, as long as there are not too many. A file whose name ends in .csv or .tsv gets the records as
 * they were, to be loaded again; any other gets a JSON object a record, with the reason.
 */
export class BadRecords {
  readonly #path: string | undefined
  readonly #limit: number
  readonly #terminal: Terminal
  #file: Sink | undefined
  #lines: string[] = []
  #header = ''
  #count = 0
  #last: string | undefined
  #first: string | undefined

  readonly #nullText: string

  constructor(path: string | undefined, limit: number, nullText: string, terminal: Terminal) {
    this.#terminal = terminal
    this.#path = path
    this.#limit = limit
    this.#nullText = nullText
  }

  get count(): number {
    return this.#count
  }

  /** For the end of a report, empty without any: what became of them. */
  get summary(): string {
    if (this.#count === 0) return ''
    return `, ${countOf(this.#count, 'bad record')} ${this.#path === undefined ? 'skipped' : `written to ${this.#path}`}`
  }

  /** What was wrong with the last one. */
  get last(): string | undefined {
    return this.#last
  }

  /** Whether there are more than may be. */
  get exceeded(): boolean {
    return this.#count > this.#limit
  }

  add(bad: BadRecord, path: string, source: Pick<RowSource, 'fields' | 'hasNames'>): void {
    this.#count++
    this.#last = formatBadRecord(bad, path)
    this.#first ??= this.#last
    if (this.#path === undefined || this.exceeded) return
    this.#lines.push(this.#print(bad, path, source))
  }

  #print(bad: BadRecord, path: string, source: Pick<RowSource, 'fields' | 'hasNames'>): string {
    const delimiter = /\.csv$/i.test(this.#path!) ? ',' : /\.tsv$/i.test(this.#path!) ? '\t' : undefined
    const { isText, ...rest } = bad
    if (delimiter === undefined) return `${JSON.stringify({ file: path, ...rest })}\n`
    if (this.#header === '' && source.hasNames)
      this.#header = formatFields(
        source.fields.map(field => field.name),
        delimiter,
        this.#nullText,
      )
    return isText ? `${bad.fields[0]}\n` : formatFields(bad.fields, delimiter, this.#nullText)
  }

  /** Writes what has gathered. @throws CliError when there are too many */
  async flush(): Promise<void> {
    if (this.#path !== undefined && this.#lines.length > 0) {
      const isNew = this.#file === undefined
      this.#file ??= await openSink(this.#path, this.#terminal)
      await this.#file.write(escapedBytes((isNew ? this.#header : '') + this.#lines.join('')))
      this.#lines = []
    }
    if (this.exceeded) throw this.#tooMany()
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  #tooMany(): CliError {
    const next =
      this.#limit === 0
        ? 'Correct it, or write bad records to a file: --bad-records <file> [--max-bad-records <n>]'
        : `Raise --max-bad-records${this.#path === undefined ? '' : `; those up to the limit are in ${this.#path}`}`
    const what =
      this.#limit === 0 ? this.#first! : `more than ${this.#limit} bad records; the last: ${this.#last}`
    return new CliError(what, next, { exitCode: exitCode.badRecords })
  }
}

/**
 * Where bad records will be written; nothing is created, because there may be none.
 * @throws UsageError where no file can be
 */
export const badRecordsPlace = async (path: string, terminal: Terminal): Promise<Place> => {
  const place = await outputPlaceOf(path, terminal)
  if (place.kind !== 'file') return place
  const isThere = place.stats !== undefined
  const needed = isThere ? constants.W_OK : constants.W_OK | constants.X_OK
  try {
    await access(isThere ? place.path : dirname(place.path), needed)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new UsageError(
      `--bad-records ${path} cannot be written: ${isMissing ? 'its folder does not exist' : `${isThere ? 'the file' : 'its folder'} is not writable`}`,
      isMissing ? 'Create the folder, or use another file' : 'Use another file',
    )
  }
  return place
}

/** Where it is, and what is wrong with it. */
export const formatBadRecord = ({ record, column, reason }: BadRecord, path: string): string =>
  `${path}, record ${record}${column === undefined ? '' : `, column '${column}'`}: ${reason}`

/** A row that was made, and that the table does not take: a text too long, a number out of range. */
export const badRowOf = (
  { message, column, code }: TunnelValueError,
  { record, fields }: Pick<BadRecord, 'record' | 'fields'>,
): BadRecord => {
  const reason = message.replace(/^Row \d+(?:, column '[^']*')?:? ?/, '')
  return { record, fields, column, code, reason }
}

const formatFields = (fields: readonly unknown[], delimiter: string, nullText: string): string =>
  new CsvFormatter(
    fields.map(() => ({ format: String, isPlain: false })),
    { delimiter, end: '\n', quote: '"', nullText },
  ).records([fields])
