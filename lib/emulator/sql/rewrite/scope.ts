import type { SqlError } from '../sql-error.js'
import { quoteName } from './names.js'

/*
 * What one SELECT refers to. While its text is written, columns, calls of aggregate functions and calls over windows are
 * only marked in it; what stands for a mark is known when the whole SELECT has been read (layers.ts). A mark is made of
 * characters that quoted text never holds.
 */

/** `c`: a column, `a`: an aggregate, `w`: a window, `k`: an expression of GROUP BY. */
export type MarkKind = 'c' | 'a' | 'w' | 'k'

export const mark = (kind: MarkKind, index: number): string => `\uE000${kind}${index}\uE001`

/** Gives each mark its text. */
export const replaceMarks = (text: string, replace: (kind: MarkKind, index: number) => string): string =>
  text.replace(/\uE000([cawk])(\d+)\uE001/g, (_, kind: MarkKind, index: string) =>
    replace(kind, Number(index)),
  )

export const hasMark = (text: string, kinds: string): boolean => new RegExp(`\uE000[${kinds}]`).test(text)

export class Scope {
  /** Columns as they are written, in DuckDB's quotes. */
  readonly columns: (readonly string[])[] = []
  /** Calls, which may hold marks themselves. */
  readonly aggregates: string[] = []
  readonly windows: string[] = []
  /** The names of what stands in FROM, in DuckDB's quotes. */
  readonly sources = new Set<string>()
  /** Unlike that of any other SELECT in the query. */
  readonly level: string
  readonly #outer: Scope | undefined
  readonly #refusal: () => SqlError
  #isDeep: boolean

  /**
   * @param outer the SELECT around it, if columns may be those of that one
   * @param refusal for such columns where DuckDB, as of 1.5, doesn't survive them: more than one level away
   * @param isDeep whether it stands in a sub-query within a sub-query
   */
  constructor(level: string, outer: Scope | undefined, refusal: () => SqlError, isDeep: boolean) {
    this.level = level
    this.#outer = outer
    this.#refusal = refusal
    this.#isDeep = isDeep
  }

  /** Whether columns may be those of a query around it. */
  get isNested(): boolean {
    return this.#outer !== undefined
  }

  /** The SELECT becomes several, one within the other. */
  split(): void {
    this.#isDeep = true
  }

  column(names: readonly string[]): string {
    return this.#markColumn(names.map(quoteName))
  }

  #markColumn(quoted: readonly string[]): string {
    return markOf('c', this.columns, quoted, column => column.join('.') === quoted.join('.'))
  }

  aggregate(call: string): string {
    return markOf('a', this.aggregates, call, other => other === call)
  }

  window(call: string): string {
    return markOf('w', this.windows, call, other => other === call)
  }

  /**
   * A value of its own for each row, which is made once per call however often it is used: so it gets a column, as a window
   * does. Equal texts would share one.
   */
  random(call: string): string {
    const index = this.windows.length
    this.windows.push(`${call}/*${index}*/`)
    return mark('w', index)
  }

  /**
   * A column where FROM is in reach. DuckDB doesn't know the type of a column of a query around when it chooses a macro's
   * overload, but it knows that of a query of its own. Such a column is marked in that query, which may have it under
   * another name; without its table's name it can't be told from an own one.
   */
  columnText(index: number): string {
    const column = this.columns[index]!
    const text = column.join('.')
    const isOwn = column.length > 1 && this.sources.has(column[0]!)
    if (this.#outer === undefined || isOwn) return text
    if (this.#isDeep) throw this.#refusal()
    return `(SELECT ${column.length === 1 ? text : this.#outer.#markColumn(column)})`
  }

  /** Text at the level of FROM and WHERE. */
  rowText(text: string): string {
    return replaceMarks(text, (_, index) => this.columnText(index))
  }
}

const markOf = <T>(kind: MarkKind, list: T[], item: T, isSame: (other: T) => boolean): string => {
  const found = list.findIndex(isSame)
  return mark(kind, found < 0 ? list.push(item) - 1 : found)
}
