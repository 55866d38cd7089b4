import { formatDecimal } from '../../codec/types/decimal.js'

/** The digits of a decimal without its point, `1.5` with scale 2 as 150; what goes beyond the scale is rounded. */
export const roundedDecimal = (value: unknown, scale: number): bigint => {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(formatDecimal(value)) ?? []
  const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
  const rounded = (fraction[scale] ?? '0') >= '5' ? digits + 1n : digits
  return sign === '-' ? -rounded : rounded
}

/** Sign, digit counts and six words of nine digits, padded (protocol 6.6). */
export const oldDecimalBytes = 32
const digitsOfWord = 9
const wordBase = 10n ** 9n
const fractionWords = 2
/** Words of the integer go up from here, those of the fraction down to byte 4. */
const firstIntegerByte = 12
const maxIntegerWords = 4

/**
 * The old DECIMAL as the service has it in memory: is NULL, sign, counts of integer and fraction words, a byte each, then
 * six words (protocol 6.6). All clients take an integer word for a value below 1.
 */
export const oldDecimal = (value: unknown): Uint8Array => {
  const bytes = Buffer.alloc(oldDecimalBytes)
  const unscaled = roundedDecimal(value, fractionWords * digitsOfWord)
  let rest = unscaled < 0n ? -unscaled : unscaled
  for (let i = fractionWords; i > 0; i--) {
    bytes.writeUInt32LE(Number(rest % wordBase), firstIntegerByte - 4 * i)
    rest /= wordBase
  }
  let words = 0
  do {
    if (words === maxIntegerWords) throw new RangeError('a DECIMAL has more than 36 integer digits')
    bytes.writeUInt32LE(Number(rest % wordBase), firstIntegerByte + 4 * words)
    rest /= wordBase
    words++
  } while (rest > 0n)
  bytes[1] = unscaled < 0n ? 1 : 0
  bytes[2] = words
  bytes[3] = fractionWords
  return bytes
}
