import type { Expression } from './rewriting.js'

/** Macros by sign, the longest signs first. */
const comparisons: Readonly<Record<string, string>> = {
  '<=>': 'mc_same',
  '<=': 'mc_le',
  '>=': 'mc_ge',
  '<>': 'mc_ne',
  '!=': 'mc_ne',
  '==': 'mc_eq',
  '=': 'mc_eq',
  '<': 'mc_lt',
  '>': 'mc_gt',
}

export const comparisonSigns: readonly string[] = Object.keys(comparisons)

/** A bare NULL has no type by which DuckDB could choose among a macro's overloads. */
export const compare = (sign: string, left: Expression, right: Expression): string => {
  const isNull = left.sql === 'NULL' || right.sql === 'NULL'
  if (!isNull) return `${comparisons[sign]}(${left.sql}, ${right.sql})`
  const other = left.sql === 'NULL' ? right.sql : left.sql
  return sign === '<=>' ? `(${other} IS NULL)` : 'NULL::BOOLEAN'
}
