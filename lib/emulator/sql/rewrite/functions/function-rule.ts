import type { Expression, Rewriting } from '../rewriting.js'

/** A call of a function as it is written. */
export interface Call {
  /** In lower case. */
  readonly name: string
  readonly args: readonly Expression[]
  readonly distinct: boolean
  /** `count(*)`; there are no arguments then. */
  readonly star: boolean
  /** `[WITHIN GROUP (…)] [FILTER (…)] [OVER (…)]` in DuckDB's SQL, to stand right behind the call. */
  readonly tail: string
  readonly rewriting: Rewriting
}

/** How one function of MaxCompute is written in DuckDB. */
export interface FunctionRule {
  /** How many arguments it has. */
  readonly args: readonly [least: number, most: number]
  /** What it works on: `row` has neither DISTINCT nor OVER, `group` may have both, `window` must have OVER. */
  readonly of: 'row' | 'group' | 'window'
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

/** A function of a group: `wrap` is a macro around the call, OVER and all. */
export const aggregate = (target: string, least: number, most = least, wrap = ''): FunctionRule => ({
  args: [least, most],
  of: 'group',
  write: ({ args, distinct, tail }) => {
    const call = `${target}(${distinct ? 'DISTINCT ' : ''}${list(args)})${tail}`
    return wrap === '' ? call : `${wrap}(${call})`
  },
})

export const windowed = (target: string, least: number, most = least): FunctionRule => ({
  args: [least, most],
  of: 'window',
  write: ({ args, tail }) => `${target}(${list(args)})${tail}`,
})
