import { TunnelOptionError } from '../errors.js'
import { type DataType, formatDataType } from '../schema/data-type.js'
import type { Column } from '../schema/table-schema.js'

/*
 * Whether records of one table are records of another. Fields have numbers and no names, and a value doesn't say of which type it
 * is: so the bytes of a record mean the same only where each column has the same place and exactly the same type. Anything
 * less is read and written again by name, and only where every value that fits comes out as the same value: a type that would
 * round is refused as a whole.
 */

/** How rows came over: as bytes, or read and written again. */
export type CopyWay = 'copied' | 'reencoded'

/**
 * @returns how rows get from a table of the first columns into one of the second
 * @throws TunnelOptionError ODPS_SCHEMA_MISMATCH when they can't
 */
export const wayBetween = (from: readonly Column[], to: readonly Column[]): CopyWay => {
  const problems = differencesOf(from, to)
  if (problems.length === 0) return from.every((column, i) => isSame(column, to[i]!)) ? 'copied' : 'reencoded'
  const shown = problems.slice(0, 10).join('; ')
  const more = problems.length > 10 ? `; and ${problems.length - 10} more` : ''
  throw new TunnelOptionError(
    'ODPS_SCHEMA_MISMATCH',
    `copyTable: rows of one table don't fit the other: ${shown}${more}. Change the target, or copy with a download and an upload that choose the columns`,
  )
}

const isSame = (from: Column, to: Column): boolean =>
  from.name.toLowerCase() === to.name.toLowerCase() &&
  formatDataType(from.type) === formatDataType(to.type) &&
  (to.nullable || !from.nullable)

const differencesOf = (from: readonly Column[], to: readonly Column[]): string[] => {
  const targets = new Map(to.map(column => [column.name.toLowerCase(), column]))
  const problems: string[] = []
  for (const { name, type } of from) {
    const target = targets.get(name.toLowerCase())
    targets.delete(name.toLowerCase())
    if (target === undefined) problems.push(`column '${name}' isn't in the target`)
    else if (!isConvertible(type, target.type))
      problems.push(
        `column '${name}' is ${formatDataType(type)} in the source and ${formatDataType(target.type)} in the target`,
      )
  }
  return [...problems, ...[...targets.values()].map(({ name }) => `column '${name}' isn't in the source`)]
}

const wholeNumbers: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'int', 'bigint'])
const texts: ReadonlySet<string> = new Set(['string', 'varchar', 'char'])

/** Whether a value of the first type, where it fits the second, is the same value there. */
const isConvertible = (from: DataType, to: DataType): boolean => {
  if (formatDataType(from) === formatDataType(to)) return true
  if (wholeNumbers.has(from.kind)) return wholeNumbers.has(to.kind) || to.kind === 'decimal'
  if (texts.has(from.kind)) return texts.has(to.kind)
  if (from.kind === 'float') return to.kind === 'double'
  return from.kind === 'decimal' && to.kind === 'decimal'
}
