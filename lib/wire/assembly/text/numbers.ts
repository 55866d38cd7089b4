import { highHalf, multiply } from '../product'
import { four, writeWhole } from './digits'
import { isJsonNumber, isOfOdpscmd, isPlainNumber, leastPower, powersAt } from './printing-layout'

/*
 * DOUBLE and FLOAT in the fewest digits that read back to the same number, laid out as JavaScript's String(value) does.
 *
 * Most numbers of tables have few decimals: what is left of a number times 10^4 is rounded, and if a division gives the number back, these are its
 * digits, as no two decimals of so few digits are the same double. The others go through Schubfach (Raffaello Giulietti, The
 * Schubfach way to render doubles): a number c 2^q and the borders halfway to its neighbours are multiplied by a power of ten of 128 bits,
 * once each, and of the decimals between the borders the shortest is among at most four. `npm run bench -- files` has the gain.
 */

const point: u32 = 0x2e
const zeros: u64 = 0x3030303030303030
const minus: u32 = 0x2d

/** What Schubfach found: digits 10^exponent. */
let digits: u64 = 0
let exponent: i32 = 0

@inline
function log10OfPowerOf2(q: i32): i32 {
  return (q * 1262611) >> 22
}

@inline
function log10OfThreeQuarters(q: i32): i32 {
  return (q * 1262611 - 524031) >> 22
}

@inline
function log2OfPowerOf10(e: i32): i32 {
  return (e * 1741647) >> 19
}

/** The whole part of a product with a power of ten; its last bit is set where something is left of it. */
@inline
function roundToOdd(high: u64, low: u64, factor: u64): u64 {
  multiply(low, factor)
  const carried = highHalf
  const sum = multiply(high, factor) + carried
  return (highHalf + u64(sum < carried)) | u64(sum > 1)
}

/** Finds the shortest digits of c 2^q. With `tiesUp` the larger one of two that are as near is taken, else the even one. */
function findShortest(c: u64, q: i32, isLowerNear: bool, tiesUp: bool): void {
  const isOdd = c & 1
  const quarters = c << 2
  const k = isLowerNear ? log10OfThreeQuarters(q) : log10OfPowerOf2(q)
  const shift = <u64>(q + log2OfPowerOf10(-k) + 1)
  const at = powersAt + (<usize>(-k - leastPower) << 4)
  const low = load<u64>(at)
  const high = load<u64>(at, 8)
  const value = roundToOdd(high, low, quarters << shift)
  const lower = roundToOdd(high, low, (quarters - 2 + u64(isLowerNear)) << shift) + isOdd
  const upper = roundToOdd(high, low, (quarters + 2) << shift) - isOdd
  const s = value >>> 2
  if (s >= 10) {
    const tens = s / 10
    const forty = tens * 40
    const isDown = lower <= forty
    const isUp = forty + 40 <= upper
    if (isDown !== isUp) {
      digits = tens + u64(isUp)
      exponent = k + 1
      return
    }
  }
  const isDown = lower <= s << 2
  const isUp = (s << 2) + 4 <= upper
  exponent = k
  if (isDown !== isUp) digits = s + u64(isUp)
  else {
    const middle = (s << 2) + 2
    digits = s + u64(value > middle || (value === middle && (tiesUp || (s & 1) !== 0)))
  }
}

/** Digits are written here first, seen from where they belong: their number says what stands before them. */
const aside: usize = 32

/** Moves the digits from aside to the text, thirty-two bytes whatever they are: a call to move a few bytes costs more. */
@inline
function moveHere(to: usize, from: usize): void {
  const first = v128.load(from)
  const second = v128.load(from, 16)
  v128.store(to, first)
  v128.store(to, second, 16)
}

const mostDecimals: i32 = 20

