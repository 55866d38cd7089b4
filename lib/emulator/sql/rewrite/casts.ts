/*
 * Conversions. What a text must look like is checked, for DuckDB reads more than MaxCompute does; what MaxCompute's
 * reference leaves open (how a large DOUBLE reads as text) fails instead of coming out as DuckDB has it.
 */

/** Ends the query, at the first row for which it is reached. */
export const refusal = (what: string): string =>
  `error('the emulator does not have ${what.replaceAll("'", "''")}')`

/** `type` from a text of one form. */
const read = (pattern: string, type: string, what: string): string =>
  `CASE WHEN x IS NULL OR regexp_full_match(x, '${pattern}') THEN x::${type} ELSE ${refusal(`a text of another form as ${what}`)} END`

const day = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
const time = `${day} [0-9]{2}:[0-9]{2}:[0-9]{2}`

const wholeNumber = (name: string, type: string): string =>
  `mc_to_${name}(x VARCHAR) AS (CASE WHEN regexp_full_match(x, '[+-]?[0-9]+') THEN x::${type} ELSE trunc(x::DOUBLE)::${type} END), ` +
  `(x BIGINT) AS x::${type}, (x DOUBLE) AS trunc(x)::${type}, (x DECIMAL(38,18)) AS trunc(x)::${type}, (x BOOLEAN) AS x::${type}`

const isPlain = 'abs(x) >= 1e-3 AND abs(x) < 1e7 AND x <> trunc(x)'

export const castMacros: readonly string[] = [
  wholeNumber('tinyint', 'TINYINT'),
  wholeNumber('smallint', 'SMALLINT'),
  wholeNumber('int', 'INTEGER'),
  wholeNumber('bigint', 'BIGINT'),
  `mc_to_digits(x VARCHAR, n INTEGER) AS (CASE WHEN x IS NOT NULL AND regexp_extract(x, '[.]([0-9]*?)0*$', 1) <> left(regexp_extract(x, '[.]([0-9]*?)0*$', 1), n) THEN ${refusal('a text with more digits than a DECIMAL takes')} ELSE x END), ` +
    '(x BIGINT, n INTEGER) AS x, (x DOUBLE, n INTEGER) AS x::VARCHAR, (x DECIMAL(38,18), n INTEGER) AS x, (x BOOLEAN, n INTEGER) AS x::BIGINT',
  'mc_to_double(x VARCHAR) AS x::DOUBLE, (x DOUBLE) AS x, (x BOOLEAN) AS x::DOUBLE',
  'mc_to_float(x VARCHAR) AS x::FLOAT, (x DOUBLE) AS x::FLOAT, (x BOOLEAN) AS x::FLOAT',
  "mc_to_boolean(x VARCHAR) AS (x <> ''), (x BIGINT) AS (x <> 0), (x DOUBLE) AS (x <> 0), (x DECIMAL(38,18)) AS (x <> 0), (x BOOLEAN) AS x",
  'mc_to_string(x VARCHAR) AS x, (x BIGINT) AS x::VARCHAR, (x DATE) AS x::VARCHAR, ' +
    `(x DOUBLE) AS (CASE WHEN x IS NULL OR (${isPlain}) THEN x::VARCHAR ELSE ${refusal('the text of a DOUBLE that is whole, tiny or large')} END), ` +
    `(x DECIMAL(38,18)) AS ${refusal('the text of a DECIMAL')}, (x BOOLEAN) AS ${refusal('CAST of BOOLEAN to STRING: use TO_CHAR')}, ` +
    `(x TIMESTAMP) AS strftime(x, '%Y-%m-%d %H:%M:%S'), (x TIMESTAMP_NS) AS ${refusal('the text of a TIMESTAMP')}`,
  `mc_to_date(x VARCHAR) AS (${read(day, 'DATE', 'DATE')}), (x DATE) AS x, (x TIMESTAMP) AS x::DATE, (x TIMESTAMP_NS) AS x::DATE`,
  `mc_to_datetime(x VARCHAR) AS (${read(time, 'TIMESTAMP', 'DATETIME')}), (x DATE) AS x::TIMESTAMP, (x TIMESTAMP) AS x, ` +
    "(x TIMESTAMP_NS) AS date_trunc('milliseconds', x::TIMESTAMP)",
  `mc_to_timestamp(x VARCHAR) AS (${read(`${time}([.][0-9]{1,9})?`, 'TIMESTAMP_NS', 'TIMESTAMP')}), (x DATE) AS x::TIMESTAMP_NS, ` +
    '(x TIMESTAMP) AS x::TIMESTAMP_NS, (x TIMESTAMP_NS) AS x',
]
