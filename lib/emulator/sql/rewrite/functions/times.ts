import { refusal } from '../casts.js'
import { asText } from '../rewriting.js'
import { type FunctionFamily, type FunctionRule, written } from './function-rule.js'
import { timeFormat, timeUnit } from './time-format.js'

/*
 * Functions of times. DATE is DuckDB's DATE, DATETIME its TIMESTAMP, and TIMESTAMP its TIMESTAMP_NS, the last two as the wall
 * clock of the session's zone, which the connection has to be set to. A text is a DATETIME where MaxCompute's first types
 * convert it, in the one form it reads there; functions of the second types give NULL for a text that is no date.
 */

const nothing = 'NULL'

/** What a function takes from a day: of any type of time, or of a text. */
const ofDay = (take: string, type = 'INTEGER'): FunctionRule =>
  written(1, 1, ([x]) => `${take.replace('$', `mc_day(${x})`)}::${type}`)

/** What a function takes from a clock. */
const ofClock = (take: string): FunctionRule => written(1, 1, ([x]) => `${take}(mc_clock(${x}))::INTEGER`)

const dayText = (sql: string): string => `strftime(${sql}, '%Y-%m-%d')`

/** Adds an interval and keeps the nanoseconds that DuckDB's sum would drop. */
const addNanos = (interval: string): string =>
  `make_timestamp_ns(epoch_us(x::TIMESTAMP + ${interval}) * 1000 + (epoch_ns(x) - epoch_us(x::TIMESTAMP) * 1000))`

const adding = ['year', 'month', 'day', 'hour', 'minute', 'second', 'millisecond'].map(unit => {
  const interval = `to_${unit}s(n${['year', 'month', 'day'].includes(unit) ? '::INTEGER' : ''})`
  const ofDate = ['year', 'month', 'day'].includes(unit)
    ? `(x + ${interval})::DATE`
    : refusal(`DATEADD of a DATE by ${unit}`)
  return (
    `mc_add_${unit}(x VARCHAR, n BIGINT) AS (mc_to_datetime(x) + ${interval}), (x DATE, n BIGINT) AS (${ofDate}), ` +
    `(x TIMESTAMP, n BIGINT) AS (x + ${interval}), (x TIMESTAMP_NS, n BIGINT) AS ${addNanos(interval)}`
  )
})

const dayName =
  "CASE upper(w) WHEN 'MO' THEN 1 WHEN 'MON' THEN 1 WHEN 'MONDAY' THEN 1 WHEN 'TU' THEN 2 WHEN 'TUE' THEN 2 WHEN 'TUESDAY' THEN 2 " +
  "WHEN 'WE' THEN 3 WHEN 'WED' THEN 3 WHEN 'WEDNESDAY' THEN 3 WHEN 'TH' THEN 4 WHEN 'THU' THEN 4 WHEN 'THURSDAY' THEN 4 " +
  "WHEN 'FR' THEN 5 WHEN 'FRI' THEN 5 WHEN 'FRIDAY' THEN 5 WHEN 'SA' THEN 6 WHEN 'SAT' THEN 6 WHEN 'SATURDAY' THEN 6 " +
  `WHEN 'SU' THEN 7 WHEN 'SUN' THEN 7 WHEN 'SUNDAY' THEN 7 ELSE ${refusal('NEXT_DAY with such a day')} END`

