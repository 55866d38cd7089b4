import { quoteText } from '../names.js'
import { type Call, literalText } from './function-rule.js'

/*
 * Formats of times: `yyyy`, `mm`, `dd`, `hh`, `mi`, `ss`, `ff3`, and anything else as it is. `MM` and `HH` are the same as
 * `mm` and `hh`. What looks like a part in another spelling (`YYYY` is the year of a week, `DD`) is refused.
 */

interface FormatPart {
  readonly duck: string
  readonly digits: number
}

const parts: Readonly<Record<string, FormatPart>> = {
  yyyy: { duck: '%Y', digits: 4 },
  mm: { duck: '%m', digits: 2 },
  MM: { duck: '%m', digits: 2 },
  dd: { duck: '%d', digits: 2 },
  hh: { duck: '%H', digits: 2 },
  HH: { duck: '%H', digits: 2 },
  mi: { duck: '%M', digits: 2 },
  ss: { duck: '%S', digits: 2 },
  ff3: { duck: '%g', digits: 3 },
  SSS: { duck: '%g', digits: 3 },
}

/** A format of MaxCompute's as DuckDB's, and as a pattern of the texts it reads. */
export interface TimeFormat {
  readonly duck: string
  readonly pattern: string
  /** Its parts in DuckDB's spelling. */
  readonly parts: readonly string[]
}

/** @throws SqlError for a format that isn't a literal, or is read in more than one way */
export const timeFormat = (call: Call, place: number): TimeFormat => {
  const text = literalText(call, place)
  let duck = ''
  let pattern = ''
  const found: string[] = []
  for (const piece of text.split(/(yyyy|mm|MM|dd|hh|HH|mi|ss|ff3|SSS)/)) {
    const part = parts[piece]
    if (part === undefined && /y{2}|m{2}|d{2}|h{2}|mi|s{2}|f{2}/i.test(piece))
      throw call.rewriting.refuse(`${call.name} with the format ${text}`, call.args[place]!.at)
    if (part !== undefined) found.push(part.duck)
    duck += part?.duck ?? piece.replaceAll('%', '%%')
    pattern += part === undefined ? piece.replace(/[^\p{L}\p{N}\s]/gu, '\\$&') : `[0-9]{${part.digits}}`
  }
  return { duck: quoteText(duck), pattern: quoteText(pattern), parts: found }
}

const units: Readonly<Record<string, string>> = {
  yyyy: 'year',
  year: 'year',
  mm: 'month',
  month: 'month',
  mon: 'month',
  dd: 'day',
  day: 'day',
  hh: 'hour',
  hour: 'hour',
  mi: 'minute',
  ss: 'second',
  ff3: 'millisecond',
}

/** The unit of DATEADD and its like; undefined for NULL. @throws SqlError for one that isn't a literal, or not known */
export const timeUnit = (call: Call, place: number): string | undefined => {
  if (call.args[place]!.sql === 'NULL') return undefined
  const text = literalText(call, place)
  const unit = units[text.toLowerCase()]
  if (unit === undefined) throw call.rewriting.refuse(`${call.name} by '${text}'`, call.args[place]!.at)
  return unit
}
