import { quoteName, type Rewriting } from './rewriting.js'

/*
 * To MaxCompute NULL is less than any value, so it comes first in an ascending order and last in a descending one.
 */

/** After `ORDER BY`. */
export const writeOrder = (r: Rewriting): string => {
  const { cursor: c } = r
  const keys: string[] = []
  do {
    const key = r.expression()
    if (key.integer !== undefined) throw r.refuse('ORDER BY with the number of a column', key.at)
    const isDescending = c.acceptWords('desc')
    if (!isDescending) c.acceptWords('asc')
    keys.push(
      `${key.sql} ${isDescending ? 'DESC' : 'ASC'} NULLS ${acceptNulls(r) ?? (isDescending ? 'LAST' : 'FIRST')}`,
    )
  } while (c.acceptSign(','))
  return keys.join(', ')
}

const acceptNulls = ({ cursor: c }: Rewriting): string | undefined => {
  if (c.acceptWords('nulls', 'first')) return 'FIRST'
  return c.acceptWords('nulls', 'last') ? 'LAST' : undefined
}

/** `([name] [PARTITION BY …] [ORDER BY …] [ROWS|RANGE …])` */
export const writeWindow = (r: Rewriting): string => {
  const { cursor: c } = r
  c.expectSign('(')
  const parts: string[] = []
  if (c.acceptWords('partition', 'by') || c.acceptWords('distribute', 'by'))
    parts.push(
      `PARTITION BY ${r
        .expressions()
        .map(({ sql }) => sql)
        .join(', ')}`,
    )
  if (c.acceptWords('order', 'by') || c.acceptWords('sort', 'by')) parts.push(`ORDER BY ${writeOrder(r)}`)
  const unit = ['rows', 'range'].find(word => c.acceptWords(word))
  if (unit !== undefined) parts.push(`${unit.toUpperCase()} ${writeFrame(r)}`)
  c.expectSign(')')
  return `(${parts.join(' ')})`
}

/** `OVER name`, `OVER (…)`; empty if there is none. */
export const writeOver = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('over')) return ''
  return ` OVER ${c.isSign('(') ? writeWindow(r) : quoteName(c.expectName('a window'))}`
}

const writeFrame = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('between')) return writeBound(r)
  const from = writeBound(r)
  c.expectWord('and')
  return `BETWEEN ${from} AND ${writeBound(r)}`
}

const writeBound = (r: Rewriting): string => {
  const { cursor: c } = r
  if (c.acceptWords('current', 'row')) return 'CURRENT ROW'
  const size = c.acceptWords('unbounded') ? 'UNBOUNDED' : String(c.expectInteger('a number of rows'))
  if (c.acceptWords('preceding')) return `${size} PRECEDING`
  c.expectWord('following')
  return `${size} FOLLOWING`
}
