import type { SchemaElement } from 'hyparquet'
import type { DataType, Timestamp } from '../../../index.js'
import { unscaledOf } from '../../../values/unscaled.js'
import { invalidValue } from '../file-values/exact-values.js'
import { asText, daysOfDate, decimalSize, utf8TextOf } from '../typed-cells.js'

/* How cells that hold no others lie in Parquet. */

export type LeafForm = Omit<SchemaElement, 'name' | 'repetition_type'>

export interface LeafType {
  readonly form: LeafForm
  /** What is written for a cell that is not NULL. @throws TunnelValueError when Parquet has no place for it */
  readonly write: (cell: never) => unknown
  /** Nanoseconds that are written in a unit which their column's values decide. */
  readonly isTime?: boolean
}

const same = (cell: unknown): unknown => cell
const text: LeafForm = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
const json: LeafForm = { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' } }

/** Without the logical type INTEGER, whose width this writer puts down in a way that other readers refuse. */
const integer = (bitWidth: 8 | 16 | 32): LeafForm => ({ type: 'INT32', converted_type: `INT_${bitWidth}` })

export const timeForm = (isAdjustedToUTC: boolean, unit: 'MILLIS' | 'MICROS' | 'NANOS'): LeafForm => ({
  type: 'INT64',
  ...(isAdjustedToUTC && unit !== 'NANOS' && { converted_type: `TIMESTAMP_${unit}` }),
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC, unit },
})

const nanos = ({ seconds, nanos: rest }: Timestamp): bigint => seconds * 1_000_000_000n + BigInt(rest)

export const leafTypeOf = (type: DataType): LeafType => {
  switch (type.kind) {
    case 'tinyint':
      return { form: integer(8), write: same }
    case 'smallint':
      return { form: integer(16), write: same }
    case 'int':
      return { form: integer(32), write: same }
    case 'bigint':
      return { form: { type: 'INT64' }, write: (cell: bigint) => BigInt(cell) }
    case 'float':
      return { form: { type: 'FLOAT' }, write: same }
    case 'double':
      return { form: { type: 'DOUBLE' }, write: same }
    case 'boolean':
      return { form: { type: 'BOOLEAN' }, write: same }
    case 'string':
    case 'varchar':
    case 'char':
      return { form: text, write: utf8TextOf }
    case 'binary':
      return { form: { type: 'BYTE_ARRAY' }, write: same }
    case 'decimal':
      return decimalType(type)
    case 'date':
      return {
        form: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
        write: daysOfDate,
      }
    case 'datetime':
      return { form: timeForm(true, 'MILLIS'), write: (cell: Date) => millisecondsOf(cell) }
    case 'timestamp':
    case 'timestamp_ntz':
      return { form: timeForm(type.kind === 'timestamp', 'NANOS'), write: nanos, isTime: true }
    case 'json':
      return { form: json, write: (cell: unknown) => Buffer.from(utf8TextOf(cell)) }
    default:
      return { form: text, write: (cell: unknown) => asText(cell, type) }
  }
}

const millisecondsOf = (cell: Date): bigint => {
  const milliseconds = cell.getTime()
  if (Number.isNaN(milliseconds)) throw invalidValue('the DATETIME is not a time')
  return BigInt(milliseconds)
}

/** Few readers know more than 38 digits. */
const decimalType = (type: DataType & { kind: 'decimal' }): LeafType => {
  const { precision, scale } = decimalSize(type)
  if (precision > 38) return { form: text, write: utf8TextOf }
  const physical: LeafForm =
    precision <= 9
      ? { type: 'INT32' }
      : precision <= 18
        ? { type: 'INT64' }
        : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: Math.ceil((precision * Math.log2(10) + 1) / 8) }
  return {
    form: {
      ...physical,
      converted_type: 'DECIMAL',
      precision,
      scale,
      logical_type: { type: 'DECIMAL', precision, scale },
    },
    write: (cell: string) => unscaledOf(String(cell), scale, precision),
  }
}
