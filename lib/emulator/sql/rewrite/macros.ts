import { castMacros } from './casts.js'
import { functionMacros } from './functions/functions.js'
import { operatorMacros } from './operators.js'

/** What rewritten queries call: to be run once in each database. */
export const macros: readonly string[] = [...castMacros, ...operatorMacros, ...functionMacros].map(
  macro => `CREATE OR REPLACE MACRO ${macro}`,
)
