import { refusal } from './casts.js'

/*
 * Operators whose meaning depends on types. A text beside a number is a DOUBLE, beside a time it is a time; texts in
 * arithmetic are DOUBLEs. What MaxCompute doesn't have (a DATE plus 1) must not come out as DuckDB has it.
 */

const comparisons: Readonly<Record<string, string>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  same: 'IS NOT DISTINCT FROM',
}

/** What a text becomes beside a value of a type. */
const besides: Readonly<Record<string, string>> = {
  DOUBLE: 'DOUBLE',
  DATE: 'date',
  TIMESTAMP: 'datetime',
  TIMESTAMP_NS: 'timestamp',
}

const compare = (name: string, sign: string): string => {
  const overloads = Object.entries(besides).flatMap(([type, target]) => [
    `(a VARCHAR, b ${type}) AS (mc_to_${target.toLowerCase()}(a) ${sign} b)`,
    `(a ${type}, b VARCHAR) AS (a ${sign} mc_to_${target.toLowerCase()}(b))`,
  ])
  const refused = ['DECIMAL(38,18)', 'BOOLEAN'].flatMap(type => [
    `(a VARCHAR, b ${type}) AS ${refusal('a comparison of text with DECIMAL or BOOLEAN')}`,
    `(a ${type}, b VARCHAR) AS ${refusal('a comparison of text with DECIMAL or BOOLEAN')}`,
  ])
  return [
    `mc_${name}(a VARCHAR, b VARCHAR) AS (a ${sign} b)`,
    ...overloads,
    ...refused,
    `(a, b) AS (a ${sign} b)`,
  ].join(', ')
}

/**
 * @param write the calculation of two numbers
 * @param numbers overloads for numbers, where it isn't the same for all
 */
const calculate = (
  name: string,
  write: (a: string, b: string) => string,
  numbers = [`(a, b) AS (${write('a', 'b')})`],
): string => {
  const decimal = refusal('arithmetic of text with DECIMAL')
  const times = ['DATE', 'TIMESTAMP', 'TIMESTAMP_NS'].flatMap(type => [
    `(a ${type}, b) AS ${refusal('arithmetic of times')}`,
    `(a, b ${type}) AS ${refusal('arithmetic of times')}`,
  ])
  return [
    `mc_${name}(a VARCHAR, b VARCHAR) AS (${write('a::DOUBLE', 'b::DOUBLE')})`,
    `(a VARCHAR, b DOUBLE) AS (${write('a::DOUBLE', 'b')})`,
    `(a DOUBLE, b VARCHAR) AS (${write('a', 'b::DOUBLE')})`,
    `(a VARCHAR, b DECIMAL(38,18)) AS ${decimal}`,
    `(a DECIMAL(38,18), b VARCHAR) AS ${decimal}`,
    ...times,
    ...numbers,
  ].join(', ')
}

export const operatorMacros: readonly string[] = [
  ...Object.entries(comparisons).map(([name, sign]) => compare(name, sign)),
  calculate('add', (a, b) => `${a} + ${b}`),
  calculate('subtract', (a, b) => `${a} - ${b}`),
  calculate('multiply', (a, b) => `${a} * ${b}`),
  calculate('divide', (a, b) => `${a} / nullif(${b}, 0)`, [
    '(a BIGINT, b BIGINT) AS (a / nullif(b, 0))',
    '(a DOUBLE, b DOUBLE) AS (a / nullif(b, 0))',
    `(a DECIMAL(38,18), b DECIMAL(38,18)) AS ${refusal('the quotient of DECIMALs')}`,
    `(a DECIMAL(38,18), b BIGINT) AS ${refusal('the quotient of DECIMALs')}`,
    `(a BIGINT, b DECIMAL(38,18)) AS ${refusal('the quotient of DECIMALs')}`,
  ]),
  calculate('modulo', (a, b) => `${a} % nullif(${b}, 0)`),
  'mc_div(a BIGINT, b BIGINT) AS (a // b)',
  'mc_minus(a VARCHAR) AS (-(a::DOUBLE)), (a) AS (-a)',
  'mc_plus(a VARCHAR) AS (a::DOUBLE), (a) AS a',
  'mc_invert(a BIGINT) AS (~a)',
  'mc_and(a BIGINT, b BIGINT) AS (a & b)',
  'mc_or(a BIGINT, b BIGINT) AS (a | b)',
  'mc_xor(a BIGINT, b BIGINT) AS xor(a, b)',
  "mc_like(a VARCHAR, b VARCHAR) AS (a LIKE b ESCAPE '\\')",
  `mc_item(a, i VARCHAR) AS map_extract_value(a, i), (a, i BIGINT) AS (CASE WHEN i < 0 THEN ${refusal('an index below 0')} ELSE list_extract(a, i + 1) END)`,
]
