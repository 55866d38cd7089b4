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
  const sql = writeConversion(r, value.sql)
  c.expectSign(')')
  return { sql, at }
}

/** A value as the type that is named next. */
const writeConversion = (r: Rewriting, value: string): string => {
  const { cursor: c } = r
  if (c.token.kind !== 'word') throw c.unexpected('a data type')
  const { text, from: at } = c.next()
  const type = text.toLowerCase()
  if (type === 'decimal') return convertToDecimal(r, value)
  if (type === 'array' && c.acceptSign('<')) {
    const element = r.within(() => writeConversion(r, 'e'))
    c.expectSign('>')
    return `list_transform(${value}, lambda e: ${element})`
  }
  if (!castable.has(type)) throw r.refuse(`CAST to ${type.toUpperCase()}`, at)
  return `mc_to_${type}(${value})`
}

/** Without digits it is DECIMAL(38,18). A text may not have more of them than fit behind the point. */
const convertToDecimal = (r: Rewriting, value: string): string => {
  const { cursor: c } = r
  const digits = c.isSign('(') ? c.list(() => c.expectInteger('a number of digits')) : [38, 18]
  const [precision = 38, scale = 0, ...rest] = digits
  if (rest.length > 0 || precision > 38 || scale > 18 || scale > precision)
    throw r.refuse('CAST to such a DECIMAL')
  return `CAST(mc_to_digits(${value}, ${scale}) AS DECIMAL(${precision},${scale}))`
}

/** `EXTRACT(YEAR FROM value)` */
export const writeExtract = (r: Rewriting): Expression => {
  const { cursor: c } = r
  const at = c.next().from
  c.expectSign('(')
  const part = ['year', 'month', 'day', 'hour', 'minute', 'second'].find(word => c.acceptWords(word))
  if (part === undefined) throw r.refuse(`EXTRACT of ${c.token.text}`)
  c.expectWord('from')
  const { sql } = r.expression()
  c.expectSign(')')
  const isOfDay = ['year', 'month', 'day'].includes(part)
  return { sql: `${part}(mc_${isOfDay ? 'day' : 'clock'}(${sql}))::INTEGER`, at }
}
