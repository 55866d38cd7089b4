import { compare } from './compare.js'
import type { Expression, Rewriting } from './rewriting.js'

/** `CASE [value] WHEN … THEN … [ELSE …] END` */
export const writeCase = (r: Rewriting): Expression => {
  const { cursor: c } = r
  const at = c.next().from
  const value = c.isWord('when') ? undefined : r.expression()
  let sql = '(CASE'
  while (c.acceptWords('when')) {
    const test = r.expression()
    c.expectWord('then')
    sql += ` WHEN ${value === undefined ? test.sql : compare('=', value, test)} THEN ${r.expression().sql}`
  }
  if (sql === '(CASE') throw c.unexpected('WHEN')
  if (c.acceptWords('else')) sql += ` ELSE ${r.expression().sql}`
  c.expectWord('end')
  return { sql: `${sql} END)`, at }
}

/** Types to which a macro casts. */
const castable = new Set(
  'tinyint smallint int bigint float double string boolean date datetime timestamp'.split(' '),
)

/** `CAST(value AS type)` */
export const writeCast = (r: Rewriting): Expression => {
  const { cursor: c } = r
  const at = c.next().from
  c.expectSign('(')
  const value = r.expression()
  c.expectWord('as')
  const typeAt = c.token.from
  const type = c.token.text.toLowerCase()
  if (c.token.kind !== 'word') throw c.unexpected('a data type')
  c.next()
  const sql = type === 'decimal' ? castToDecimal(r, value.sql) : `mc_to_${type}(${value.sql})`
  if (type !== 'decimal' && !castable.has(type)) throw r.refuse(`CAST to ${type.toUpperCase()}`, typeAt)
  c.expectSign(')')
  return { sql, at }
}

const castToDecimal = (r: Rewriting, value: string): string => {
  const { cursor: c } = r
  if (!c.isSign('(')) throw r.refuse('CAST to DECIMAL without precision and scale')
  const [precision, scale = 0, ...rest] = c.list(() => c.expectInteger('a number of digits'))
  if (rest.length > 0 || precision! > 38 || scale > precision!) throw r.refuse('CAST to such a DECIMAL')
  return `CAST(mc_to_number(${value}) AS DECIMAL(${precision},${scale}))`
}
