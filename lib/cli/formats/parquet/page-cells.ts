import type { PageCells } from '../../../codec/pages/page-cells.js'
import { maxDatetime, minDatetime, year1928 } from '../../../codec/types/date-time.js'
import { decimalDigits } from '../../../codec/types/decimal.js'
import { integerRange } from '../../../codec/types/integers.js'
import type { Column, DataType } from '../../../index.js'
import { maxSeconds, minSeconds } from '../../../values/calendar.js'
import type { FileType } from '../file-values/file-type.js'
import type { Leaf } from './schema.js'

/*
 * Which columns of a file become records without their values being looked at in JS, and what they become: the same as by way of
 * file-values/cell-converter.ts and the encoder, pair by pair of types. A pair that is not here goes that way.
 */

export interface PageOptions {
  /** Whose clocks times without a zone show, where an instant is wanted. */
  readonly timeZone: string
  /** Limit of one STRING, BINARY or JSON value in bytes. */
  readonly maxFieldBytes: number
  /** Whether DATETIME values before 1928 pass. */
  readonly oldDates: 'accept' | 'refuse'
}

/** What is the same for every value of a leaf and a column. */
type Cells = Omit<PageCells, 'field' | 'isNullable'>

/** @param field of the record, from 1 on. @returns undefined for a pair of types that goes the other way */
export const pageCellsOf = (
  leaf: Leaf,
  { type, nullable }: Column,
  field: number,
  options: PageOptions,
): PageCells | undefined => {
  if (leaf.maxRepetition > 0 || leaf.maxDefinition > 1) return undefined
  const cells = cellsOf(leaf, type, options)
  return cells && { ...cells, field, isNullable: nullable }
}

const cellsOf = (leaf: Leaf, to: DataType, options: PageOptions): Cells | undefined => {
  const { type, element } = leaf
  switch (type.kind) {
    case 'null':
      // No value is one that can be.
      return element.type === 'INT32'
        ? { kind: 'int32', store: 'int32', wireType: 0, pageRange: [1, 0] }
        : undefined
    case 'boolean':
      return to.kind === 'boolean' ? { kind: 'boolean', store: 'int32', wireType: 0 } : undefined
    case 'integer':
      return ofInteger(type, to, options)
    case 'float':
      return type.bits === 16 ? undefined : ofFloat(type.bits, to)
    case 'decimal':
      return ofDecimal(leaf, type.scale, to, options)
    case 'text':
    case 'json':
    case 'bytes':
    case 'uuid':
      return ofBytes(leaf, to, options)
    case 'date':
      return to.kind === 'date'
        ? {
            kind: 'int32',
            store: 'int32',
            wireType: 0,
            ...between(minDatetime / day, Math.floor(maxDatetime / day)),
          }
        : undefined
    case 'timestamp':
      return ofTimestamp(type, element.type === 'INT96' ? 'int96' : 'int64', to, options)
    default:
      return undefined
  }
}

const day = 86_400_000

const between = (least: number, greatest: number): Pick<Cells, 'least' | 'greatest'> => ({
  least: BigInt(least),
  greatest: BigInt(greatest),
})

/** Of integer columns. */
const wholeRange = ({ kind }: DataType): Pick<Cells, 'least' | 'greatest'> | undefined => {
  switch (kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
      return between(...integerRange(kind))
    case 'bigint':
      return {}
    default:
      return undefined
  }
}

const ofInteger = (
  { bits, signed }: FileType & { kind: 'integer' },
  to: DataType,
  options: PageOptions,
): Cells | undefined => {
  const size = bits === 64 ? 64 : 32
  // What has fewer bits lies in 32, and none of it is negative without a sign.
  const store = signed || bits < 32 ? (`int${size}` as const) : (`uint${size}` as const)
  const [least, greatest] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
  const common = { store, ...(bits < 32 && { pageRange: [least, greatest] as const }) }
  const range = wholeRange(to)
  if (range !== undefined)
    return {
      kind: store === 'int32' || store === 'int64' ? store : 'otherWhole',
      wireType: 0,
      ...common,
      ...range,
    }
  return to.kind === 'double' || to.kind === 'float'
    ? { ...toFloat(to.kind), ...common }
    : toDigits(common, 0, to, options)
}

const toFloat = (kind: 'double' | 'float'): Pick<Cells, 'kind' | 'wireType'> =>
  kind === 'double' ? { kind: 'otherDouble', wireType: 1 } : { kind: 'otherFloat', wireType: 5 }

