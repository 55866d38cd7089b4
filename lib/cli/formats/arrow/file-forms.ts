import type { Form } from '../../../arrow/columns/form.js'
import type { FormsOfTypes } from '../../../arrow/columns/layout.js'
import {
  decimals,
  layOutNumbers,
  leafForm,
  millisecondsOf,
  numbers,
  texts,
} from '../../../arrow/columns/leaf.js'
import type { DataType, Timestamp } from '../../../index.js'
import { valueOutOfRange } from '../file-values/exact-values.js'
import { asText, daysOfDate, decimalSize, utf8TextOf } from '../typed-cells.js'

/* What each type is in a file, for its readers: what Arrow has no type for is text (intervals, JSON, the old DECIMAL). */

const leafOf = (type: DataType): Form => {
  switch (type.kind) {
    case 'date':
      return numbers({ name: 'date', unit: 'day' }, Int32Array, daysOfDate)
    case 'datetime':
      return numbers({ name: 'timestamp', unit: 'ms', timezone: 'UTC' }, BigInt64Array, millisecondsOf)
    case 'timestamp':
      return times('UTC')
    case 'timestamp_ntz':
      return times('')
    case 'decimal': {
      const { precision, scale } = decimalSize(type)
      // Few readers know more than 38 digits.
      return precision > 38 ? texts(utf8TextOf) : decimals(precision, scale)
    }
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
      return texts(utf8TextOf)
    default:
      return texts(cell => asText(cell, type))
  }
}

export const fileForms: FormsOfTypes = { leafOf, hasFixedVectors: true }

/**
 * TIMESTAMPs in 64 bits: to the nanosecond from 1677 to 2262, or to the microsecond in any year; 9999-12-31 stands for
 * "for ever" in many tables. The unit stands in the schema, which comes first, so the first values decide: microseconds,
 * unless there are nanoseconds among them.
 */
const times = (timezone: string): Form => {
  let unit: 'us' | 'ns' | undefined
  return leafForm(
    () => {
      unit ??= 'us'
      return { name: 'timestamp', unit, timezone }
    },
    () => unit === undefined,
    (cells, onMisfit) => {
      const values = cells.filter(cell => cell !== null && cell !== undefined) as Timestamp[]
      if (values.length > 0) unit ??= values.some(isFine) ? 'ns' : 'us'
      return [layOutNumbers(cells, onMisfit, BigInt64Array, unit === 'ns' ? nanosecondsOf : microsecondsOf)]
    },
  )
}

const isFine = ({ nanos }: Timestamp): boolean => nanos % 1000 !== 0

const nanosecondsOf = ({ seconds, nanos }: Timestamp): bigint =>
  in64Bits(
    seconds * 1_000_000_000n + BigInt(nanos),
    'the time is outside the years 1677 to 2262, but the column is written in nanoseconds, because earlier times have them',
  )

const microsecondsOf = (time: Timestamp): bigint => {
  if (isFine(time))
    throw valueOutOfRange(
      'the time has nanoseconds, but the column is written in microseconds, because none of the first rows had them',
    )
  return in64Bits(time.seconds * 1_000_000n + BigInt(time.nanos / 1000), 'the time is beyond 64 bits')
}

const in64Bits = (value: bigint, otherwise: string): bigint => {
  if (BigInt.asIntN(64, value) !== value) throw valueOutOfRange(otherwise)
  return value
}
