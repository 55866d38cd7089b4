import { isReserved } from '../absent-sql.js'
import type { Token } from '../tokenize.js'
import { writeCall } from './call.js'
import { writeCase, writeCast, writeExtract } from './cast.js'
import { compare, comparisonSigns } from './compare.js'
import { readLiteral } from './literal.js'
import { quoteName } from './names.js'
import { asText, type Expression, type Rewriting } from './rewriting.js'

/*
 * Expressions by precedence, written with all their brackets. An operator whose meaning depends on types becomes a macro
 * (macros.ts).
 */

export const writeExpression = (r: Rewriting): Expression => writeOr(r)

const writeOr = (r: Rewriting): Expression => {
  let left = writeAnd(r)
  while (r.cursor.acceptWords('or')) left = join(left, `(${left.sql} OR ${writeAnd(r).sql})`)
  return left
}

const writeAnd = (r: Rewriting): Expression => {
  let left = writeNot(r)
  while (r.cursor.acceptWords('and')) left = join(left, `(${left.sql} AND ${writeNot(r).sql})`)
  return left
}

const writeNot = (r: Rewriting): Expression => {
  const at = r.cursor.token.from
  const isNot = r.cursor.acceptWords('not') || (signsAt(r, 2) !== '!=' && r.cursor.acceptSign('!'))
  return isNot ? { sql: `(NOT ${r.within(() => writeNot(r)).sql})`, at } : writeComparison(r)
}

const join = ({ at }: Expression, sql: string): Expression => ({ sql, at })

/** The signs that stand without blanks from here on. */
const signsAt = ({ cursor }: Rewriting, most: number): string => {
  let signs = ''
  for (let i = 0; i < most; i++) {
    const token = cursor.peekAhead(i)
    if (token.kind !== 'sign' || (i > 0 && token.from !== cursor.peekAhead(i - 1).to)) break
    signs += token.text
  }
  return signs
}

/** Takes the longest of the signs that stands here. */
const acceptSigns = (r: Rewriting, signs: readonly string[]): string | undefined => {
  const found = signs.find(sign => signsAt(r, sign.length) === sign)
  for (let i = 0; found !== undefined && i < found.length; i++) r.cursor.next()
  return found
}

const writeComparison = (r: Rewriting): Expression => {
  let left = writeBinary(r, 0)
  for (;;) {
    const sign = acceptSigns(r, comparisonSigns)
    const next = sign === undefined ? writeTest(r, left) : join(left, compare(sign, left, writeBinary(r, 0)))
    if (next === undefined) return left
    left = next
  }
}

/** `IS …`, `[NOT] IN|BETWEEN|LIKE|RLIKE …` */
const writeTest = (r: Rewriting, left: Expression): Expression | undefined => {
  const { cursor: c } = r
  if (c.acceptWords('is')) return writeIs(r, left)
  const isNot = c.isWord('not') && tests.some(word => c.isWord(word, c.peekAhead(1)))
  if (isNot) c.next()
  const word = tests.find(each => c.acceptWords(each))
  if (word === undefined) return undefined
  const sql = writeTestOf(r, word, left)
  return join(left, isNot ? `(NOT ${sql})` : sql)
}

const tests = ['in', 'between', 'like', 'ilike', 'rlike', 'regexp']

const writeTestOf = (r: Rewriting, word: string, left: Expression): string => {
  if (word === 'in') return writeIn(r, left)
  if (word === 'between') {
    const from = writeBinary(r, 0)
    r.cursor.expectWord('and')
    return `(${compare('>=', left, from)} AND ${compare('<=', left, writeBinary(r, 0))})`
  }
  if (r.cursor.isWord('any') || r.cursor.isWord('all'))
    throw r.refuse(`${word.toUpperCase()} ${r.cursor.token.text.toUpperCase()}`)
  if (word === 'ilike') throw r.refuse('ILIKE')
  const pattern = writeBinary(r, 0)
  if (word !== 'like' && pattern.text === '') throw r.refuse('an empty pattern', pattern.at)
  if (word !== 'like') return `regexp_matches(${asText(left)}, ${asText(pattern)})`
  const sign = r.cursor.acceptWords('escape') ? r.cursor.expectString('a character') : '\\'
  if (sign !== '\\') throw r.refuse('another ESCAPE than a backslash')
  return `mc_like(${asText(left)}, ${asText(pattern)})`
}

const writeIs = (r: Rewriting, left: Expression): Expression => {
  const { cursor: c } = r
  const not = c.acceptWords('not') ? 'NOT ' : ''
  for (const value of ['null', 'true', 'false'])
    if (c.acceptWords(value)) return join(left, `(${left.sql} IS ${not}${value.toUpperCase()})`)
  if (!c.acceptWords('distinct', 'from')) throw c.unexpected('NULL')
  const same = compare('<=>', left, writeBinary(r, 0))
  return join(left, not === '' ? `(NOT ${same})` : same)
}

