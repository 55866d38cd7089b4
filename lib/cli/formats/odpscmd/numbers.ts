/*
 * Numbers as Java prints them, made from their shortest digits: DOUBLE without an exponent and with at most twenty digits
 * behind the point is odpscmd's default; FLOAT, and DOUBLE with -e true, is Java's own text. The digits are those of
 * JDK 19 and later; an older one prints some numbers with a digit more, which reads back to the same number.
 */

interface Digits {
  readonly sign: string
  /** Without zeros at their ends; `0` for zero. */
  readonly digits: string
  /** Where the point stands, counted from before the first digit. */
  readonly point: number
}

/** @param text what JavaScript prints: 1, 0.5, 1e+21, -1.5e-7 */
const digitsOf = (text: string): Digits | undefined => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text) ?? []
  if (whole === '') return undefined
  const all = whole + fraction
  const digits = all.replace(/^0+/, '')
  const point = whole.length + Number(exponent) - (all.length - digits.length)
  return digits === '' ? { sign, digits: '0', point: 1 } : { sign, digits: digits.replace(/0+$/, ''), point }
}

/** All digits and no exponent: 0.00000015. NaN and infinities stay as they are. */
export const withoutExponent = (text: string): string => {
  const number = digitsOf(text)
  if (number === undefined) return text
  const { sign, digits, point } = number
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** How many digits the number has behind its point. */
export const fractionLength = (text: string): number => {
  const number = digitsOf(text)
  return number === undefined ? 0 : Math.max(0, number.digits.length - number.point)
}

/** `Double.toString`: 1.0, 1.0E10, 1.5E-7. */
export const javaNumber = (text: string): string => {
  const number = digitsOf(text)
  if (number === undefined) return text
  const { sign, digits, point } = number
  if (digits === '0') return `${sign}0.0`
  if (point > -3 && point <= 7) {
    const plain = withoutExponent(`${sign}${digits}e${point - digits.length}`)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${point - 1}`
}
