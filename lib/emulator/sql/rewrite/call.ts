import { isReserved } from '../absent-sql.js'
import type { Call, FunctionRule } from './functions/function-rule.js'
import { functions } from './functions/functions.js'
import type { Expression, Rewriting } from './rewriting.js'
import { hasMark } from './scope.js'
import { type Over, writeOrder, writeOver } from './window.js'

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
  const within = readWithin(r)
  const filter = readFilter(r)
  const over = writeOver(r)
  const count = star ? 1 : args.length
  if (count < rule.args[0] || count > rule.args[1] || (star && name !== 'count'))
    throw r.refuse(`${text} with ${star ? '*' : `${args.length} arguments`}`, at)
  const isWindow = over.kind !== 'none'
  if (rule.of === 'row' && (distinct || filter !== '' || isWindow))
    throw r.refuse(`DISTINCT, FILTER or OVER with ${text}`, at)
  if (rule.of === 'window' && !isWindow) throw r.refuse(`${text} without OVER`, at)
  if (rule.of === 'window' && (distinct || filter !== ''))
    throw r.refuse(`DISTINCT or FILTER with ${text}`, at)
  if (within !== '' && !rule.isOrdered) throw r.refuse(`WITHIN GROUP with ${text}`, at)
  const sql = rule.write({ name, at, args, distinct, star, within, filter, over, rewriting: r })
  return { sql: place(r, rule, sql, over, at), at }
}

/** Calls of groups and windows have a level of their own. */
const place = (r: Rewriting, rule: FunctionRule, sql: string, over: Over, at: number): string => {
  if (rule.isRandom) return r.scope.random(sql)
  if (rule.of === 'row') return sql
  if (hasMark(sql, over.kind === 'none' ? 'aw' : 'w'))
    throw r.refuse('an aggregate, a window or a random value within another', at)
  const placed = over.kind === 'none' ? r.scope.aggregate(sql) : r.scope.window(sql)
  return rule.isSum ? `mc_narrow(${placed})` : placed
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
  if (c.isWord('ignore') || c.isWord('respect')) throw r.refuse('IGNORE NULLS')
  c.expectSign(')')
  return { args, distinct, star: false }
}

const readWithin = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('within', 'group')) return ''
  c.expectSign('(')
  c.expectWord('order')
  c.expectWord('by')
  const order = writeOrder(r)
  c.expectSign(')')
  return order
}

const readFilter = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('filter')) return ''
  c.expectSign('(')
  c.expectWord('where')
  const { sql } = r.expression()
  c.expectSign(')')
  return sql
}
