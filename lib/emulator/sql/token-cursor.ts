import { isAbsent, isReserved, type StatementWord } from './absent-sql.js'
import { formatPosition, notEmulated, parseException, type SqlError } from './sql-error.js'
import type { SqlName } from './statement.js'
import { type Token, tokenize } from './tokenize.js'

/** Walks over tokens. `accept…` moves on only over what it looks for, `expect…` fails for anything else. */
export class TokenCursor {
  readonly source: string
  /** The first word of the statement that is being parsed; undefined before it. */
  statement: StatementWord | undefined
  /** Where the first table of the statement is named, else where the statement begins. */
  nameAt = 0
  #isNamed = false
  /** Where the latest table is named. */
  latestNameAt = 0
  readonly #tokens: readonly Token[]
  #at = 0

  /** @param tokens those of a part of the source, the last of them `end` */
  constructor(source: string, tokens: readonly Token[] = tokenize(source)) {
    this.source = source
    this.#tokens = tokens
  }

  /** A new statement begins here. */
  begin(): void {
    this.statement = undefined
    this.nameAt = this.token.from
    this.#isNamed = false
  }

  /** `[line,column]` */
  positionAt(at: number): string {
    return formatPosition(this.source, at)
  }

  /** The place of the current token among all. */
  get at(): number {
    return this.#at
  }

  backTo(at: number): void {
    this.#at = at
  }

  /** The tokens from a place up to the current one. */
  tokensFrom(at: number): readonly Token[] {
    return this.#tokens.slice(at, this.#at)
  }

  get token(): Token {
    return this.#tokens[this.#at]!
  }

  get atEnd(): boolean {
    return this.token.kind === 'end'
  }

  /** The source text from one token's start to the end of the token before the current one. */
  sourceFrom(from: number): string {
    return this.source.slice(from, this.#tokens[this.#at - 1]!.to)
  }

  peekAhead(distance: number): Token {
    return this.#tokens[Math.min(this.#at + distance, this.#tokens.length - 1)]!
  }

  next(): Token {
    const token = this.token
    if (!this.atEnd) this.#at++
    return token
  }

  isWord(word: string, token: Token = this.token): boolean {
    return token.kind === 'word' && token.text.toLowerCase() === word
  }

  isSign(sign: string, token: Token = this.token): boolean {
    return token.kind === 'sign' && token.text === sign
  }

  /** Accepts all of the words, or none. */
  acceptWords(...words: readonly string[]): boolean {
    const found = words.every((word, i) => this.isWord(word, this.peekAhead(i)))
    if (found) this.#at += words.length
    return found
  }

  acceptSign(sign: string): boolean {
    const found = this.isSign(sign)
    if (found) this.#at++
    return found
  }

  expectWord(word: string): void {
    if (!this.acceptWords(word)) throw this.unexpected(word.toUpperCase())
  }

  expectSign(sign: string): void {
    if (!this.acceptSign(sign)) throw this.unexpected(`'${sign}'`)
  }

  get #atWord(): boolean {
    return this.token.kind === 'word' || this.token.kind === 'name'
  }

  get #atName(): boolean {
    return this.#atWord && !isReserved(this.token)
  }

  /** A name, as the service keeps it: in lower case. */
  expectName(what: string): string {
    if (!this.#atName) throw this.unexpected(what)
    return this.next().text.toLowerCase()
  }

  /** `t`, `a.t` or `a.b.t`; case is kept. Behind a point every word is a name: PyODPS quotes none. */
  expectTableName(): SqlName {
    const parts: string[] = []
    if (!this.#isNamed) this.nameAt = this.token.from
    this.#isNamed = true
    this.latestNameAt = this.token.from
    do {
      if (parts.length === 0 ? !this.#atName : !this.#atWord) throw this.unexpected('a table name')
      if (parts.length === 3) throw this.unexpected('the end of the table name')
      parts.push(this.next().text)
    } while (this.acceptSign('.'))
    return parts
  }

  expectString(what: string): string {
    if (this.token.kind !== 'string') throw this.unexpected(what)
    return this.next().text
  }

  expectInteger(what: string): number {
    const value = Number(this.token.text)
    if (this.token.kind !== 'number' || !Number.isSafeInteger(value)) throw this.unexpected(what)
    this.next()
    return value
  }

  /** `( item, item, … )` */
  list<T>(item: () => T): T[] {
    this.expectSign('(')
    const items = [item()]
    while (this.acceptSign(',')) items.push(item())
    this.expectSign(')')
    return items
  }

  unexpected(wanted: string): SqlError {
    if (isAbsent(this.statement, this.token)) return this.notEmulated()
    return this.fail(`invalid token ${this.#found}, expect ${wanted}`, this.token.from)
  }

  /** The current token is where right SQL goes on in a way that the emulator lacks. */
  notEmulated(what = this.#found): SqlError {
    return notEmulated(this.source, this.token.from, what)
  }

  get #found(): string {
    const { kind, text } = this.token
    return kind === 'end' ? 'the end' : `'${text.length > 40 ? `${text.slice(0, 37)}...` : text}'`
  }

  fail(what: string, at = this.token.from): SqlError {
    return parseException(this.source, at, what)
  }
}
