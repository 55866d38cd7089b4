import { compare } from '../compare.js'
import { type FunctionFamily, sameAs, written } from './function-rule.js'

/** Functions that choose among values. */
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
  },
  macros: [],
}
