import type { DataType } from '../../schema/data-type.js'
import { IntervalDayTime } from '../../values/interval-day-time.js'
import { IntervalYearMonth } from '../../values/interval-year-month.js'
import { Timestamp } from '../../values/timestamp.js'
import { unreadable } from '../../wire/byte-reader.js'
import { cellKinds } from '../../wire/records-memory.js'
import type { CodecOptions } from '../cell-codec.js'
import { dateOfDays, year1928 } from '../types/date-time.js'
import { parseJson } from '../types/json.js'
import { leafKindOf } from './type-nodes.js'

/*
 * Code for one value that is neither NULL nor nested: a cell, or a leaf of a nested one. Its names are those of decoder-code.ts.
 */

/** Where the value is: the code of eight bytes there as each type, of their words, and of what is told of text. */
export interface Slot {
  readonly f64: string
  readonly i64: string
  readonly f32: string
  readonly i32: (word: number) => string
  /** Whether it is ASCII that was copied; else whether it is beyond ASCII, and whether it lies where it came. */
  readonly isPlain: string
  readonly isBeyond: string
  readonly isInPlace: string
}

/** @param eight the code of its place in units of eight bytes, and `four` in units of four */
export const slotAt = (
  eight: string,
  four: (word: number) => string,
  told: Pick<Slot, 'isPlain' | 'isBeyond' | 'isInPlace'>,
): Slot => ({
  f64: `F[${eight}]`,
  i64: `G[${eight}]`,
  f32: `E[${four(0)}]`,
  i32: word => `I[${four(word)}]`,
  ...told,
})

const newDate = (ms: number): Date => {
  if (ms < year1928) throw unreadable
  return new Date(ms)
}

/** What the code uses. */
export const readingConstants = {
  D: dateOfDays,
  N: newDate,
  Z: Timestamp,
  Y: IntervalDayTime,
  O: IntervalYearMonth,
  J: parseJson,
  U: unreadable,
}

/** How a value of a type that isn't nested is read; undefined for one that is. Times are shown, and bytes stay bytes. */
export const readKindOf = (type: DataType, { string }: CodecOptions): number | undefined => {
  switch (type.kind) {
    case 'datetime':
    case 'date':
      return cellKinds.time
    case 'binary':
      return cellKinds.bytes
    case 'string':
    case 'varchar':
    case 'char':
      return string === 'buffer' ? cellKinds.bytes : cellKinds.text
    default:
      return leafKindOf(type)
  }
}

/** How many bits a whole number may have; of a leaf that is an instant, whether its nanoseconds may be negative. */
export const bitsOf = ({ kind }: DataType): number => {
  switch (kind) {
    case 'tinyint':
      return 8
    case 'smallint':
      return 16
    case 'int':
      return 32
    case 'timestamp':
    case 'timestamp_ntz':
      return 0
    case 'interval_day_time':
      return 1
    default:
      return 64
  }
}

export const valueCode = (type: DataType, slot: Slot, options: CodecOptions): string => {
  const { f64, i64, f32, i32 } = slot
  switch (type.kind) {
    case 'bigint':
      if (options.bigint === 'number') return safeNumberCode(slot)
      return options.bigint === 'string' ? `String(${i64})` : i64
    case 'tinyint':
    case 'smallint':
    case 'int':
      return i32(0)
    case 'datetime':
      return `${options.oldDates === 'refuse' ? 'N' : 'new Date'}(${f64})`
    case 'date':
      return `D(${f64})`
    case 'double':
      return f64
    case 'float':
      return f32
    case 'boolean':
      return `${i32(0)} !== 0`
    case 'timestamp':
    case 'timestamp_ntz':
      return `new Z(${i64}, ${i32(2)})`
    case 'interval_day_time':
      return `new Y(${i64}, ${i32(2)})`
    case 'interval_year_month':
      return `new O(${safeNumberCode(slot)})`
    case 'binary':
      return bytesCode(slot)
    case 'json':
      return options.json === 'parsed'
        ? `J(${textCode(slot, false)})`
        : textCode(slot, options.string === 'exact')
    case 'decimal':
      return textCode(slot, false)
    default:
      return options.string === 'buffer' ? bytesCode(slot) : textCode(slot, options.string === 'exact')
  }
}

const bytesCode = ({ i32 }: Slot): string => `X.copy(${i32(0)}, ${i32(1)})`

const textCode = ({ i32, isPlain, isBeyond, isInPlace }: Slot, exact: boolean): string => {
  const other = exact ? 'otherExact' : 'other'
  const place = `${i32(0)}, ${i32(1)}`
  return `${isPlain} ? X.narrow(${place}) : X.${other}(${place}, ${isBeyond}, ${isInPlace})`
}

/** See `isSafe`. */
const safeNumberCode = ({ i32 }: Slot): string => {
  const [low, high] = [i32(0), i32(1)]
  return `(() => {
if (${high} < -0x200000 || ${high} > 0x1fffff || (${high} === -0x200000 && ${low} === 0)) throw U
return ${high} * 4294967296 + (${low} >>> 0)
})()`
}
