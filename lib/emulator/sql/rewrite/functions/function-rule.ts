import { asText, type Expression, type Rewriting } from '../rewriting.js'
import type { Over } from '../window.js'

/** A call of a function as it is written. */
export interface Call {
  /** In lower case. */
  readonly name: string
  /** Where it stands in the source. */
  readonly at: number
  readonly args: readonly Expression[]
  readonly distinct: boolean
  /** `count(*)`; there are no arguments then. */
  readonly star: boolean
  /** The keys of `WITHIN GROUP (ORDER BY …)`, and the condition of `FILTER (WHERE …)`; empty without one. */
  readonly within: string
  readonly filter: string
  readonly over: Over
  readonly rewriting: Rewriting
}

/** How one function of MaxCompute is written in DuckDB. */
export interface FunctionRule {
  /** How many arguments it has. */
  readonly args: readonly [least: number, most: number]
  /** What it works on: `row` has neither DISTINCT nor OVER, `group` may have both, `window` must have OVER. */
  readonly of: 'row' | 'group' | 'window'
  /** Whether it may have WITHIN GROUP. */
  readonly isOrdered?: true
  /** Whether whole numbers come out of it as HUGEINT. */
  readonly isSum?: true
  /** Whether each call, and each row, has another value. */
  readonly isRandom?: true
  readonly write: (call: Call) => string
}

/** Functions by name, and the macros that they call. */
export interface FunctionFamily {
  readonly functions: Readonly<Record<string, FunctionRule>>
  /** `CREATE MACRO` without these two words. */
  readonly macros: readonly string[]
}

const list = (args: readonly Expression[]): string => args.map(({ sql }) => sql).join(', ')

/** A function that is a macro, or another function that is exactly the same. */
export const sameAs = (target: string, least: number, most = least): FunctionRule => ({
  args: [least, most],
  of: 'row',
  write: ({ args }) => `${target}(${list(args)})`,
})

/** Any function of a row. */
export const written = (
  least: number,
  most: number,
  write: (args: readonly string[], call: Call) => string,
): FunctionRule => ({
  args: [least, most],
  of: 'row',
  write: call =>
    write(
      call.args.map(({ sql }) => sql),
      call,
    ),
})

/** What stands behind the call. */
export const tailOf = ({ filter, over }: Call): string =>
  `${filter === '' ? '' : ` FILTER (WHERE ${filter})`}${over.sql}`

/** A function of a group that is the same in DuckDB. */
export const aggregate = (target: string, least: number, most = least): FunctionRule => ({
  args: [least, most],
  of: 'group',
  write: call => `${target}(${call.distinct ? 'DISTINCT ' : ''}${list(call.args)})${tailOf(call)}`,
})

export const windowed = (target: string, least: number, most = least): FunctionRule => ({
  args: [least, most],
  of: 'window',
  write: ({ args, over }) => `${target}(${list(args)})${over.sql}`,
})

/** A call of `target` with all arguments as texts, as MaxCompute converts what isn't one. */
export const ofTexts = (target: string, least: number, most = least): FunctionRule =>
  written(least, most, (_, { args }) => `${target}(${args.map(asText).join(', ')})`)

/** The value of an argument that must be a text literal. @throws SqlError otherwise */
export const literalText = ({ name, args, rewriting }: Call, place: number): string => {
  const { text, at } = args[place]!
  if (text === undefined)
    throw rewriting.refuse(`${name} with argument ${place + 1} that isn't a text literal`, at)
  return text
}

/** The value of an argument that must be a whole number literal. @throws SqlError otherwise */
export const literalInteger = ({ name, args, rewriting }: Call, place: number): bigint => {
  const { integer, at } = args[place]!
  if (integer === undefined)
    throw rewriting.refuse(`${name} with argument ${place + 1} that isn't a whole number literal`, at)
  return integer
}
