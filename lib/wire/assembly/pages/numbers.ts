import { digitsEnd, ofDouble, ofFixed, ofFloat, ofInt32, ofInt64, ofUint32, ofUint64 } from './layout'

/* Numbers as they lie in a file, whole or not, and their digits. What does not fit 64 bits, or is no whole number, is not taken. */

/** Whether the number that was loaded last can be taken. */
export let isTaken: bool = true
/** Of a number of 128 bits: its high half. */
export let high: i64 = 0

/** Big-endian two's complement of 1 to 16 bytes. @returns the low half */
@inline
export function loadBigEndian(at: usize, size: usize): i64 {
  const first = <i64>bswap<u64>(load<u64>(at))
  if (size <= 8) {
    const value = first >> (64 - (<i64>size << 3))
    high = value >> 63
    return value
  }
  high = first >> (128 - (<i64>size << 3))
  return <i64>bswap<u64>(load<u64>(at + size - 8))
}

/** Any whole number: its low half, and `high`. */
export function loadWide(source: i32, at: usize, width: usize): i64 {
  isTaken = true
  let value: i64
  switch (source) {
    case ofInt32:
      value = <i64>load<i32>(at)
      break
    case ofUint32:
      value = <i64>load<u32>(at)
      break
    case ofUint64:
      high = 0
      return load<i64>(at)
    case ofInt64:
      value = load<i64>(at)
      break
    case ofFixed:
      return loadBigEndian(at, width)
    default: {
      const size = <usize>load<u32>(at)
      if (size === 0 || size > 16) {
        isTaken = false
        return 0
      }
      return loadBigEndian(at + 4, size)
    }
  }
  high = value >> 63
  return value
}

const largestSafe: f64 = 9007199254740991

/** A whole number from whatever it lies as; of a decimal, `power` is ten to the power of its scale. */
export function loadWhole(source: i32, at: usize, width: usize, power: i64): i64 {
  if (source === ofFloat || source === ofDouble) {
    const value = source === ofFloat ? <f64>load<f32>(at) : load<f64>(at)
    isTaken = value === trunc(value) && abs(value) <= largestSafe
    return isTaken ? <i64>value : 0
  }
  const value = loadWide(source, at, width)
  if (high !== value >> 63) isTaken = false
  if (power === 1) return value
  const quotient = value / power
  if (quotient * power !== value) isTaken = false
  return quotient
}

/** A double from a number that is one. */
export function loadDouble(source: i32, at: usize): f64 {
  isTaken = true
  if (source === ofFloat) return <f64>load<f32>(at)
  if (source === ofDouble) return load<f64>(at)
  const whole = loadWide(source, at, 0)
  if (source === ofUint64) {
    const value = <f64>(<u64>whole)
    isTaken = value < 18446744073709551616.0 && <u64>value === <u64>whole
    return value
  }
  const value = <f64>whole
  isTaken = value < 9223372036854775808.0 && <i64>value === whole
  return value
}

const dayOf1970: i64 = 2_440_588

/** Of a time of 96 bits: nanoseconds of a second, after its seconds were loaded. */
export let nanos: i64 = 0

/** Nanoseconds of the day, and the Julian day behind them. */
@inline
export function loadInt96(at: usize): i64 {
  const ofDay = load<u64>(at)
  const seconds = ofDay / 1_000_000_000
  nanos = <i64>(ofDay - seconds * 1_000_000_000)
  return (<i64>load<u32>(at, 8) - dayOf1970) * 86_400 + <i64>seconds
}

const zeroDigits: u64 = 0x3030303030303030

/** Eight digits at once: halves, quarters and eighths beside each other in one word. */
@inline
function eightDigits(value: u32): u64 {
  const left = value / 10_000
  let x = <u64>left | (<u64>(value - left * 10_000) << 32)
  const hundreds = ((x * 10486) >>> 20) & 0x7f0000007f
  x = hundreds | ((x - 100 * hundreds) << 16)
  const tens = ((x * 103) >>> 10) & 0x000f000f000f000f
  return (tens | ((x - 10 * tens) << 8)) + zeroDigits
}

/** Where what `writeDigits` wrote begins: zeros, and then the digits. */
let digitsFrom: usize = 0

/** Writes the digits of a number of 128 bits without a sign before `digitsEnd`. @returns how many there are, 0 for none but zeros */
export function writeDigits(low: u64, high: u64): u32 {
  let p = digitsEnd
  while (high !== 0) {
    // By limbs of 32 bits: what is left over is under 2^27, so each step divides 64 bits.
    const a = high >>> 32
    const b = (a % 100_000_000 << 32) | (high & 0xffffffff)
    const c = (b % 100_000_000 << 32) | (low >>> 32)
    const d = (c % 100_000_000 << 32) | (low & 0xffffffff)
    p -= 8
    store<u64>(p, eightDigits(<u32>(d % 100_000_000)))
    high = (a / 100_000_000 << 32) | (b / 100_000_000)
    low = (c / 100_000_000 << 32) | (d / 100_000_000)
  }
  for (; low >= 100_000_000; low /= 100_000_000) {
    p -= 8
    store<u64>(p, eightDigits(<u32>(low % 100_000_000)))
  }
  p -= 8
  const first = eightDigits(<u32>low)
  store<u64>(p, first)
  digitsFrom = p
  const zeros = first === zeroDigits ? 8 : <usize>(ctz(first ^ zeroDigits) >>> 3)
  return <u32>(digitsEnd - p - zeros)
}

/** Puts zeros in front, up to so many digits. */
@inline
export function padDigits(count: u32): void {
  for (const from = digitsEnd - <usize>count; digitsFrom > from; ) {
    digitsFrom -= 8
    store<u64>(digitsFrom, zeroDigits)
  }
}
