import type { DataType } from '../../schema/data-type.js'
import { printFlags, printKinds } from '../../wire/csv-writer-memory.js'
import { tagOf } from '../../wire/tags.js'
import { layoutOf, wireTypeOf } from '../value-layout.js'
import type { ColumnPrint } from './print-plan.js'
import { isoSteps, type TimeStep } from './time-steps.js'

/** How a cell is printed, apart from what stands before it. */
export interface CellPrint {
  readonly kind: keyof typeof printKinds
  readonly flags: readonly PrintFlag[]
  readonly time?: TimePrint
}

export type PrintFlag = keyof typeof printFlags

export interface TimePrint {
  readonly steps: readonly TimeStep[]
  readonly partOfDay: number
  readonly partOfSecond: number
  readonly secondDigits: number
}

/** Undefined for what has a text that only careful code makes: nested values, intervals, JSON. */
export const plainCellPrint = ({ kind }: DataType): CellPrint | undefined => {
  switch (kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return { kind: 'integer', flags: [] }
    case 'float':
    case 'double':
    case 'boolean':
    case 'date':
    case 'decimal':
      return { kind, flags: [] }
    case 'string':
    case 'varchar':
    case 'char':
      return { kind: 'text', flags: [] }
    case 'binary':
      return { kind: 'base64', flags: [] }
    case 'datetime':
      return { kind: 'datetime', flags: [], time: isoTime(3, true) }
    case 'timestamp':
      return { kind: 'timestamp', flags: [], time: isoTime(9, true) }
    case 'timestamp_ntz':
      return { kind: 'timestamp', flags: ['isLocal'], time: isoTime(9, false) }
    default:
      return undefined
  }
}

/** Nothing smaller than this is in a time of its column. */
const isoTime = (digits: 3 | 9, hasZone: boolean): TimePrint => ({
  steps: isoSteps(digits, hasZone),
  partOfDay: 1,
  partOfSecond: digits === 3 ? 1_000_000 : 1,
  secondDigits: digits,
})

const year1928 = Date.UTC(1928, 0)
const noTime: TimePrint = { steps: [], partOfDay: 1, partOfSecond: 1, secondDigits: 0 }

export const columnPrint = (
  type: DataType,
  index: number,
  { kind, flags, time = noTime }: CellPrint,
  { head, nullText, refusesOldDates }: { head: string; nullText: string; refusesOldDates: boolean },
): ColumnPrint => {
  const layout = layoutOf(type)!
  return {
    ...{ head, nullText, ...time },
    kind: printKinds[kind],
    flags: flags.reduce((sum, flag) => sum | printFlags[flag], 0),
    tag: tagOf(index + 1, wireTypeOf(layout)),
    bits: layout.shape === 'int64' ? layout.bits : 64,
    leastDatetime: refusesOldDates ? year1928 : -8.64e15,
  }
}
