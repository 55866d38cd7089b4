import { highHalf, multiply } from '../product'
import {
  charactersBefore,
  digitCount,
  digitsEnd,
  maskOf,
  othersAmong,
  powerOfTen,
  readDigits,
  sixteen,
} from './digits'
import { exactPowersAt, greatestPower, leastPower, powersAt } from './layout'

/*
 * Decimal text to the nearest double, exactly, as JS's Number does. Up to 19 digits are a whole number times a power of ten. Where both are doubles
 * without rounding, one multiplication or division rounds once and right (Clinger). Else the number times the power's first 128 bits
 * gives the 54 bits that decide, unless so many of those behind are ones, or zeros, that the bits cut off could matter (Eisel and Lemire): this,
 * more digits, and what is too large or small for a normal double, is for somebody else. `npm run test:doubles` proves it.
 */

/** The double that was read last by the longer way. */
let number: f64 = 0

/** The bits of what is read are never these, which are no number. */
export const noNumber: u64 = 0x7ff8000000000000

const minus: u32 = 45
const point: u32 = 46

/** The bits of a double; `noNumber` for what is not in the common form, or too near to the middle of two. */
@inline
export function readNumber(from: usize, end: usize): u64 {
  const negative = <u64>(<u32>load<u8>(from) === minus)
  const count = <u32>(end - from) - <u32>negative
  if (count - 1 > 15) return readUncommon(from, end)
  let x = charactersBefore(end, count)
  const others = othersAmong(x)
  let decimals: u32 = 0
  if (others !== 0) {
    const at = <u32>ctz(others)
    // One point, and digits on both sides of it.
    if ((others & (others - 1)) | (<u32>load<u8>(end - 16 + at) ^ point)) return readUncommon(from, end)
    if (at + count - 17 >= count - 2) return readUncommon(from, end)
    decimals = 15 - at
    x = v128.bitselect(x, afterZero(x), maskOf(decimals))
  }
  // Only sixteen digits without a point may be above 2^53, which are rounded once, here; others are exact, and rounded once by the division.
  const size = <f64><i64>sixteen(x) / load<f64>(exactPowersAt + (<usize>decimals << 3))
  return reinterpret<u64>(size) | (negative << 63)
}

/** The same of any number. */
function readUncommon(from: usize, end: usize): u64 {
  return readDouble(from) === end ? reinterpret<u64>(number) : noNumber
}

@inline
function afterZero(x: v128): v128 {
  return i8x16.shuffle(i8x16.splat(0), x, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
}

/** The same of any number; returns where it ends, or 0. */
function readDouble(from: usize): usize {
  const negative = <u64>(<u32>load<u8>(from) === minus)
  let value = readDigits(from + <usize>negative)
  let count = digitCount
  if (count === 0 || count > 19) return 0
  let p = digitsEnd
  let exponent: i32 = 0
  if (<u32>load<u8>(p) === point) {
    let start = p + 1
    p = start
    if (value === 0) {
      // Zeros before the first digit that counts are none of the 19.
      while (<u32>load<u8>(p) === 48) p++
      count = 0
      exponent = <i32>(start - p)
      start = p
    }
    const fraction = readDigits(p)
    const more = digitCount
    if (more > 0) {
      if (count + more > 19) return 0
      value = value * powerOfTen(more) + fraction
      exponent -= <i32>more
      p = digitsEnd
    } else if (exponent === 0) return 0
  }
  if ((<u32>load<u8>(p) | 32) === 101) {
    const sign = <u32>load<u8>(p, 1)
    const isBelow = sign === minus
    const power = <i32>readDigits(isBelow || sign === 43 ? p + 2 : p + 1)
    if (digitCount === 0 || digitCount > 4) return 0
    exponent += isBelow ? -power : power
    p = digitsEnd
  }
  return scale(value, exponent, negative) ? p : 0
}

/** Makes the number of a whole number and a power of ten; false where it could be rounded wrong. */
@inline
function scale(value: u64, exponent: i32, negative: u64): bool {
  let result: f64
  if (value === 0) result = 0
  else if (value < <u64>1 << 53 && exponent >= -22 && exponent <= 22) {
    const power = load<f64>(exactPowersAt + (<usize>abs(exponent) << 3))
    result = exponent < 0 ? <f64>value / power : <f64>value * power
  } else {
    const bits = nearest(value, exponent)
    if (bits === 0) return false
    result = reinterpret<f64>(bits)
  }
  number = reinterpret<f64>(reinterpret<u64>(result) | (negative << 63))
  return true
}

/** The bits of value · 10^exponent rounded to the nearest normal double; 0 where that is in doubt. */
function nearest(value: u64, exponent: i32): u64 {
  if (exponent < leastPower || exponent > greatestPower) return 0
  const power = powersAt + (<usize>(exponent - leastPower) << 4)
  const zerosBefore = <i32>clz(value)
  const normal = value << zerosBefore
  let low = multiply(normal, load<u64>(power, 8))
  let high = highHalf
  // Of the product the nine bits behind the 55 that count are all ones: what the low half of the power adds could carry into them.
  if ((high & 0x1ff) === 0x1ff && low + normal < normal) {
    const below = multiply(normal, load<u64>(power))
    const carried = low + highHalf
    if (carried < low) high++
    if ((high & 0x1ff) === 0x1ff && carried === u64.MAX_VALUE && below + normal < normal) return 0
    low = carried
  }
  const top = high >>> 63
  let mantissa = high >>> (top + 9)
  // Exactly between two doubles, as far as these bits tell.
  if (low === 0 && (high & 0x1ff) === 0 && (mantissa & 3) === 1) return 0
  mantissa = (mantissa + (mantissa & 1)) >>> 1
  // 217706 / 2^16 is the binary logarithm of ten.
  let biased = <i32>((217706 * exponent) >> 16) + 1087 - zerosBefore + <i32>top - 1
  if (mantissa >>> 53 !== 0) {
    mantissa >>>= 1
    biased++
  }
  if (biased < 1 || biased > 2046) return 0
  return (<u64>biased << 52) | (mantissa & 0x000fffffffffffff)
}
