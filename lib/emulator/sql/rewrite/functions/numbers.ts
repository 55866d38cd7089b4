import { refusal } from '../casts.js'
import { type FunctionFamily, type FunctionRule, literalInteger, sameAs, written } from './function-rule.js'

/*
 * Functions of numbers. A text is a DOUBLE; of a DECIMAL only what keeps its digits is done. DuckDB has other names, another
 * order of arguments, and errors where MaxCompute has NULL.
 */

/** `target` of DOUBLEs. */
const ofReals = (target: string, least: number, most = least): FunctionRule =>
  written(least, most, args => `${target}(${args.map(arg => `mc_real(${arg})`).join(', ')})`)

/** ROUND and TRUNC: places are a literal. Both ways are written out, and the type of the value takes one of them. */
const toPlaces = (ofReal: (x: string, places: bigint) => string, ofDecimal: string): FunctionRule =>
  written(1, 2, ([value], call) => {
    const places = call.args[1] === undefined ? 0n : literalInteger(call, 1)
    const real = ofReal(`${value}::DOUBLE`, places)
    return `mc_by_kind(${value}, ${real}, ${ofDecimal}(mc_number(${value}), ${places}))`
  })

const within = (test: string, what: string, value: string): string =>
  `(CASE WHEN x IS NULL OR ${test} THEN ${value} ELSE ${refusal(what)} END)`

/** A whole number above or below, of each type of number. */
const whole = (name: string): string =>
  `mc_${name}(x BIGINT) AS x, (x VARCHAR) AS ${name}(x::DOUBLE)::BIGINT, (x DOUBLE) AS ${name}(x)::BIGINT, (x DECIMAL(38,18)) AS ${name}(x)::BIGINT`

const noDecimal = `(x DECIMAL(38,18)) AS ${refusal('this function of a DECIMAL')}`

