import { notEmulated, type SqlError } from '../sql-error.js'
import type { TokenCursor } from '../token-cursor.js'
import type { Token } from '../tokenize.js'
import { quoteName } from './names.js'
import { Scope } from './scope.js'

/** A table that a query names. */
export interface TableUse {
  /** The name as it is written, without quotes: table, schema and table, or project, schema and table. */
  readonly parts: readonly string[]
  /** The name it has in the rewritten query; one for each spelling of a table, whatever its case. */
  readonly alias: string
  /** Where it is named first. */
  readonly offset: number
}

/** A part of a query as DuckDB's SQL. */
export interface Expression {
  readonly sql: string
  /** Where it begins in the source. */
  readonly at: number
  /** The name a SELECT gives it, if it is a column or a field. */
  readonly name?: string
  /** The value of a text literal. */
  readonly text?: string
  /** The value of a whole number literal. */
  readonly integer?: bigint
}

/** The two parts of the grammar that stand within each other and within all others. */
export interface Grammar {
  /** A query up to its end, or to the bracket that closes it. */
  readonly query: (r: Rewriting) => string
  readonly expression: (r: Rewriting) => Expression
}

/** What is known while one query is rewritten: where it is read, its tables, and the names of WITH. */
export class Rewriting {
  readonly cursor: TokenCursor
  readonly #uses = new Map<string, TableUse>()
  readonly #prefix: string
  #commonNames: ReadonlySet<string> = new Set()

  readonly #grammar: Grammar
  #isNested = false
  #isValue = false
  /** How many sub-queries that are values, or stand in conditions, are open. */
  #nesting = 0
  #depth = 0
  #scopes = 0
  #scope: Scope

  constructor(cursor: TokenCursor, tokens: readonly Token[], grammar: Grammar) {
    this.cursor = cursor
    this.#grammar = grammar
    this.#scope = new Scope('', undefined, () => this.refuse('a column'), false)
    this.#prefix = unusedPrefix(tokens)
  }

  get tables(): TableUse[] {
    return [...this.#uses.values()]
  }

  expression(): Expression {
    return this.within(() => this.#grammar.expression(this))
  }

  /** Work that reads something within something of its kind. @throws SqlError beyond 100 levels */
  within<T>(work: () => T): T {
    if (this.#depth === 100) throw this.refuse('a query that is nested more than 100 levels')
    this.#depth++
    const result = work()
    this.#depth--
    return result
  }

  /** One or more, with commas between. */
  expressions(): Expression[] {
    const list = [this.expression()]
    while (this.cursor.acceptSign(',')) list.push(this.expression())
    return list
  }

  /**
   * A query in brackets; names of WITH inside are not known behind.
   * @param place `value`: it may name columns of the query around it, and so may `exists`, of which only the number of rows
   * counts; `source`: it stands in FROM or WITH and may not; `operand`: it is a part of the query that is being read
   */
  subquery(place: 'value' | 'exists' | 'source' | 'operand'): string {
    const [outer, wasNested, nesting] = [this.#commonNames, this.#isNested, this.#nesting]
    const isInner = place === 'value' || place === 'exists'
    if (place !== 'operand') this.#isNested = isInner
    if (isInner) this.#nesting++
    this.#isValue = place === 'value'
    this.cursor.expectSign('(')
    const sql = this.within(() => this.#grammar.query(this))
    this.cursor.expectSign(')')
    this.#commonNames = outer
    this.#isNested = wasNested
    this.#nesting = nesting
    return `(${sql})`
  }

  /** Whether the query that begins here is one value; asked once. */
  takeIsValue(): boolean {
    const isValue = this.#isValue
    this.#isValue = false
    return isValue
  }

  /** What `work` writes belongs to a SELECT of its own. */
  inScope<T>(work: (scope: Scope) => T): T {
    const outer = this.#scope
    const { from: at } = this.cursor.token
    const what =
      'a column of a query around, or one without the name of its table, in a sub-query with groups or within a sub-query'
    this.#scope = new Scope(
      `${this.#scopes++}`,
      this.#isNested ? outer : undefined,
      () => this.refuse(what, at),
      this.#nesting > 1,
    )
    const result = work(this.#scope)
    this.#scope = outer
    return result
  }

  /** The SELECT that is being read. */
  get scope(): Scope {
    return this.#scope
  }

  /** Whether a bracket opens here and a query stands in it. */
  get atSubquery(): boolean {
    const { cursor: c } = this
    let distance = 0
    while (c.isSign('(', c.peekAhead(distance))) distance++
    const token = c.peekAhead(distance)
    return distance > 0 && (c.isWord('select', token) || c.isWord('with', token))
  }

  /** The name in DuckDB of what a FROM names, in quotes: a name of WITH, or a table that is noted. */
  placeOf(parts: readonly string[], offset: number): string {
    const key = parts.join('\0').toLowerCase()
    if (parts.length === 1 && this.#commonNames.has(key)) return quoteName(key)
    const known = this.#uses.get(key)
    const use = known ?? { parts, alias: `${this.#prefix}${this.#uses.size}`, offset }
    this.#uses.set(key, use)
    return use.alias
  }

  addCommonName(name: string): void {
    this.#commonNames = new Set([...this.#commonNames, name])
  }

  refuse(what: string, at = this.cursor.token.from): SqlError {
    return notEmulated(this.cursor.source, at, what)
  }
}

/** With a number behind it, it is none of the query's own names. */
const unusedPrefix = (tokens: readonly Token[]): string => {
  let prefix = 't'
  while (
    tokens.some(({ text }) => text.toLowerCase().startsWith(prefix) && /^\d/.test(text.slice(prefix.length)))
  )
    prefix += '_'
  return prefix
}

/** As a VARCHAR, as MaxCompute converts where it wants a STRING. */
export const asText = ({ sql, text }: Expression): string => {
  if (sql === 'NULL') return 'NULL::VARCHAR'
  return text === undefined ? `mc_to_string(${sql})` : sql
}
