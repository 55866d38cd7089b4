import { TunnelValueError } from '../errors.js'

/* A decimal as columnar formats hold it: the whole number that its digits are without the point. Nothing is rounded. */

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/**
 * The digits of a decimal without its point: `1.5` with scale 2 is 150, and so is `15e-1`.
 * @throws TunnelValueError for text that is not a decimal, and for digits beyond the scale or the precision
 */
export const unscaledOf = (text: string, scale: number, precision = 76): bigint => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = decimal.exec(text) ?? []
  if (whole === '' && fraction === '') throw wrongDecimal('is not a number')
  const shift = scale - fraction.length + Number(exponent)
  let digits = BigInt(whole + fraction)
  if (shift > 0 && digits !== 0n) digits *= 10n ** BigInt(shift)
  if (shift < 0) {
    const dropped = 10n ** BigInt(-shift)
    if (digits % dropped !== 0n) throw wrongDecimal(`has more than ${scale} fraction digits`)
    digits /= dropped
  }
  if (digits >= 10n ** BigInt(precision))
    throw new TunnelValueError('ODPS_VALUE_OUT_OF_RANGE', `the DECIMAL has more than ${precision} digits`)
  return sign === '-' ? -digits : digits
}

const wrongDecimal = (what: string): TunnelValueError =>
  new TunnelValueError('ODPS_INVALID_VALUE', `the DECIMAL ${what}`)

/** `-150` with scale 2 is `-1.50`, 15 with scale -2 is `1500`. */
export const decimalText = (unscaled: bigint, scale: number): string => {
  if (scale === 0) return String(unscaled)
  if (scale < 0) return String(unscaled * 10n ** BigInt(-scale))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