export const numbers: FunctionFamily = {
  functions: {
    abs: sameAs('mc_abs', 1),
    ceil: sameAs('mc_ceil', 1),
    floor: sameAs('mc_floor', 1),
    round: toPlaces((x, places) => `round(${x}, ${places})`, 'round'),
    // The last places come out as in MaxCompute: TRUNC(125.815, 1) is 125.80000000000001.
    trunc: toPlaces((x, places) => `(trunc(${x} * pow(10, ${places})) * pow(10, -(${places})))`, 'trunc'),
    sqrt: ofReals('mc_sqrt', 1),
    cbrt: ofReals('cbrt', 1),
    exp: ofReals('exp', 1),
    ln: ofReals('mc_ln', 1),
    log: written(2, 2, ([base, x]) => `mc_log(mc_real(${base}), mc_real(${x}))`),
    log2: ofReals('mc_log2', 1),
    log10: ofReals('mc_log10', 1),
    pow: ofReals('pow', 2),
    power: ofReals('pow', 2),
    sign: ofReals('mc_sign', 1),
    sin: ofReals('sin', 1),
    cos: ofReals('cos', 1),
    tan: ofReals('tan', 1),
    cot: ofReals('cot', 1),
    asin: ofReals('mc_asin', 1),
    acos: ofReals('mc_acos', 1),
    atan: ofReals('atan', 1),
    sinh: ofReals('sinh', 1),
    cosh: ofReals('cosh', 1),
    tanh: ofReals('tanh', 1),
    radians: ofReals('radians', 1),
    degrees: ofReals('degrees', 1),
    rand: {
      ...written(0, 1, (args, { rewriting, at }) => {
        if (args.length > 0) throw rewriting.refuse('RAND with a seed', at)
        return 'random()'
      }),
      isRandom: true,
    },
    pi: sameAs('pi', 0),
    e: written(0, 0, () => 'exp(1::DOUBLE)'),
    factorial: sameAs('mc_factorial', 1),
    shiftleft: sameAs('mc_shiftleft', 2),
    shiftright: sameAs('mc_shiftright', 2),
    bin: sameAs('mc_bin', 1),
    hex: sameAs('mc_hex', 1),
    unhex: sameAs('mc_unhex', 1),
    conv: written(3, 3, ([value], call) => {
      const bases = [literalInteger(call, 1), literalInteger(call, 2)]
      if (bases.some(base => ![2n, 8n, 10n, 16n].includes(base)))
        throw call.rewriting.refuse('CONV between such bases', call.args[1]!.at)
      return `mc_conv(${value}, ${bases.join(', ')})`
    }),
  },
  macros: [
    `mc_real(x VARCHAR) AS x::DOUBLE, (x DOUBLE) AS x, ${noDecimal}`,
    'mc_abs(x VARCHAR) AS abs(x::DOUBLE), (x) AS abs(x)',
    whole('ceil'),
    whole('floor'),
    'mc_number(x VARCHAR) AS x::DOUBLE, (x BIGINT) AS x::DOUBLE, (x) AS x',
    'mc_by_kind(x VARCHAR, d, e) AS d, (x BIGINT, d, e) AS d, (x DOUBLE, d, e) AS d, (x DECIMAL(38,18), d, e) AS e',
    `mc_sqrt(x DOUBLE) AS ${within('x >= 0', 'SQRT of a negative number', 'sqrt(x)')}`,
    `mc_ln(x DOUBLE) AS ${within('x > 0', 'LN of 0 or less', 'ln(x)')}`,
    `mc_log(b DOUBLE, x DOUBLE) AS (CASE WHEN b IS NULL OR x IS NULL THEN NULL WHEN b <= 0 OR b = 1 OR x <= 0 THEN ${refusal('LOG of 0 or less, or to the base of 1')} ELSE ln(x) / ln(b) END)`,
    ...['log2', 'log10'].map(
      name =>
        `mc_${name}(x DOUBLE) AS (CASE WHEN x = 0 THEN NULL WHEN x < 0 THEN ${refusal(`${name.toUpperCase()} of a negative number`)} ELSE ${name}(x) END)`,
    ),
    'mc_sign(x DOUBLE) AS sign(x)::DOUBLE',
    ...['asin', 'acos'].map(
      name =>
        `mc_${name}(x DOUBLE) AS ${within('x BETWEEN -1 AND 1', `${name.toUpperCase()} beyond -1 to 1`, `${name}(x)`)}`,
    ),
    'mc_factorial(x BIGINT) AS (CASE WHEN x BETWEEN 0 AND 20 THEN factorial(x::INTEGER)::BIGINT END)',
    `mc_shiftleft(x INTEGER, n INTEGER) AS ${within('n BETWEEN 0 AND 31', 'SHIFTLEFT by so much', '((((x::BIGINT << n) & 4294967295) + 2147483648) % 4294967296 - 2147483648)::INTEGER')}, ` +
      `(x BIGINT, n INTEGER) AS ${refusal('SHIFTLEFT of a BIGINT')}`,
    `mc_shiftright(x BIGINT, n INTEGER) AS ${within('x >= 0 AND n BETWEEN 0 AND 63', 'SHIFTRIGHT of a negative number, or by so much', '(x >> n)')}`,
    'mc_bin(x BIGINT) AS to_binary(x)',
    `mc_unhex(x VARCHAR) AS (CASE WHEN x IS NULL OR regexp_full_match(x, '([0-9A-Fa-f]{2})+') THEN from_hex(x) ELSE ${refusal('UNHEX of such a text')} END)`,
    'mc_hex(x BIGINT) AS to_hex(x), (x VARCHAR) AS hex(x), (x BLOB) AS hex(x)',
    `mc_conv(x VARCHAR, b INTEGER, c INTEGER) AS (CASE WHEN x IS NULL THEN NULL WHEN NOT regexp_full_match(lower(x), CASE b WHEN 2 THEN '[01]{1,63}' WHEN 8 THEN '[0-7]{1,20}' WHEN 10 THEN '[0-9]{1,18}' ELSE '[0-9a-f]{1,15}' END) THEN ${refusal('CONV of such a text')} ` +
      "ELSE to_base(list_reduce(list_transform(string_split(lower(x), ''), lambda d: (instr('0123456789abcdef', d) - 1)::BIGINT), lambda p, q: p * b + q), c) END)",
  ],
}