const ofFloat = (bits: 32 | 64, to: DataType): Cells | undefined => {
  const store = bits === 32 ? 'float' : 'double'
  const range = wholeRange(to)
  if (range !== undefined) return { kind: 'otherWhole', store, wireType: 0, ...range }
  if (to.kind !== 'double' && to.kind !== 'float') return undefined
  return store === to.kind
    ? { kind: store, store, wireType: store === 'double' ? 1 : 5 }
    : { ...toFloat(to.kind), store }
}

/** Digits that 128 bits hold, and a power of ten that 64 bits do. */
const [mostScale, mostPower] = [38, 18]

const ofDecimal = (leaf: Leaf, scale: number, to: DataType, options: PageOptions): Cells | undefined => {
  const stored = decimalStore(leaf)
  if (stored === undefined || scale < 0 || scale > mostScale) return undefined
  const range = wholeRange(to)
  if (range === undefined) return toDigits(stored, scale, to, options)
  return scale > mostPower
    ? undefined
    : { kind: 'otherWhole', wireType: 0, units: 10n ** BigInt(scale), ...stored, ...range }
}

const decimalStore = ({
  element: { type, type_length: width = 0 },
}: Leaf): Pick<Cells, 'store' | 'width' | 'isNeverEmpty'> | undefined => {
  switch (type) {
    case 'INT32':
      return { store: 'int32' }
    case 'INT64':
      return { store: 'int64' }
    case 'BYTE_ARRAY':
      return { store: 'bytes', isNeverEmpty: true }
    case 'FIXED_LEN_BYTE_ARRAY':
      return width >= 1 && width <= 16 ? { store: 'fixed', width } : undefined
    default:
      return undefined
  }
}

const toDigits = (
  stored: Omit<Cells, 'kind' | 'wireType'>,
  scale: number,
  to: DataType,
  { maxFieldBytes }: PageOptions,
): Cells | undefined => {
  const common = { kind: 'digits', wireType: 2, scale, ...stored } as const
  switch (to.kind) {
    case 'decimal': {
      const { whole, fraction } = decimalDigits(to)
      return { ...common, most: whole, mostBehind: fraction }
    }
    case 'string':
      return { ...common, mostBehind: scale, mostBytes: maxFieldBytes }
    case 'varchar':
    case 'char':
      return { ...common, mostBehind: scale, mostBytes: to.length }
    default:
      return undefined
  }
}

const ofBytes = (
  { type, element }: Leaf,
  to: DataType,
  { maxFieldBytes }: PageOptions,
): Cells | undefined => {
  const width = element.type_length ?? 0
  const isFixed = element.type === 'FIXED_LEN_BYTE_ARRAY'
  const stored = isFixed ? ({ store: 'fixed', width } as const) : ({ store: 'bytes' } as const)
  const common = { kind: 'text', wireType: 2, ...stored } as const
  const isBytes = type.kind === 'bytes' || type.kind === 'uuid'
  if (to.kind === 'binary') return isBytes ? { ...common, most: maxFieldBytes } : undefined
  // That of a UUID is printed.
  if (type.kind === 'uuid') return undefined
  switch (to.kind) {
    case 'string':
      return { ...common, most: maxFieldBytes }
    case 'varchar':
    case 'char':
      return { ...common, most: to.length, mostBehind: 1 }
    default:
      return undefined
  }
}

const unitsOfSecond = { s: 1n, ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n } as const

const ofTimestamp = (
  { unit, zoned }: FileType & { kind: 'timestamp' },
  store: 'int64' | 'int96',
  to: DataType,
  { timeZone, oldDates }: PageOptions,
): Cells | undefined => {
  const isMoved = !zoned && timeZone !== 'UTC'
  switch (to.kind) {
    case 'timestamp':
    case 'timestamp_ntz':
      if (isMoved && to.kind === 'timestamp') return undefined
      return {
        ...({ kind: 'instant', store, wireType: 2, units: unitsOfSecond[unit] } as const),
        ...between(minSeconds, maxSeconds),
      }
    case 'datetime':
      if (isMoved || unit === 's') return undefined
      return {
        ...({ kind: 'milliseconds', store, wireType: 0, units: unitsOfSecond[unit] / 1000n } as const),
        ...between(oldDates === 'refuse' ? year1928 : minDatetime, maxDatetime),
      }
    default:
      return undefined
  }
}
