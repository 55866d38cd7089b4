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
  /** Whether columns may be those of a query around it. */
  readonly isNested: boolean

  constructor(isNested: boolean) {
    this.isNested = isNested
  }

  column(names: readonly string[]): string {
    const quoted = names.map(quoteName)
    return markOf('c', this.columns, quoted, column => column.join('.') === quoted.join('.'))
  }

  aggregate(call: string): string {
    return markOf('a', this.aggregates, call, other => other === call)
  }

  window(call: string): string {
    return markOf('w', this.windows, call, other => other === call)
  }

  /**
   * A column where FROM is in reach. Of a column of a query around it DuckDB doesn't know the type when it chooses a macro's
   * overload, but of a query of its own it does.
   */
  columnText(index: number): string {
    const column = this.columns[index]!
    const text = column.join('.')
    const isOwn = column.length > 1 && this.sources.has(column[0]!)
    return this.isNested && !isOwn ? `(SELECT ${text})` : text
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
