import { CellProblem, invalid, malformed, outOfRange } from '../../values/cell-problem.js'
import { bigintOf, highOf, highOfBigint, isSafe, lowOf, lowOfBigint, numberOf } from '../../wire/int64.js'
import type { ValueReader } from '../../wire/value-reader.js'
import type { ValueWriter } from '../../wire/value-writer.js'
import type { CellCodec, CodecOptions } from '../cell-codec.js'

/* BIGINT, INT, SMALLINT, TINYINT: on the wire all of them zigzag 64-bit (protocol 4.2). */

const ranges = {
  tinyint: [-0x80, 0x7f],
  smallint: [-0x8000, 0x7fff],
  int: [-0x80000000, 0x7fffffff],
} as const

export type SmallIntegerKind = keyof typeof ranges

export const integerRange = (kind: SmallIntegerKind): readonly [min: number, max: number] => ranges[kind]

export const smallIntegerCodec = (kind: SmallIntegerKind): CellCodec => {
  const [min, max] = ranges[kind]
  const name = kind.toUpperCase()
  return {
    write: (out, value) => {
      const number = toWhole(value, name)
      if (number < min || number > max) throw outOfRange(`${name} ranges from ${min} to ${max}`)
      writeWhole(out, Number(number))
    },
    read: from => {
      from.int64()
      const { low, high } = from
      if (high !== low >> 31 || low < min || low > max) throw malformed(`a ${name} beyond its range`)
      return low
    },
  }
}

export const bigintCodec = ({ bigint }: CodecOptions): CellCodec => ({
  write: (out, value) => {
    const whole = toWhole(value, 'BIGINT')
    if (typeof whole === 'number') return writeWhole(out, whole)
    if (BigInt.asIntN(64, whole) !== whole) throw outOfRange('BIGINT ranges from -2^63 to 2^63 - 1')
    out.int64(lowOfBigint(whole), highOfBigint(whole))
  },
  read: bigintReaders[bigint],
})

const bigintReaders: Readonly<
  Record<CodecOptions['bigint'], (from: ValueReader) => bigint | number | string>
> = {
  bigint: from => {
    from.int64()
    return bigintOf(from.low, from.high)
  },
  number: readSafe,
  string: from => {
    from.int64()
    const { low, high } = from
    return String(isSafe(low, high) ? numberOf(low, high) : bigintOf(low, high))
  },
}

function readSafe(from: ValueReader): number {
  from.int64()
  const { low, high } = from
  if (isSafe(low, high)) return numberOf(low, high)
  const what = "a BIGINT beyond ±(2^53 - 1) can't be an exact number; read with bigint: 'bigint' or 'string'"
  throw new CellProblem('ODPS_UNSAFE_INTEGER', what)
}

/** Writes a safe integer. */
export const writeWhole = (out: ValueWriter, value: number): void => out.int64(lowOf(value), highOf(value))

const digits = /^[+-]?\d+$/

/** Takes what the integer types take: a safe whole number, a bigint, or decimal text. */
const toWhole = (value: unknown, name: string): number | bigint => {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value
    if (!Number.isInteger(value)) throw invalid(`a whole number for ${name}`, value)
    throw new CellProblem(
      'ODPS_UNSAFE_INTEGER',
      'a number beyond ±(2^53 - 1) is not exact; pass a bigint or text',
    )
  }
  if (typeof value === 'string' && digits.test(value)) return parseWhole(value, name)
  throw invalid(`a whole number, a bigint or decimal text for ${name}`, value)
}

const parseWhole = (text: string, name: string): number | bigint => {
  const negative = text.startsWith('-')
  const bare = text.replace(/^[+-]?0*(?=\d)/, '')
  if (bare.length > 19) throw outOfRange(`the text has ${bare.length} digits, too many for ${name}`)
  if (bare.length < 16) return negative ? -Number(bare) : Number(bare)
  return negative ? -BigInt(bare) : BigInt(bare)
}