/** Prints `digits`, whatever zeros they end in. Returns 0 for a number that has an exponent, or too many decimals, if it may not have them. */
function layOut(out: usize, flags: u32): usize {
  let d = digits
  let e = exponent
  while (true) {
    const tenth = d / 10
    if (tenth * 10 !== d) break
    d = tenth
    e++
  }
  if (flags & isOfOdpscmd && e < -mostDecimals) return 0
  const from = out + aside
  const count = <i32>(writeWhole(from, d) - from)
  const n = count + e
  if (n > 0 && n <= 21) {
    moveHere(out, from)
    if (e >= 0) {
      for (let zero = out + count; zero < out + n; zero += 8) store<u64>(zero, zeros)
      return out + n
    }
    moveHere(out + n + 1, from + n)
    store<u8>(out + n, point)
    return out + count + 1
  }
  if (n > -6 && n <= 0) {
    store<u64>(out, zeros)
    store<u8>(out, point, 1)
    const before = <usize>(2 - n)
    moveHere(out + before, from)
    return out + before + count
  }
  return flags & isPlainNumber ? 0 : writeExponent(out, from, count, n - 1)
}

function writeExponent(out: usize, from: usize, count: i32, e: i32): usize {
  store<u8>(out++, load<u8>(from))
  if (count > 1) {
    store<u8>(out++, point)
    moveHere(out, from + 1)
    out += count - 1
  }
  store<u16>(out, 0x65 | ((e < 0 ? minus : 0x2b) << 8))
  return writeWhole(out + 2, <u64>(e < 0 ? -e : e))
}

/** A whole number of ten-thousandths, without zeros at its end. */
@inline
function writeDecimals(out: usize, scaled: u64): usize {
  const whole = scaled / 10000
  const rest = <u32>(scaled - whole * 10000)
  out = writeWhole(out, whole)
  if (rest === 0) return out
  const decimals = four(rest)
  store<u8>(out, point)
  store<u32>(out, decimals | 0x30303030, 1)
  return out + 5 - <usize>(clz(decimals) >>> 3)
}

/** What is printed of numbers without digits, by the bits of a double. */
function writeOddDouble(out: usize, bits: u64): usize {
  if (bits << 12 !== 0) {
    store<u32>(out, 0x4e614e)
    return out + 3
  }
  if (bits >>> 63) store<u8>(out++, minus)
  store<u64>(out, 0x7974696e69666e49)
  return out + 8
}

/** @returns where the text ends; 0 for a number that is left to others */
export function writeDouble(out: usize, bits: u64, flags: u32): usize {
  const size = reinterpret<f64>(bits & 0x7fffffffffffffff)
  if (!(size <= f64.MAX_VALUE)) {
    if (!(flags & isJsonNumber)) return writeOddDouble(out, bits)
    store<u8>(out, 0x22)
    const end = writeOddDouble(out + 1, bits)
    store<u8>(end, 0x22)
    return end + 1
  }
  if (bits >>> 63) store<u8>(out++, minus)
  if (size < 1e9) {
    const scaled = nearest(size * 10000)
    if (scaled / 10000 === size) return writeDecimals(out, <u64>scaled)
  } else if (size < 9007199254740992 && floor(size) === size) return writeWhole(out, <u64>size)
  const fraction = bits & 0xfffffffffffff
  const exponentBits = <i32>((bits >>> 52) & 2047)
  if (exponentBits === 0) findShortest(fraction, -1074, false, false)
  else findShortest(fraction | 0x10000000000000, exponentBits - 1075, fraction === 0 && exponentBits > 1, false)
  return layOut(out, flags)
}

/** Fewer digits than seven that a FLOAT has exactly are all that it needs. */
const fewDigits: f64 = 1e6

/** The same for a FLOAT. Powers of two with many digits are left to others: their neighbours are not equally far. */
export function writeFloat(out: usize, bits: u32, flags: u32): usize {
  const value = <f64>reinterpret<f32>(bits)
  const size = abs<f64>(value)
  if (!(size <= f64.MAX_VALUE)) return writeDouble(out, reinterpret<u64>(value), flags)
  if (bits >>> 31) store<u8>(out++, minus)
  const scaled = nearest(size * 10000)
  if (size < fewDigits / 10000 && scaled / 10000 === size) return writeDecimals(out, <u64>scaled)
  if (size < 16777216 && floor(size) === size) return writeWhole(out, <u64>size)
  const fraction = bits & 0x7fffff
  const exponentBits = <i32>((bits >>> 23) & 255)
  if (fraction === 0) return 0
  if (exponentBits === 0) findShortest(fraction, -149, false, true)
  else findShortest(fraction | 0x800000, exponentBits - 150, false, true)
  return layOut(out, flags)
}
