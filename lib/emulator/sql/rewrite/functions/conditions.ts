import { compare } from '../compare.js'
import type { Expression } from '../rewriting.js'
import { type Call, type FunctionFamily, type FunctionRule, sameAs, written } from './function-rule.js'

/*
 * Functions that choose among values. To GREATEST and LEAST NULL is less than any value; to DECODE it equals itself.
 */

const decode = ({ args, rewriting }: Call): string => {
  if (args.length < 3) throw rewriting.refuse('DECODE of a charset', args[0]!.at)
  const [value, ...rest] = args as [Expression, ...Expression[]]
  const pairs = rest.flatMap((search, i) =>
    i % 2 === 0 && rest[i + 1] !== undefined
      ? [` WHEN ${compare('<=>', value, search)} THEN ${rest[i + 1]!.sql}`]
      : [],
  )
  const last = rest.length % 2 === 1 ? ` ELSE ${rest.at(-1)!.sql}` : ''
  return `(CASE${pairs.join('')}${last} END)`
}

/** Two at a time, so that types are converted as in MaxCompute. A bare NULL has no type, and would take another's away. */
const extreme = (target: string, ofNull: (others: readonly string[]) => readonly string[]): FunctionRule =>
  written(2, 255, args => {
    const others = args.filter(arg => arg !== 'NULL')
    const [first = 'NULL', ...rest] = others.length === args.length ? args : ofNull(others)
    return rest.reduce((all, arg) => `${target}(${all}, ${arg})`, first)
  })

const extremeMacro = (name: string, write: (a: string, b: string) => string): string =>
  `mc_${name}(a VARCHAR, b VARCHAR) AS (${write('a', 'b')}), (a VARCHAR, b DOUBLE) AS (${write('a::DOUBLE', 'b')}), ` +
  `(a DOUBLE, b VARCHAR) AS (${write('a', 'b::DOUBLE')}), (a VARCHAR, b TIMESTAMP) AS (${write('mc_to_datetime(a)', 'b')}), ` +
  `(a TIMESTAMP, b VARCHAR) AS (${write('a', 'mc_to_datetime(b)')}), (a, b) AS (${write('a', 'b')})`

export const conditions: FunctionFamily = {
  functions: {
    if: written(3, 3, ([test, yes, no]) => `(CASE WHEN ${test} THEN ${yes} ELSE ${no} END)`),
    nvl: sameAs('coalesce', 2),
    coalesce: sameAs('coalesce', 1, 255),
    nullif: written(
      2,
      2,
      ([a], { args }) => `(CASE WHEN ${compare('=', args[0]!, args[1]!)} THEN NULL ELSE ${a} END)`,
    ),
    decode: written(2, 255, (_, call) => decode(call)),
    greatest: extreme('mc_greatest', others => others),
    least: extreme('mc_least', () => ['NULL']),
  },
  macros: [
    extremeMacro('greatest', (a, b) => `greatest(${a}, ${b})`),
    extremeMacro('least', (a, b) => `CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE least(${a}, ${b}) END`),
  ],
}
