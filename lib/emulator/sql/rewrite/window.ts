import type { OrderKey } from './layers.js'
import { quoteName } from './names.js'
import type { Rewriting } from './rewriting.js'

/*
 * To MaxCompute NULL is less than any value, so it comes first in an ascending order and last in a descending one.
 */

/** After `ORDER BY`. */
export const writeOrder = (r: Rewriting): string =>
  readOrder(r)
    .map(({ sql, way }) => `${sql}${way}`)
    .join(', ')

/** After `ORDER BY`, key by key. */
export const readOrder = (r: Rewriting): OrderKey[] => {
  const { cursor: c } = r
  const keys: OrderKey[] = []
  do {
    const key = r.expression()
    if (key.integer !== undefined) throw r.refuse('ORDER BY with the number of a column', key.at)
    const isDescending = c.acceptWords('desc')
    if (!isDescending) c.acceptWords('asc')
    const nulls = acceptNulls(r) ?? (isDescending ? 'LAST' : 'FIRST')
    keys.push({ sql: key.sql, way: ` ${isDescending ? 'DESC' : 'ASC'} NULLS ${nulls}` })
  } while (c.acceptSign(','))
  return keys
}

const acceptNulls = ({ cursor: c }: Rewriting): string | undefined => {
  if (c.acceptWords('nulls', 'first')) return 'FIRST'
  return c.acceptWords('nulls', 'last') ? 'LAST' : undefined
}

/** An OVER, or that there is none. */
export interface Over {
  /** ` OVER (…)`; empty for none. */
  readonly sql: string
  /** `ordered`: with an order and without a frame. What stands behind a name isn't known yet where the name stands. */
  readonly kind: 'none' | 'plain' | 'ordered' | 'framed' | 'named'
}

/** `([PARTITION BY …] [ORDER BY …] [ROWS|RANGE|GROUPS … [EXCLUDE …]])` */
export const writeWindow = (r: Rewriting): Over => {
  const { cursor: c } = r
  c.expectSign('(')
  const parts: string[] = []
  let kind: Over['kind'] = 'plain'
  if (c.acceptWords('partition', 'by') || c.acceptWords('distribute', 'by'))
    parts.push(
      `PARTITION BY ${r
        .expressions()
        .map(({ sql }) => sql)
        .join(', ')}`,
    )
  if (c.acceptWords('order', 'by') || c.acceptWords('sort', 'by')) {
    kind = 'ordered'
    parts.push(`ORDER BY ${writeOrder(r)}`)
  }
  const unit = ['rows', 'range', 'groups'].find(word => c.acceptWords(word))
  if (unit !== undefined) {
    kind = 'framed'
    parts.push(`${unit.toUpperCase()} ${writeFrame(r)}${writeExclusion(r)}`)
  }
  c.expectSign(')')
  return { sql: `(${parts.join(' ')})`, kind }
}

/** `OVER name`, `OVER (…)` */
export const writeOver = (r: Rewriting): Over => {
  const { cursor: c } = r
  if (!c.acceptWords('over')) return { sql: '', kind: 'none' }
  if (!c.isSign('(')) return { sql: ` OVER ${quoteName(c.expectName('a window'))}`, kind: 'named' }
  const { sql, kind } = writeWindow(r)
  return { sql: ` OVER ${sql}`, kind }
}

const writeFrame = (r: Rewriting): string => {
  const { cursor: c } = r
  if (!c.acceptWords('between')) return writeBound(r)
  const from = writeBound(r)
  c.expectWord('and')
  return `BETWEEN ${from} AND ${writeBound(r)}`
}

const exclusions = [['current', 'row'], ['group'], ['ties'], ['no', 'others']]

const writeExclusion = ({ cursor: c }: Rewriting): string => {
  if (!c.acceptWords('exclude')) return ''
  const words = exclusions.find(each => c.acceptWords(...each))
  if (words === undefined) throw c.unexpected('CURRENT ROW, GROUP, TIES or NO OTHERS')
  return ` EXCLUDE ${words.join(' ').toUpperCase()}`
}

const writeBound = (r: Rewriting): string => {
  const { cursor: c } = r
  if (c.acceptWords('current', 'row')) return 'CURRENT ROW'
  const size = c.acceptWords('unbounded') ? 'UNBOUNDED' : String(c.expectInteger('a number of rows'))
  if (c.acceptWords('preceding')) return `${size} PRECEDING`
  c.expectWord('following')
  return `${size} FOLLOWING`
}
