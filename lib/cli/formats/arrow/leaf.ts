import type { DataType, Timestamp } from '../../../index.js'
import { invalid, outOfRange } from '../file-values/exact-values.js'
import { asText, daysOf, decimalSize, unscaledOf, utf8TextOf } from '../typed-cells.js'
import type { ArrowType } from './schema.js'

/* Cells that hold no others, as Arrow lays them out. What Arrow has no type for is text: intervals, JSON, the old DECIMAL. */

/** Told the index of a cell that has no form. */
export type OnMisfit = (index: number, cause: unknown) => never

export interface Leaf {
  readonly type: () => ArrowType
  readonly isOpen: () => boolean
  /** The buffers behind the one that says which cells are there. */
  readonly layOut: (cells: readonly unknown[], onMisfit: OnMisfit) => Uint8Array[]
}

export const leafOf = (type: DataType): Leaf => {
  switch (type.kind) {
    case 'boolean':
      return settled({ name: 'bool' }, layOutBits)
    case 'tinyint':
      return integers(8, Int8Array)
    case 'smallint':
      return integers(16, Int16Array)
    case 'int':
      return integers(32, Int32Array)
    case 'bigint':
      return numbers({ name: 'int', bits: 64, signed: true }, BigInt64Array, BigInt)
    case 'float':
      return numbers({ name: 'float', bits: 32 }, Float32Array, same)
    case 'double':
      return numbers({ name: 'float', bits: 64 }, Float64Array, same)
    case 'date':
      return numbers({ name: 'date', unit: 'day' }, Int32Array, daysOf)
    case 'datetime':
      return numbers({ name: 'timestamp', unit: 'ms', timezone: 'UTC' }, BigInt64Array, millisecondsOf)
    case 'timestamp':
      return times('UTC')
    case 'timestamp_ntz':
      return times('')
    case 'decimal':
      return decimals(type)
    case 'binary':
      return settled({ name: 'binary', offsets: 32 }, layOutBytes)
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
      return texts(utf8TextOf)
    default:
      return texts(cell => asText(cell, type))
  }
}

const same = (cell: never): number => cell
const isThere = (cell: unknown): boolean => cell !== null && cell !== undefined

const settled = (type: ArrowType, layOut: Leaf['layOut']): Leaf => ({
  type: () => type,
  isOpen: () => false,
  layOut,
})

interface NumberArray {
  [index: number]: number | bigint
  readonly buffer: ArrayBufferLike
  readonly byteLength: number
}

type Convert = (cell: never) => number | bigint

const numbers = (type: ArrowType, array: new (length: number) => NumberArray, convert: Convert): Leaf =>
  settled(type, (cells, onMisfit) => [layOutNumbers(cells, onMisfit, array, convert)])

const layOutNumbers = (
  cells: readonly unknown[],
  onMisfit: OnMisfit,
  array: new (length: number) => NumberArray,
  convert: Convert,
): Uint8Array => {
  const values = new array(cells.length)
  let i = 0
  try {
    for (; i < cells.length; i++) if (isThere(cells[i])) values[i] = convert(cells[i] as never)
  } catch (cause) {
    onMisfit(i, cause)
  }
  return new Uint8Array(values.buffer, 0, values.byteLength)
}

/** The array would keep the lower bits of a number that it has no room for. */
const integers = (bits: 8 | 16 | 32, array: new (length: number) => NumberArray): Leaf => {
  const end = 2 ** (bits - 1)
  return numbers({ name: 'int', bits, signed: true }, array, (cell: number) => {
    if (Number.isInteger(cell) && cell >= -end && cell < end) return cell
    throw outOfRange(`the number does not fit into ${bits} bits`)
  })
}

const millisecondsOf = (cell: Date): bigint => {
  const milliseconds = cell.getTime()
  if (Number.isNaN(milliseconds)) throw invalid('the DATETIME is not a time')
  return BigInt(milliseconds)
}

const layOutBits: Leaf['layOut'] = cells => {
  const bits = new Uint8Array(Math.ceil(cells.length / 8))
  for (let i = 0; i < cells.length; i++) if (cells[i] === true) bits[i >> 3]! |= 1 << (i & 7)
  return [bits]
}

