import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TunnelValueError } from '../../index.js'
import { CsvFormatter } from '../../text/csv/formatter.js'
import { escapedBytes } from '../../text/escaped-text.js'
import { exitCode } from '../exit-code.js'
import type { Place } from '../files/place.js'
import { openSink, outputPlaceOf, type Sink } from '../files/sink.js'
import { delimitedSyntax } from '../formats/csv/syntax.js'
import { isUtf8Name } from '../formats/encoding/encoding.js'
import type { BadRecord, RowSource } from '../formats/row-source.js'
import type { TextOptions } from '../formats/text-options.js'
import type { Terminal } from '../terminal.js'
import { CliError, UsageError } from '../usage-error.js'
import { countOf } from './units.js'

/*
 * Records that cannot be read are kept as they stood in the file, so that they can be mended and loaded by themselves.
 * There is a limit, because a file with the wrong delimiter has nothing but bad records, and would end as a success
 * that loaded nothing.
 *
 * A file of bad records reads back with the options of its upload: it has their signs, and as it is UTF-8 whatever they say, a byte
 * order mark. Its one header is that of the first file with a bad record; the fields of another file go below the same names.
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
  /** Columns of the file of bad records; undefined as long as there are none. */
  #names: readonly string[] | undefined
  #count = 0
  #last: string | undefined
  #first: string | undefined

  readonly #formatFields: ((fields: readonly unknown[]) => string) | undefined
  readonly #end: string
  readonly #mark: string

  constructor(path: string | undefined, limit: number, options: TextOptions, terminal: Terminal) {
    this.#terminal = terminal
    this.#path = path
    this.#limit = limit
    this.#end = options.recordDelimiter ?? '\n'
    this.#mark = isUtf8Name(options.encoding) ? '' : '\ufeff'
    this.#formatFields = path === undefined ? undefined : formatterFor(path, options)
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
    const { isText, ...rest } = bad
    const formatFields = this.#formatFields
    if (formatFields === undefined) return `${JSON.stringify({ file: path, ...rest })}\n`
    const names = source.hasNames ? source.fields.map(field => field.name) : []
    this.#names ??= names
    const order = orderOf(names, this.#names)
    if (order === undefined) return isText ? `${bad.fields[0]}${this.#end}` : formatFields(bad.fields)
    if (isText || order === 'other' || bad.fields.length !== names.length)
      throw new CliError(
        `${path}, record ${bad.record}: ${bad.reason}; it does not fit below the header of ${this.#path}, which is that of another file`,
        'Use --bad-records <file>.jsonl, which needs no header, or upload the files one by one',
        { exitCode: exitCode.badRecords },
      )
    return formatFields(order.map(i => (i < 0 ? null : bad.fields[i])))
  }

  get #head(): string {
    const hasNames = this.#names !== undefined && this.#names.length > 0
    if (this.#formatFields === undefined) return ''
    return this.#mark + (hasNames ? this.#formatFields(this.#names!) : '')
  }

  /** Writes what has gathered. @throws CliError when there are too many */
  async flush(): Promise<void> {
    if (this.#path !== undefined && this.#lines.length > 0) {
      const isNew = this.#file === undefined
      this.#file ??= await openSink(this.#path, this.#terminal)
      await this.#file.write(escapedBytes((isNew ? this.#head : '') + this.#lines.join('')))
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

/** Undefined for a file that gets JSON. */
const formatterFor = (
  path: string,
  options: TextOptions,
): ((fields: readonly unknown[]) => string) | undefined => {
  const [, format] = /\.(csv|tsv)$/i.exec(path) ?? []
  if (format === undefined) return undefined
  const {
    delimiter,
    recordDelimiter = '\n',
    quote,
    nullText,
  } = delimitedSyntax(format.toLowerCase() as 'csv' | 'tsv', options)
  return fields =>
    new CsvFormatter(
      fields.map(() => ({ format: String, isPlain: false })),
      { delimiter, end: recordDelimiter, quote, nullText },
      () => {},
    ).records([fields])
}

/** Where the columns of a header are among the names of a file; undefined: in the same places. */
const orderOf = (
  names: readonly string[],
  header: readonly string[],
): readonly number[] | 'other' | undefined => {
  const [own, wanted] = [names, header].map(all => all.map(name => name.toLowerCase()))
  if (own!.length === wanted!.length && own!.every((name, i) => name === wanted![i])) return undefined
  const isKnown = new Set(own).size === own!.length && own!.every(name => wanted!.includes(name))
  return isKnown ? wanted!.map(name => own!.indexOf(name)) : 'other'
}
