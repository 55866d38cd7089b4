import { TunnelValueError } from '../../errors.js'
import type { DataType } from '../../schema/data-type.js'
import { Timestamp } from '../../values/timestamp.js'
import { type CellTextOptions, formatCell } from '../cell-text.js'
import { escapedText, hasLoneSurrogates } from '../escaped-text.js'

export interface PrintSyntax {
  readonly delimiter: string
  readonly end: string
  /** Around fields that need it; undefined: never. */
  readonly quote: string | undefined
  readonly nullText: string
  /** As javacsv quotes, with which odpscmd writes: what reads like NULL stays NULL, and the first field is never bare and empty. */
  readonly isJavacsv?: boolean
}

/** How the cells of one column are printed. */
export interface PrintedColumn {
  readonly print: (value: unknown) => string
  /** Whether what is printed has only digits, ASCII letters, `+`, `-`, `.`, `:` and blanks between them. */
  readonly isPlain: boolean
}

/** A cell that has no form without quotes: `bare` holds a delimiter or a line end, `empty` reads like NULL. */
export type WithoutForm = 'bare' | 'empty'

/** Where something went wrong, for messages that name column and row. */
export class CellFailure {
  readonly row: number
  readonly column: number
  readonly cause: unknown

  constructor(row: number, column: number, cause: unknown) {
    this.row = row
    this.column = column
    this.cause = cause
  }
}

/**
 * Prints rows as records of CSV. A field stands in quotes when any usual program could read something else without them:
 * also with blanks at its ends, which many readers trim, or alone and empty, where a line would be blank.
 */
export class CsvPrinter {
  readonly #columns: readonly PrintedColumn[]
  readonly #syntax: PrintSyntax
  readonly #marks: RegExp
  readonly #isPlain: readonly boolean[]
  /** NULL in the first field. */
  readonly #firstNull: string
  readonly #onWithoutForm: ((column: number, what: WithoutForm) => void) | undefined

  /** @param onWithoutForm called for such a cell, which is printed as it is; without this it is an error */
  constructor(
    columns: readonly PrintedColumn[],
    syntax: PrintSyntax,
    onWithoutForm?: (column: number, what: WithoutForm) => void,
  ) {
    this.#columns = columns
    this.#syntax = syntax
    this.#onWithoutForm = onWithoutForm
    const { delimiter, end, quote, nullText, isJavacsv = false } = syntax
    this.#firstNull = isJavacsv && quote !== undefined && nullText === '' ? quote + quote : nullText
    const lineEnds = quote !== undefined || /^\r?\n$/.test(end) ? ['\r', '\n'] : []
    const special = [delimiter, end, ...lineEnds, ...(quote === undefined ? [] : [quote, '\ufeff'])]
    const beginnings = [...beginningsOf(delimiter), ...beginningsOf(end)]
    this.#marks = new RegExp(
      [...special.map(escapeExpression), ...beginnings.map(text => `${escapeExpression(text)}$`)].join('|'),
    )
    const isApart =
      !special.some(text => plainSign.test(text)) && (nullText === '' || !plainText.test(nullText))
    this.#isPlain = columns.map(column => column.isPlain && isApart)
  }

  /**
   * Cells are printed by their columns, null and undefined are NULL.
   * @throws CellFailure
   */
  records(rows: readonly (readonly unknown[])[]): string {
    const { delimiter, end, nullText } = this.#syntax
    const columns = this.#columns
    const isPlain = this.#isPlain
    let text = ''
    let row = 0
    let i = 0
    try {
      for (; row < rows.length; row++) {
        const cells = rows[row]!
        for (i = 0; i < columns.length; i++) {
          const cell = cells[i]
          if (i > 0) text += delimiter
          if (cell === null || cell === undefined) text += i === 0 ? this.#firstNull : nullText
          else if (isPlain[i]) text += columns[i]!.print(cell)
          else text += this.#field(columns[i]!.print(cell), i)
        }
        text += end
      }
    } catch (error) {
      throw new CellFailure(row, i, error)
    }
    return text
  }

  /** A record of texts. */
  record(fields: readonly string[]): string {
    return fields.map((field, i) => this.#field(field, i)).join(this.#syntax.delimiter) + this.#syntax.end
  }

  #field(text: string, column: number): string {
    const { quote, nullText, isJavacsv } = this.#syntax
    const isNull = text === nullText
    if (isNull && isJavacsv && quote !== undefined) {
      this.#withoutForm(column, 'empty')
      return column === 0 ? this.#firstNull : text
    }
    if (quote === undefined) {
      if (isNull) this.#withoutForm(column, 'empty')
      else if (this.#marks.test(text) || (column === 0 && text.startsWith('\ufeff')))
        this.#withoutForm(column, 'bare')
      return text
    }
    const isComment = isJavacsv && column === 0 && text.startsWith('#')
    if (!isNull && !isComment && !this.#marks.test(text) && !this.#isOdd(text)) return text
    return quote + text.replaceAll(quote, quote + quote) + quote
  }

  #withoutForm(column: number, what: WithoutForm): void {
    if (this.#onWithoutForm === undefined)
      throw new TunnelValueError(
        'ODPS_INVALID_VALUE',
        what === 'empty' ? 'the text would be read as NULL' : 'the text holds a delimiter or a line end',
      )
    this.#onWithoutForm(column, what)
  }

  /** What a reader may take for something else though it holds no mark. */
  #isOdd(text: string): boolean {
    if (text === '') return this.#columns.length === 1
    const first = text.charCodeAt(0)
    const last = text.charCodeAt(text.length - 1)
    if (first === 32 || first === 9 || last === 32 || last === 9) return true
    // PostgreSQL's end of data; and what begins like a byte order mark in an encoding of one byte.
    return first === 92 ? text === '\\.' : first >= 0xef && first <= 0xff && /^(?:ÿþ|þÿ|ï»¿)/.test(text)
  }
}

