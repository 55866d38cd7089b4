import type { FileType } from '../file-values/file-type.js'
import type { Leaf } from './schema.js'

/* From what lies in the pages to the value of the file's type, where the two differ. */

/** Undefined when values are taken as they lie there. @throws RangeError for a value that cannot be */
export const valueMaker = ({ type, element }: Leaf): ((value: never) => unknown) | undefined => {
  switch (type.kind) {
    case 'decimal':
      if (element.type === 'INT32') return (value: number) => BigInt(value)
      return element.type === 'INT64' ? undefined : decimalOfBytes
    case 'timestamp':
      return element.type === 'INT96' ? nanosOfInt96 : undefined
    case 'float':
      return type.bits === 16 ? float16 : undefined
    case 'integer':
      return integerMaker(type)
    case 'null':
      return () => {
        throw new RangeError('a column of NULLs has a value')
      }
    default:
      return undefined
  }
}

const integerMaker = ({ bits, signed }: FileType & { kind: 'integer' }) => {
  if (bits === 64) return signed ? undefined : (value: bigint) => BigInt.asUintN(64, value)
  if (bits === 32) return signed ? undefined : (value: number) => value >>> 0
  const [min, max] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
  return (value: number) => {
    if (value < min || value > max) throw new RangeError(`an integer exceeds ${bits} bits`)
    return value
  }
}

/** Big-endian two's complement. */
const decimalOfBytes = (bytes: Uint8Array): bigint => {
  if (bytes.length === 0) throw new RangeError('a decimal has no digits')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = bytes.length % 8
  let value = 0n
  for (let i = 0; i < at; i++) value = (value << 8n) | BigInt(bytes[i]!)
  value = BigInt.asIntN(at * 8, value)
  if (at === 0) {
    value = view.getBigInt64(0)
    at = 8
  }
  for (; at < bytes.length; at += 8) value = (value << 64n) | view.getBigUint64(at)
  return value
}

const dayOf1970 = 2_440_588n
const nanosOfDay = 86_400_000_000_000n

/** Nanoseconds of the day, and the Julian day behind them. */
const nanosOfInt96 = (bytes: Uint8Array): bigint => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return (BigInt(view.getUint32(8, true)) - dayOf1970) * nanosOfDay + view.getBigUint64(0, true)
}

const float16 = (bytes: Uint8Array): number => {
  const bits = bytes[0]! | (bytes[1]! << 8)
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = (bits & 0x3ff) / 1024
  if (exponent === 0) return sign * 2 ** -14 * fraction
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * 2 ** (exponent - 15) * (1 + fraction)
}
