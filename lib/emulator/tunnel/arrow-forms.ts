import { cellOutOfRange, type Form } from '../../arrow/columns/form.js'
import { type FormsOfTypes, formOf, secondsAndNanos } from '../../arrow/columns/layout.js'
import { decimals, fixedBinaries, nanosecondsOf, numbers, textBytes } from '../../arrow/columns/leaf.js'
import type { DataType, DecimalType } from '../../schema/data-type.js'
import { parseDate } from '../../values/calendar.js'
import { oldDecimal, oldDecimalBytes, roundedDecimal } from './arrow-decimal.js'

/*
 * Stored values as Arrow: for the tunnel as PyODPS writes and reads them (protocol 7.4), for the results of queries, whose columns of
 * times are structs (8.2), and for previews (6.6), where the old DECIMAL is what the service has in memory, too.
 */

export type ArrowUse = 'tunnel' | 'result' | 'preview'

/** @param type of the column, not the one that its cells are stored by */
export const arrowForm = (type: DataType, use: ArrowUse): Form =>
  columnForm(type, use) ?? formOf(type, forms[use])

/** Some columns are another than what is inside nested types. */
const columnForm = (type: DataType, use: ArrowUse): Form | undefined => {
  if (type.kind === 'char') return paddedText(type.length)
  return use === 'result' && isTimestamp(type) ? pairs() : undefined
}

const isTimestamp = ({ kind }: DataType): boolean => kind === 'timestamp' || kind === 'timestamp_ntz'

const tunnelForms: FormsOfTypes = {
  leafOf: type => leafOf(type, tunnelTimes, tunnelDecimal),
  hasFixedVectors: false,
}

const forms: Readonly<Record<ArrowUse, FormsOfTypes>> = {
  tunnel: tunnelForms,
  result: tunnelForms,
  preview: {
    leafOf: type => (type.kind === 'char' ? paddedText(type.length) : leafOf(type, pairs, previewDecimal)),
    hasFixedVectors: false,
  },
}

const leafOf = (type: DataType, times: () => Form, decimal: (type: DecimalType) => Form): Form => {
  switch (type.kind) {
    case 'date':
      return numbers({ name: 'date', unit: 'day' }, Int32Array, daysOf)
    case 'datetime':
      return numbers({ name: 'timestamp', unit: 'ms', timezone: '' }, BigInt64Array, millisecondsOf)
    case 'timestamp':
    case 'timestamp_ntz':
      return times()
    case 'interval_day_time':
      return pairs()
    case 'interval_year_month':
      return numbers({ name: 'interval', unit: 'year_month' }, Int32Array, ({ months }: Months) =>
        int32Of(months, 'the months need more than 32 bits'),
      )
    case 'decimal':
      return decimal(type)
    default:
      return textBytes(bytesOf)
  }
}

interface Months {
  readonly months: number
}

interface Seconds {
  readonly seconds: bigint
  readonly nanos: number
}

/** Those of partition columns are values of their own type. */
const daysOf = (cell: bigint | string): number =>
  typeof cell === 'string'
    ? parseDate(cell)!
    : int32Of(Number(cell), 'the days since 1970 need more than 32 bits')

/** An array of them would keep the lower bits of a larger number. */
const int32Of = (value: number, problem: string): number => {
  if (value === (value | 0)) return value
  throw cellOutOfRange(problem)
}

const millisecondsOf = (cell: bigint | Date): bigint => (cell instanceof Date ? BigInt(cell.getTime()) : cell)

const bytesOf = (cell: unknown): Uint8Array =>
  typeof cell === 'string' ? Buffer.from(cell) : (cell as Buffer)

const pairs = (): Form => secondsAndNanos(({ seconds, nanos }: Seconds) => ({ sec: seconds, nano: nanos }))

/** What the service does with times outside 64 bits isn't known. */
const tunnelTimes = (): Form =>
  numbers({ name: 'timestamp', unit: 'ns', timezone: '' }, BigInt64Array, ({ seconds, nanos }: Seconds) =>
    nanosecondsOf(seconds, nanos),
  )

/** The old one as PyODPS has it. */
const tunnelDecimal = ({ precision, scale = 0 }: DecimalType): Form =>
  precision === undefined ? roundedForm(54, 18, 256) : roundedForm(precision, scale, 128)

const previewDecimal = ({ precision, scale = 0 }: DecimalType): Form =>
  precision === undefined ? fixedBinaries(oldDecimalBytes, oldDecimal) : roundedForm(precision, scale, 128)

const roundedForm = (precision: number, scale: number, bits: 128 | 256): Form =>
  decimals(precision, scale, { bits, unscaled: text => withinDigits(roundedDecimal(text, scale), precision) })

/** Buffers have room for more digits than the type, and drop what is beyond that. */
const withinDigits = (unscaled: bigint, precision: number): bigint => {
  const limit = 10n ** BigInt(precision)
  if (unscaled < limit && unscaled > -limit) return unscaled
  throw cellOutOfRange(`the DECIMAL has more than ${precision} digits`)
}

/** CHAR(n) is served with n characters (protocol 7.4). In nested types the tunnel leaves it as it is, as in records. */
const paddedText = (length: number): Form => textBytes(cell => padded(bytesOf(cell), length))

const padded = (text: Uint8Array, length: number): Uint8Array => {
  let characters = 0
  for (const byte of text) if ((byte & 0xc0) !== 0x80) characters++
  return characters < length ? Buffer.concat([text, Buffer.alloc(length - characters, ' ')]) : text
}
