import { isReserved } from '../absent-sql.js'
import type { Call } from './functions/function-rule.js'
import { functions } from './functions/functions.js'
import type { Expression, Rewriting } from './rewriting.js'
import { writeOrder, writeOver } from './window.js'

/*
 * Only functions of the list are let through, each in its own way: DuckDB has functions of the same name that do
 * something else.
 */

/** `name([DISTINCT] …) [WITHIN GROUP (…)] [FILTER (…)] [OVER (…)]` */
export const writeCall = (r: Rewriting): Expression => {
  const { cursor: c } = r
  if (isReserved(c.token) && !functions.has(c.token.text.toLowerCase())) throw c.unexpected('an expression')
  const { from: at, text } = c.next()
  const name = text.toLowerCase()
  const rule = functions.get(name)
  if (rule === undefined) throw r.refuse(`the function ${text}`, at)
  const { args, distinct, star } = readArguments(r)
  if (c.isWord('ignore') || c.isWord('respect')) throw r.refuse('IGNORE NULLS')
  const inner = writeWithin(r) + writeFilter(r)
  const over = writeOver(r)
  const count = star ? 1 : args.length
  if (count < rule.args[0] || count > rule.args[1] || (star && name !== 'count'))
    throw r.refuse(`${text} with ${star ? '*' : `${args.length} arguments`}`, at)
  if (rule.of === 'row' && (distinct || inner !== '' || over !== ''))
    throw r.refuse(`DISTINCT, FILTER, WITHIN GROUP or OVER with ${text}`, at)
  if (rule.of === 'window' && over === '') throw r.refuse(`${text} without OVER`, at)
  if (rule.of === 'window' && (distinct || inner !== ''))
    throw r.refuse(`DISTINCT or FILTER with ${text}`, at)
  const call: Call = { name, args, distinct, star, tail: inner + over, rewriting: r }
  return { sql: rule.write(call), at }
}

const readArguments = (r: Rewriting): Pick<Call, 'args' | 'distinct' | 'star'> => {
  const { cursor: c } = r
  c.expectSign('(')
  if (c.acceptSign(')')) return { args: [], distinct: false, star: false }
  if (c.isSign('*') && c.isSign(')', c.peekAhead(1))) {
    c.next()
    c.next()
    return { args: [], distinct: false, star: true }
  }
  const distinct = c.acceptWords('distinct')
  const args = r.expressions()
  c.expectSign(')')
  return { args, distinct, star: false }
}

const writeWithin = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('within', 'group')) return ''
  c.expectSign('(')
  c.expectWord('order')
  c.expectWord('by')
  const order = writeOrder(r)
  c.expectSign(')')
  return ` WITHIN GROUP (ORDER BY ${order})`
}

const writeFilter = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('filter')) return ''
  c.expectSign('(')
  c.expectWord('where')
  const { sql } = r.expression()
  c.expectSign(')')
  return ` FILTER (WHERE ${sql})`
}