const writeIn = (r: Rewriting, left: Expression): string => {
  const { cursor: c } = r
  if (r.atSubquery) return `(${left.sql} IN ${r.subquery('value')})`
  const items = c.list(() => r.expression())
  return `(${items.map(item => compare('=', left, item)).join(' OR ')})`
}

/** From the loosest to the tightest. */
const binaries: readonly Readonly<Record<string, string>>[] = [
  { '|': 'mc_or' },
  { '&': 'mc_and' },
  { '||': '||' },
  { '+': 'mc_add', '-': 'mc_subtract' },
  { '*': 'mc_multiply', '/': 'mc_divide', '%': 'mc_modulo', div: 'mc_div' },
  { '^': 'mc_xor' },
]

const writeBinary = (r: Rewriting, level: number): Expression => {
  const operators = binaries[level]
  if (operators === undefined) return writeUnary(r)
  let left = writeBinary(r, level + 1)
  for (;;) {
    const operator = acceptOperator(r, operators)
    if (operator === undefined) return left
    const right = writeBinary(r, level + 1)
    const isText = operator === '||'
    left = join(
      left,
      isText ? `(${asText(left)} || ${asText(right)})` : `${operator}(${left.sql}, ${right.sql})`,
    )
  }
}

const acceptOperator = (r: Rewriting, operators: Readonly<Record<string, string>>): string | undefined => {
  if ('div' in operators && r.cursor.acceptWords('div')) return operators['div']
  if ('|' in operators && signsAt(r, 2) === '||') return undefined
  const sign = acceptSigns(
    r,
    Object.keys(operators).filter(key => key !== 'div'),
  )
  return sign === undefined ? undefined : operators[sign]
}

const writeUnary = (r: Rewriting): Expression => {
  const { cursor: c } = r
  const inner = (): Expression => r.within(() => writeUnary(r))
  const at = c.token.from
  if (c.acceptSign('+')) return { sql: `mc_plus(${inner().sql})`, at }
  if (c.acceptSign('~')) return { sql: `mc_invert(${inner().sql})`, at }
  if (!c.acceptSign('-')) return writePostfix(r)
  const literal = readLiteral(r, '-')
  if (literal !== undefined) return { ...literal, at }
  return { sql: `mc_minus(${inner().sql})`, at }
}

/** `a[0]`, `m['k']`, `f(x).field` */
const writePostfix = (r: Rewriting): Expression => {
  const { cursor: c } = r
  let expression = writePrimary(r)
  for (;;) {
    if (c.acceptSign('[')) {
      const index = r.expression()
      c.expectSign(']')
      expression = join(expression, `mc_item(${expression.sql}, ${index.sql})`)
    } else if (c.isSign('.')) {
      c.next()
      const { text: name } = expectWord(r, 'a field')
      expression = { sql: `(${expression.sql}).${quoteName(name)}`, at: expression.at, name }
    } else return expression
  }
}

const expectWord = ({ cursor: c }: Rewriting, what: string): Token => {
  if (c.token.kind !== 'word' && c.token.kind !== 'name') throw c.unexpected(what)
  return c.next()
}

const writePrimary = (r: Rewriting): Expression => {
  const { cursor: c } = r
  const at = c.token.from
  if (c.isSign('(')) return { ...writeBracket(r), at }
  const literal = readLiteral(r, '')
  if (literal !== undefined) return { ...literal, at }
  if (c.isWord('case')) return writeCase(r)
  if (c.isWord('cast')) return writeCast(r)
  if (c.isWord('exists') && c.isSign('(', c.peekAhead(1))) {
    c.next()
    return { sql: `(EXISTS ${r.subquery('exists')})`, at }
  }
  if (c.isWord('extract') && c.isSign('(', c.peekAhead(1))) return writeExtract(r)
  if (c.isWord('interval')) throw r.refuse('INTERVAL')
  const isCall = c.token.kind === 'word' && c.isSign('(', c.peekAhead(1))
  if (isCall) return writeCall(r)
  if (isReserved(c.token)) throw c.unexpected('an expression')
  return writeColumn(r)
}

const writeBracket = (r: Rewriting): Omit<Expression, 'at'> => {
  const { cursor: c } = r
  if (r.atSubquery) return { sql: r.subquery('value') }
  const items = c.list(() => r.expression())
  const [first] = items
  return items.length === 1
    ? { ...first!, sql: `(${first!.sql})` }
    : { sql: `(${items.map(({ sql }) => sql).join(', ')})` }
}

const writeColumn = (r: Rewriting): Expression => {
  const { cursor: c } = r
  const at = c.token.from
  const names = [expectWord(r, 'an expression').text]
  while (c.acceptSign('.')) names.push(expectWord(r, 'a column name').text)
  return { sql: r.scope.column(names), at, name: names.at(-1)! }
}
