import { aggregates } from './aggregates.js'
import { arrays } from './arrays.js'
import { conditions } from './conditions.js'
import type { FunctionRule } from './function-rule.js'
import { nested } from './nested.js'
import { numbers } from './numbers.js'
import { patterns } from './patterns.js'
import { texts } from './texts.js'
import { times } from './times.js'

const families = [texts, patterns, numbers, times, conditions, nested, arrays, aggregates]

/** All functions of MaxCompute that the emulator has, by their names in lower case. */
export const functions: ReadonlyMap<string, FunctionRule> = new Map(
  families.flatMap(family => Object.entries(family.functions)),
)

export const functionMacros: readonly string[] = families.flatMap(family => family.macros)
