import { TunnelValueError } from '../../errors.js'
import type { CellFormatter } from './cell-formatter.js'
import { escapeExpression } from './escape-expression.js'

export interface FormatSyntax {
  readonly delimiter: string
  readonly end: string
  /** Around fields that need it; undefined: never. */
  readonly quote: string | undefined
  readonly nullText: string
  /** As javacsv quotes, with which odpscmd writes: what reads like NULL stays NULL, and the first field is never bare and empty. */
  readonly isJavacsv?: boolean
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
export class CsvFormatter {
  readonly #columns: readonly CellFormatter[]
  readonly #syntax: FormatSyntax
  readonly #marks: RegExp
  readonly #isPlain: readonly boolean[]
  /** NULL in the first field. */
  readonly #firstNull: string
  readonly #onWithoutForm: ((column: number, what: WithoutForm) => void) | undefined

  /** @param onWithoutForm called for such a cell, which is printed as it is; without this it is an error */
  constructor(
    columns: readonly CellFormatter[],
    syntax: FormatSyntax,
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
          else if (isPlain[i]) text += columns[i]!.format(cell)
          else text += this.#field(columns[i]!.format(cell), i)
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
        what === 'empty' ? 'the text would be read as NULL' : 'the text contains a delimiter or a line end',
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
