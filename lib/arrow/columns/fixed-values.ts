import type { ArrowData } from '../ipc/batch.js'
import { ArrowError } from '../ipc/error.js'
import type { ArrowType } from '../ipc/schema.js'

/* Values that all take the same room. The machines that Node.js runs on are little-endian, as these files are. */

interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T
}

/** @throws ArrowError for a buffer that is too short */
export const typedArray = <T>(
  type: ArrayType<T>,
  bytes: Uint8Array,
  count: number,
  { field }: ArrowData,
): T => {
  const size = type.BYTES_PER_ELEMENT
  if (bytes.length < count * size)
    throw new ArrowError(`field '${field.name}' has ${bytes.length} bytes for ${count} values of ${size}`)
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes.subarray(0, count * size))
  return new type(aligned.buffer, aligned.byteOffset, count)
}

export type Integers =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array

/** The values of a buffer of integers, which follows the one that says which are there. */
export const integersOf = (data: ArrowData, bits: number, signed: boolean): Integers =>
  typedArray((signed ? signedArrays : unsignedArrays)[bits]!, data.buffers[1]!, data.length, data)

const signedArrays: Readonly<Record<number, ArrayType<Integers>>> = {
  8: Int8Array,
  16: Int16Array,
  32: Int32Array,
  64: BigInt64Array,
}

const unsignedArrays: Readonly<Record<number, ArrayType<Integers>>> = {
  8: Uint8Array,
  16: Uint16Array,
  32: Uint32Array,
  64: BigUint64Array,
}

type Values = (index: number) => unknown

/** @throws ArrowError for a buffer that is too short, and for types whose values are not read */
export const fixedValues = (data: ArrowData, type: ArrowType): Values => {
  switch (type.name) {
    case 'int':
      return elements(integersOf(data, type.bits, type.signed))
    case 'float':
      return floats(data, type.bits)
    case 'decimal':
      return decimals(data, type.bits)
    case 'date':
      return type.unit === 'day' ? elements(integersOf(data, 32, true)) : days(integersOf(data, 64, true))
    case 'time': {
      const counts = integersOf(data, type.bits, true)
      return index => BigInt(counts[index]!)
    }
    case 'interval':
      return intervals(data, type.unit)
    case 'timestamp':
    case 'duration':
      return elements(integersOf(data, 64, true))
    default:
      throw new ArrowError(`field '${data.field.name}' has the type ${type.name}, which is not supported`)
  }
}

const elements =
  (array: { readonly [index: number]: unknown }): Values =>
  index =>
    array[index]

/** Months, or days and milliseconds. */
const intervals = (data: ArrowData, unit: 'year_month' | 'day_time' | 'month_day_nano'): Values => {
  if (unit === 'year_month') return elements(integersOf(data, 32, true))
  if (unit === 'month_day_nano')
    throw new ArrowError(`field '${data.field.name}' is an interval of months, which is not supported`)
  const halves = typedArray(Int32Array, data.buffers[1]!, 2 * data.length, data)
  return index => [halves[2 * index]!, halves[2 * index + 1]!]
}

const floats = (data: ArrowData, bits: number): Values => {
  const bytes = data.buffers[1]!
  if (bits === 64) return elements(typedArray(Float64Array, bytes, data.length, data))
  if (bits === 32) return elements(typedArray(Float32Array, bytes, data.length, data))
  const halves = typedArray(Uint16Array, bytes, data.length, data)
  return index => halfFloat(halves[index]!)
}

/** A sign, 5 bits of exponent, 10 of fraction (IEEE 754 binary16). */
const halfFloat = (bits: number): number => {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

/** Two's complement in words of 64 bits, the lowest first. */
const decimals = (data: ArrowData, bits: number): Values => {
  if (bits < 128) {
    const integers = integersOf(data, bits, true)
    return index => BigInt(integers[index]!)
  }
  const count = bits / 64
  const words = typedArray(BigUint64Array, data.buffers[1]!, data.length * count, data)
  return index => {
    let value = BigInt.asIntN(64, words[(index + 1) * count - 1]!)
    for (let i = count - 2; i >= 0; i--) value = (value << 64n) | words[index * count + i]!
    return value
  }
}

const msOfDay = 86_400_000n

/** Dates as milliseconds are whole days; NaN, which no column takes, for others. */
const days =
  (milliseconds: Integers): Values =>
  index => {
    const value = BigInt(milliseconds[index]!)
    return value % msOfDay === 0n ? Number(value / msOfDay) : Number.NaN
  }
