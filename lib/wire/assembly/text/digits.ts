/*
 * Whole numbers as digits, eight at a time: a number below 10^8 is taken apart in one register, by halves, quarters and eighths at once, with
 * a multiplication for a division each. No table, no loop, and no branch for how long it is: the zeros before it are counted and
 * shifted out.
 */

const zeros: u64 = 0x3030303030303030

/** The digits of a number below 10^8 as bytes, the first one lowest. */
@inline
function eight(value: u32): u64 {
  const high = value / 10000
  const halves = <u64>high | (<u64>(value - high * 10000) << 32)
  const hundreds = ((halves * 10486) >>> 20) & 0x0000007f0000007f
  const quarters = hundreds | ((halves - hundreds * 100) << 16)
  const tens = ((quarters * 103) >>> 10) & 0x000f000f000f000f
  return tens | ((quarters - tens * 10) << 8)
}

/** Eight digits, with zeros before. */
@inline
export function writeEight(out: usize, value: u32): void {
  store<u64>(out, eight(value) | zeros)
}

/** The digits of a number below 10^4 as bytes, the first one lowest. */
@inline
export function four(value: u32): u32 {
  const hundreds = (value * 10486) >>> 20
  const quarters = hundreds | ((value - hundreds * 100) << 16)
  const tens = ((quarters * 103) >>> 10) & 0x000f000f
  return tens | ((quarters - tens * 10) << 8)
}

/** Four digits of a number below 10^4. */
@inline
export function writeFour(out: usize, value: u32): void {
  store<u32>(out, four(value) | 0x30303030)
}

/** Two digits of a number below 100. */
@inline
export function writeTwo(out: usize, value: u32): void {
  const tens = (value * 103) >>> 10
  store<u16>(out, 0x3030 | tens | ((value - tens * 10) << 8))
}

/** The digits of a number below 10^8, without zeros before it. */
@inline
function writeShort(out: usize, value: u32): usize {
  const digits = eight(value)
  const unused = <u64>ctz(digits | 0x100000000000000) & 0x38
  store<u64>(out, (digits | zeros) >>> unused)
  return out + 8 - <usize>(unused >>> 3)
}

/** Up to eight bytes behind the digits are written, too. */
export function writeWhole(out: usize, value: u64): usize {
  if (value < 100000000) return writeShort(out, <u32>value)
  const high = value / 100000000
  const low = <u32>(value - high * 100000000)
  if (high < 100000000) out = writeShort(out, <u32>high)
  else {
    const top = <u32>(high / 100000000)
    out = writeShort(out, top)
    writeEight(out, <u32>(high - <u64>top * 100000000))
    out += 8
  }
  writeEight(out, low)
  return out + 8
}