/** Few readers know more than 38 digits. */
const decimals = (type: DataType & { kind: 'decimal' }): Leaf => {
  const { precision, scale } = decimalSize(type)
  if (precision > 38) return texts(utf8TextOf)
  return settled({ name: 'decimal', bits: 128, precision, scale }, (cells, onMisfit) => {
    const words = new BigInt64Array(2 * cells.length)
    for (const [i, cell] of cells.entries()) {
      if (!isThere(cell)) continue
      try {
        const unscaled = unscaledOf(String(cell), scale, precision)
        words[2 * i] = BigInt.asIntN(64, unscaled)
        words[2 * i + 1] = unscaled >> 64n
      } catch (cause) {
        onMisfit(i, cause)
      }
    }
    return [new Uint8Array(words.buffer)]
  })
}

/**
 * TIMESTAMPs in 64 bits: to the nanosecond from 1677 to 2262, or to the microsecond in any year; 9999-12-31 stands for
 * "for ever" in many tables. The unit stands in the schema, which comes first, so the first values decide: microseconds,
 * unless there are nanoseconds among them.
 */
const times = (timezone: string): Leaf => {
  let unit: 'us' | 'ns' | undefined
  return {
    type: () => {
      unit ??= 'us'
      return { name: 'timestamp', unit, timezone }
    },
    isOpen: () => unit === undefined,
    layOut: (cells, onMisfit) => {
      const values = cells.filter(isThere) as Timestamp[]
      if (values.length > 0) unit ??= values.some(isFine) ? 'ns' : 'us'
      return [layOutNumbers(cells, onMisfit, BigInt64Array, unit === 'ns' ? nanosecondsOf : microsecondsOf)]
    },
  }
}

const isFine = ({ nanos }: Timestamp): boolean => nanos % 1000 !== 0

const nanosecondsOf = ({ seconds, nanos }: Timestamp): bigint =>
  in64Bits(
    seconds * 1_000_000_000n + BigInt(nanos),
    'the time lies beyond the years 1677 to 2262, and the column is written in nanoseconds, which others of its times have',
  )

const microsecondsOf = (time: Timestamp): bigint => {
  if (isFine(time))
    throw outOfRange(
      'the time has nanoseconds, and the column is written in microseconds, because none of the first rows had them',
    )
  return in64Bits(time.seconds * 1_000_000n + BigInt(time.nanos / 1000), 'the time is beyond 64 bits')
}

const in64Bits = (value: bigint, otherwise: string): bigint => {
  if (BigInt.asIntN(64, value) !== value) throw outOfRange(otherwise)
  return value
}

const layOutBytes: Leaf['layOut'] = cells => {
  const offsets = new Int32Array(cells.length + 1)
  const all: Uint8Array[] = []
  for (let i = 0, end = 0; i < cells.length; i++) {
    const cell = cells[i]
    if (isThere(cell)) {
      all.push(cell as Uint8Array)
      end += (cell as Uint8Array).length
    }
    offsets[i + 1] = end
  }
  return [new Uint8Array(offsets.buffer), Buffer.concat(all)]
}

const texts = (convert: (cell: unknown) => string): Leaf =>
  settled({ name: 'utf8', offsets: 32 }, (cells, onMisfit) => {
    const strings: string[] = new Array(cells.length)
    let i = 0
    try {
      for (; i < cells.length; i++) strings[i] = isThere(cells[i]) ? convert(cells[i]) : ''
    } catch (cause) {
      onMisfit(i, cause)
    }
    const bytes = Buffer.from(strings.join(''))
    return [new Uint8Array(endsOf(strings, bytes.length).buffer), bytes]
  })

/** Where each text begins and ends; of ASCII, the characters are the bytes. */
const endsOf = (strings: readonly string[], byteLength: number): Int32Array => {
  const offsets = new Int32Array(strings.length + 1)
  for (const [i, text] of strings.entries()) offsets[i + 1] = offsets[i]! + text.length
  if (offsets[strings.length] === byteLength) return offsets
  for (const [i, text] of strings.entries()) offsets[i + 1] = offsets[i]! + Buffer.byteLength(text)
  return offsets
}