const plainSign = /[0-9A-Za-z+\-.: ]/
const plainText = /^[0-9A-Za-z+\-.: ]*$/

/** A field that ends with one of these would be read as the beginning of what follows it. */
const beginningsOf = (delimiter: string): string[] =>
  Array.from({ length: delimiter.length - 1 }, (_, i) => delimiter.slice(0, i + 1))

const escapeExpression = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** Text without lone surrogates, or bytes that may be none. */
const printText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return hasLoneSurrogates(value) ? undefined : value
  return value instanceof Uint8Array ? escapedText(value) : undefined
}

/** Prints what `formatCell` prints, common values of common types without its many steps. */
export const printedColumn = (type: DataType, options: CellTextOptions): PrintedColumn => {
  const any = (value: unknown): string => formatCell(value, type, options)
  const isUtc = options.timeZone === undefined || options.timeZone === 'UTC'
  switch (type.kind) {
    case 'string':
    case 'varchar':
    case 'char':
      return { print: value => printText(value) ?? notText(value), isPlain: false }
    case 'bigint':
    case 'tinyint':
    case 'smallint':
    case 'int':
      return {
        print: value =>
          typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : any(value),
        isPlain: true,
      }
    case 'double':
      return {
        print: value => (typeof value === 'number' && value !== 0 ? printDouble(value) : any(value)),
        isPlain: true,
      }
    case 'datetime':
      return { print: isUtc ? value => printDatetime(value) ?? any(value) : any, isPlain: true }
    case 'timestamp':
    case 'timestamp_ntz': {
      const zone = type.kind === 'timestamp' ? 'Z' : ''
      const isQuick = isUtc || zone === ''
      return { print: isQuick ? value => printTimestamp(value, zone) ?? any(value) : any, isPlain: true }
    }
    case 'boolean':
      return {
        print: value => (value === true ? 'true' : value === false ? 'false' : any(value)),
        isPlain: true,
      }
    case 'decimal':
      return {
        print: value => (typeof value === 'string' && plainDecimal.test(value) ? value : any(value)),
        isPlain: true,
      }
    case 'float':
      return { print: any, isPlain: true }
    case 'date':
      return { print: value => (typeof value === 'string' ? value : any(value)), isPlain: false }
    default:
      return { print: any, isPlain: false }
  }
}

const notText = (value: unknown): never => {
  if (typeof value !== 'string') return formatCell(value, { kind: 'string' }, {}) as never
  throw new TunnelValueError(
    'ODPS_INVALID_VALUE',
    'the text holds half a pair of surrogates, which is no character',
  )
}

/**
 * The same digits as String(value), sooner where they are few: of decimals with at most 15 digits no two are the same
 * double, so that one which reads back to the value is the shortest there is.
 */
const printDouble = (value: number): string => {
  const size = Math.abs(value)
  if (size < 1e9)
    for (let scale = 1, digits = 0; digits <= 4; scale *= 10, digits++) {
      const scaled = Math.round(size * scale)
      if (scaled / scale !== size) continue
      const sign = value < 0 ? '-' : ''
      if (digits === 0) return sign + scaled
      const whole = Math.floor(size)
      return `${sign}${whole}.${String(scaled - whole * scale).padStart(digits, '0')}`
    }
  return String(value)
}

const plainDecimal = /^-?\d+(?:\.\d+)?$/

const twoDigits = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'))
const daySeconds = 86_400

/** Within the years of four digits, 0001 to 9999. */
const firstSecond = -62_135_596_800
const lastSecond = 253_402_214_400

/** Days that were printed before: rows mostly share a few. */
const days = new Map<number, string>()
const maxDays = 10_000

const dayText = (day: number): string => {
  let text = days.get(day)
  if (text === undefined) {
    if (days.size >= maxDays) days.clear()
    text = new Date(day * daySeconds * 1000).toISOString().slice(0, 11)
    days.set(day, text)
  }
  return text
}

/** `YYYY-MM-DDTHH:MM:SS.` */
const secondText = (seconds: number): string => {
  const day = Math.floor(seconds / daySeconds)
  const rest = seconds - day * daySeconds
  const [hour, minute] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60]
  return `${dayText(day)}${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[rest % 60]}.`
}

const printDatetime = (value: unknown): string | undefined => {
  if (!(value instanceof Date)) return undefined
  const ms = value.getTime()
  const seconds = Math.floor(ms / 1000)
  if (!(seconds >= firstSecond && seconds < lastSecond)) return undefined
  const rest = ms - seconds * 1000
  return `${secondText(seconds)}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
}

const printTimestamp = (value: unknown, zone: string): string | undefined => {
  if (!(value instanceof Timestamp)) return undefined
  const seconds = Number(value.seconds)
  if (!(seconds >= firstSecond && seconds < lastSecond)) return undefined
  return `${secondText(seconds)}${String(value.nanos).padStart(9, '0')}${zone}`
}
