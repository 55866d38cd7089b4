import { type CellCodec, defaultCodecOptions } from '../../codec/cell-codec.js'
import { codecOf } from '../../codec/codec-of.js'
import { nullNotAllowed, rowProblem } from '../../codec/rows/row-problem.js'
import { TunnelOptionError } from '../../errors.js'
import { type DataType, type DecimalType, formatDataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { CellProblem } from '../../values/cell-problem.js'
import { unscaledOf } from '../../values/unscaled.js'
import { highOf, highOfBigint, lowOf, lowOfBigint, numberOf } from '../../wire/int64.js'
import { type HashFamily, type HashName, hashFamilies } from './hash-family.js'
import { KeyValue } from './key-value.js'

/*
 * Which bucket a row belongs to. The service doesn't look: a row in a wrong bucket would live beside the one it should
 * replace. So types whose hash isn't known are refused before any row, and values on whose hash clients don't agree when
 * they come.
 */

/**
 * The hash of a row's key, never negative.
 * @param cells of the row, in the order of its columns
 * @throws TunnelValueError for a key that is NULL or does not fit its column
 */
export type KeyHash = (cells: readonly unknown[], rowIndex: number) => number

/** Hashes what was written into the value. */
type Finish = (value: KeyValue) => number

/**
 * @param columns of the table
 * @param key places of the key's columns among them, in the order of the key
 * @throws TunnelOptionError ODPS_INVALID_OPTION for a key column of a type whose hash isn't known
 */
export const createKeyHash = (
  columns: readonly Column[],
  key: readonly number[],
  name: HashName,
): KeyHash => {
  const family = hashFamilies[name]
  const value = new KeyValue(family)
  const parts = key.map(at => {
    const column = columns[at]!
    return { at, column, finish: finishOf(column, family), codec: codecOf(column.type, defaultCodecOptions) }
  })
  return (cells, rowIndex) => {
    let sum = 0
    for (const part of parts) sum = (sum + hashCell(part, cells[part.at], value, rowIndex)) | 0
    // Both have the same sign.
    return sum ^ (sum >> 8)
  }
}

interface KeyPart {
  readonly column: Column
  readonly codec: CellCodec
  readonly finish: Finish
}

const hashCell = (
  { column, codec, finish }: KeyPart,
  cell: unknown,
  value: KeyValue,
  rowIndex: number,
): number => {
  if (cell === null || cell === undefined) throw nullNotAllowed(column, rowIndex)
  try {
    codec.write(value, cell)
    return finish(value)
  } catch (error) {
    throw rowProblem(error, column, rowIndex)
  }
}

const finishOf = (column: Column, family: HashFamily): Finish => {
  const finish = finishOfType(column.type, family)
  if (finish !== undefined) return finish
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `Column '${column.name}' of the primary key is of the type ${formatDataType(column.type)}, and which bucket such a key belongs to is not known; write to this table by SQL`,
  )
}

/** Undefined for types that cannot be keys. */
const finishOfType = (type: DataType, family: HashFamily): Finish | undefined => {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'float':
    case 'double':
    case 'datetime':
      return ({ low, high }) => family.int64(low, high)
    case 'boolean':
      return ({ low }) => (low === 1 ? hashOfTrue : hashOfFalse)
    case 'string':
    case 'varchar':
    case 'char':
      return ({ hash }) => hash
    case 'binary':
      return plainBytes
    case 'date':
      return ({ low, high }) => {
        const seconds = numberOf(low, high) * 86_400
        return family.int64(lowOf(seconds), highOf(seconds))
      }
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      // Seconds and nanos in one: (seconds << 30) | nanos
      return ({ low, high, nanos }) => family.int64((low << 30) | nanos, (high << 30) | (low >>> 2))
    case 'decimal':
      return type.precision === undefined ? undefined : finishOfDecimal(type, family)
    default:
      return undefined
  }
}

const hashOfTrue = 0x172ba9c7
const hashOfFalse = -0x3a59cb12

/** Of other bytes one official client hashes their quoted-printable form, and another the bytes as they are. */
const plainBytes: Finish = ({ hash, isPlain }) => {
  if (isPlain) return hash
  const what =
    "a BINARY key may only have printable ASCII bytes other than '=': which bucket others belong to differs between the official clients"
  throw new CellProblem('ODPS_INVALID_VALUE', what)
}

/** The whole number that the digits are without the point; beyond 18 digits its two halves of 64 bits. */
const finishOfDecimal = ({ precision = 0, scale = 0 }: DecimalType, family: HashFamily): Finish => {
  const hash64 = (whole: bigint): number => family.int64(lowOfBigint(whole), highOfBigint(whole))
  return ({ digits }) => {
    const whole = unscaledOf(digits, scale)
    const low = hash64(BigInt.asIntN(64, whole))
    return precision > 18 ? (low + hash64(whole >> 64n)) | 0 : low
  }
}