export const times: FunctionFamily = {
  functions: {
    year: ofDay('year($)'),
    quarter: ofDay('quarter($)'),
    month: ofDay('month($)'),
    day: ofDay('day($)'),
    dayofmonth: ofDay('day($)'),
    dayofyear: ofDay('dayofyear($)'),
    dayofweek: ofDay('(dayofweek($) + 1)'),
    hour: ofClock('hour'),
    minute: ofClock('minute'),
    second: ofClock('second'),
    weekday: written(1, 1, ([x]) => `(isodow(mc_to_datetime(${x})) - 1)::BIGINT`),
    weekofyear: written(1, 1, ([x]) => `weekofyear(mc_to_datetime(${x}))::BIGINT`),
    getdate: written(0, 0, () => "date_trunc('milliseconds', now()::TIMESTAMP)"),
    now: written(0, 0, () => "date_trunc('milliseconds', now()::TIMESTAMP)"),
    current_timestamp: written(0, 0, () => 'now()::TIMESTAMP::TIMESTAMP_NS'),
    dateadd: written(3, 3, ([x, n], call) => {
      const unit = timeUnit(call, 2)
      return unit === undefined || call.args[1]!.sql === nothing
        ? `mc_same_type(${x})`
        : `mc_add_${unit}(${x}, mc_to_bigint(${n}))`
    }),
    date_add: written(2, 2, ([x, n]) => `(mc_whole_day(${x}) + ${n}::INTEGER)`),
    date_sub: written(2, 2, ([x, n]) => `(mc_whole_day(${x}) - ${n}::INTEGER)`),
    datediff: written(2, 3, ([a, b], call) => {
      const unit = call.args[2] === undefined ? 'day' : timeUnit(call, 2)
      return unit === undefined ? 'NULL::BIGINT' : `date_diff('${unit}', mc_moment(${b}), mc_moment(${a}))`
    }),
    datepart: written(2, 2, ([x], call) => {
      const unit = timeUnit(call, 1)
      if (unit === undefined) return 'NULL::BIGINT'
      const part = `date_part('${unit}', mc_moment(${x}))::BIGINT`
      return unit === 'millisecond' ? `(${part} % 1000)` : part
    }),
    datetrunc: written(2, 2, ([x], call) => {
      const unit = timeUnit(call, 1)
      return unit === undefined ? `mc_same_type(${x})` : `mc_trunc_time(${x}, '${unit}')`
    }),
    to_char: written(1, 2, ([x], call) => {
      if (call.args.length === 1) return `mc_to_char(${x})`
      return call.args[1]!.sql === nothing
        ? 'NULL::VARCHAR'
        : `strftime(mc_to_datetime(${x}), ${timeFormat(call, 1).duck})`
    }),
    date_format: written(2, 2, ([x], call) => {
      const { duck } = timeFormat(call, 1)
      if (/mm/.test(call.args[1]!.text!))
        throw call.rewriting.refuse(
          "date_format with 'mm', which is the month in one mode and the minute in another",
          call.at,
        )
      return `strftime(mc_formatted(${x}), ${duck})`
    }),
    to_date: written(1, 2, ([x], call) => {
      if (call.args.length === 1) return `mc_date_of(${asText(call.args[0]!)})`
      if (x === nothing || call.args[1]!.sql === nothing) return 'NULL::TIMESTAMP'
      const { duck, pattern, parts } = timeFormat(call, 1)
      if (new Set(parts).size !== parts.length)
        throw call.rewriting.refuse('to_date with a part that comes twice', call.args[1]!.at)
      return parts.includes('%Y')
        ? `mc_parse(${asText(call.args[0]!)}, ${pattern}, try_strptime(${asText(call.args[0]!)}, ${duck}))`
        : 'NULL::TIMESTAMP'
    }),
    isdate: written(2, 2, (_, call) => {
      const { duck, pattern, parts } = timeFormat(call, 1)
      if (new Set(parts).size !== parts.length || !parts.includes('%Y'))
        throw call.rewriting.refuse('isdate with such a format', call.args[1]!.at)
      return `mc_isdate(${asText(call.args[0]!)}, ${pattern}, try_strptime(${asText(call.args[0]!)}, ${duck}))`
    }),
    from_unixtime: written(1, 1, ([n]) => `to_timestamp(mc_to_bigint(${n}))::TIMESTAMP`),
    unix_timestamp: written(
      0,
      1,
      ([x = 'now()::TIMESTAMP']) => `floor(epoch(mc_moment(${x})::TIMESTAMPTZ))::BIGINT`,
    ),
    to_millis: written(1, 1, ([x]) => `epoch_ms(mc_moment(${x})::TIMESTAMPTZ)`),
    lastday: written(1, 1, ([x]) => `last_day(mc_to_datetime(${x}))::TIMESTAMP`),
    last_day: written(1, 1, ([x]) => dayText(`last_day(mc_day(${x}))`)),
    add_months: written(2, 2, ([x, n]) => dayText(`(mc_day(${x}) + to_months(${n}::INTEGER))`)),
    next_day: written(2, 2, ([x], { args }) => `mc_next_day(mc_day(${x}), ${asText(args[1]!)})`),
    months_between: written(2, 2, ([a, b]) => `mc_months_between(mc_day_time(${a}), mc_day_time(${b}))`),
    current_timezone: written(0, 0, () => "current_setting('TimeZone')"),
  },
  macros: [
    // A day in a text needs no leading zeros; what doesn't look like one is NULL.
    `mc_day_time(x VARCHAR) AS (CASE WHEN NOT regexp_full_match(x, '[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]{1,9})?)?') THEN NULL WHEN x IS NOT NULL AND try_cast(x AS TIMESTAMP) IS NULL THEN ${refusal('a date that the calendar does not have')} ELSE try_cast(x AS TIMESTAMP) END), ` +
      '(x DATE) AS x::TIMESTAMP, (x TIMESTAMP) AS x, (x TIMESTAMP_NS) AS x::TIMESTAMP',
    'mc_day(x VARCHAR) AS mc_day_time(x)::DATE, (x DATE) AS x, (x TIMESTAMP) AS x::DATE, (x TIMESTAMP_NS) AS x::DATE',
    `mc_clock(x VARCHAR) AS (CASE WHEN regexp_full_match(x, '[0-9]{2}:[0-9]{2}:[0-9]{2}') THEN try_cast('1970-01-01 ' || x AS TIMESTAMP) WHEN regexp_full_match(x, '[0-9-]+') THEN (CASE WHEN regexp_full_match(x, '[0-9]+') THEN NULL ELSE ${refusal('the clock of a date')} END) ELSE mc_day_time(x) END), ` +
      `(x DATE) AS ${refusal('the clock of a DATE')}, (x TIMESTAMP) AS x, (x TIMESTAMP_NS) AS x::TIMESTAMP`,
    'mc_moment(x VARCHAR) AS mc_to_datetime(x), (x DATE) AS x::TIMESTAMP, (x TIMESTAMP) AS x, (x TIMESTAMP_NS) AS x::TIMESTAMP',
    `mc_whole_day(x VARCHAR) AS (CASE WHEN x IS NULL OR regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?') THEN x::TIMESTAMP::DATE ELSE ${refusal('a day in a text of another form')} END), ` +
      '(x DATE) AS x, (x TIMESTAMP) AS x::DATE, (x TIMESTAMP_NS) AS x::DATE',
    'mc_same_type(x VARCHAR) AS NULL::TIMESTAMP, (x DATE) AS NULL::DATE, (x TIMESTAMP) AS NULL::TIMESTAMP, (x TIMESTAMP_NS) AS NULL::TIMESTAMP_NS',
    ...adding,
    'mc_trunc_time(x VARCHAR, u VARCHAR) AS date_trunc(u, mc_to_datetime(x)), (x DATE, u VARCHAR) AS date_trunc(u, x)::DATE, ' +
      '(x TIMESTAMP, u VARCHAR) AS date_trunc(u, x), (x TIMESTAMP_NS, u VARCHAR) AS date_trunc(u, x)::TIMESTAMP_NS',
    'mc_to_char(x BOOLEAN) AS upper(x::VARCHAR), (x BIGINT) AS x::VARCHAR, (x DOUBLE) AS mc_to_string(x), ' +
      `(x DECIMAL(38,18)) AS ${refusal('TO_CHAR of a DECIMAL')}`,
    `mc_formatted(x TIMESTAMP) AS x, (x TIMESTAMP_NS) AS x, (x DATE) AS ${refusal('DATE_FORMAT of a DATE')}`,
    "mc_date_of(x VARCHAR) AS (CASE WHEN regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?') THEN x::TIMESTAMP::DATE END)",
    // DuckDB wants a format to be a constant, so the time comes in ready.
    `mc_parse(x VARCHAR, p VARCHAR, t TIMESTAMP) AS (CASE WHEN x IS NULL THEN NULL WHEN t IS NULL OR NOT regexp_full_match(x, p) THEN ${refusal('TO_DATE of a text that does not have its format')} ELSE t END)`,
    'mc_isdate(x VARCHAR, p VARCHAR, t TIMESTAMP) AS (CASE WHEN x IS NULL THEN NULL ELSE t IS NOT NULL AND regexp_full_match(x, p) END)',
    `mc_next_day(d DATE, w VARCHAR) AS (CASE WHEN d IS NULL OR w IS NULL THEN NULL ELSE strftime(d + (((${dayName}) - isodow(d) + 6) % 7 + 1)::INTEGER, '%Y-%m-%d') END)`,
    'mc_months_between(a TIMESTAMP, b TIMESTAMP) AS ((year(a) - year(b)) * 12 + month(a) - month(b) + CASE WHEN day(a) = day(b) OR (a::DATE = last_day(a) AND b::DATE = last_day(b)) THEN 0::DOUBLE ' +
      'ELSE ((day(a) - day(b)) * 86400 + (epoch(a) - epoch(a::DATE::TIMESTAMP)) - (epoch(b) - epoch(b::DATE::TIMESTAMP))) / 2678400::DOUBLE END)',
  ],
}
