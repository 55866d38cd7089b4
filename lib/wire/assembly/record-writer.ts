import { crc1, crc4, crc8, crcBytes, crcField8, crcRest } from './checksum'
import { boolean, columnBytes, columnsAt, double, storedEndTag, float, instant, integer, totalsAt } from './layout'

/* Writes records (protocol 4.1, 4.2) from staged rows (see ../../codec/wasm/encoder-code.ts). */

/** Text of so many UTF-16 units has at most 127 bytes, so that their number takes one. */
const shortUnits: u32 = 42

@inline
function varintSize(value: u64): u32 {
  return (<u32>(63 - clz(value | 1)) * 9 + 73) >>> 6
}

/** Spreads the groups of seven bits over eight bytes at once: no branch for the size of the number. */
@inline
function writeVarint(p: usize, value: u64): usize {
  let x = (value & 0xfffffff) | ((value & 0xfffffff0000000) << 4)
  x = (x & 0x3fff00003fff) | ((x & 0xfffc0000fffc000) << 2)
  x = (x & 0x7f007f007f007f) | ((x & 0x3f803f803f803f80) << 1)
  const size = varintSize(value)
  if (size <= 8) {
    store<u64>(p, x | (0x80808080808080 & ((<u64>1 << (<u64>(size - 1) << 3)) - 1)))
    return p + size
  }
  store<u64>(p, x | 0x8080808080808080)
  const rest = value >>> 56
  if (size === 9) {
    store<u8>(p, rest, 8)
    return p + 9
  }
  store<u8>(p, (rest & 127) | 128, 8)
  store<u8>(p, rest >>> 7, 9)
  return p + 10
}

@inline
function zigzag(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63))
}

/** Bytes of UTF-16 text in UTF-8; the text is well-formed. */
function utf8Size(from: usize, units: u32): u32 {
  let size: u32 = 0
  for (const to = from + (<usize>units << 1); from < to; from += 2) {
    const unit = load<u16>(from)
    // Each half of a pair counts for two of its four bytes.
    size += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3
  }
  return size
}

function writeUtf8(p: usize, from: usize, units: u32): usize {
  const to = from + (<usize>units << 1)
  while (from < to) {
    if (from + 8 <= to) {
      const four = load<u64>(from)
      if ((four & 0xff80ff80ff80ff80) === 0) {
        const two = four | (four >>> 8)
        store<u32>(p, <u32>(two & 0xffff) | <u32>((two >>> 16) & 0xffff0000))
        p += 4
        from += 8
        continue
      }
    }
    let unit = <u32>load<u16>(from)
    from += 2
    if (unit < 0x80) {
      store<u8>(p++, unit)
      continue
    }
    if (unit < 0x800) {
      store<u16>(p, 0x80c0 | (unit >>> 6) | ((unit & 63) << 8))
      p += 2
      continue
    }
    if ((unit & 0xf800) !== 0xd800) {
      store<u32>(p, 0x8080e0 | (unit >>> 12) | ((unit & 0xfc0) << 2) | ((unit & 63) << 16))
      p += 3
      continue
    }
    unit = 0x10000 + ((unit & 0x3ff) << 10) + (<u32>load<u16>(from) & 0x3ff)
    from += 2
    const head = 0x808080f0 | (unit >>> 18) | ((unit >>> 4) & 0x3f00)
    store<u32>(p, head | ((unit & 0xfc0) << 10) | ((unit & 63) << 24))
    p += 4
  }
  return p
}

/**
 * Writes `rows` staged rows of `stride` bytes. Text of the narrow heap has `narrowUnit` bytes a character, text of the
 * wide heap two; the third heap holds bytes.
 * @returns where the records end
 */
export function writeRecords(
  rows: i32,
  columns: i32,
  slots: usize,
  stride: usize,
  narrow: usize,
  narrowUnit: usize,
  wide: usize,
  bytes: usize,
  out: usize,
): usize {
  const columnsEnd = columnsAt + <usize>columns * columnBytes
  let p = out
  let totals = load<u32>(totalsAt)
  for (let row = 0; row < rows; row++, slots += stride) {
    let c: u32 = 0xffffffff
    let field: u32 = 1
    let present: u32 = 0
    let other: u32 = 0
    let masks = slots
    for (let column = columnsAt; column < columnsEnd; column += columnBytes, field++) {
      const bit = (field - 1) & 31
      if (bit === 0) {
        present = load<u32>(masks)
        other = load<u32>(masks, 4)
        masks += 8
      }
      if (((present >>> bit) & 1) === 0) continue
      store<u32>(p, load<u32>(column, 4))
      p += <usize>load<u8>(column, 1)
      const slot = slots + <usize>load<u32>(column, 8)
      switch (<i32>load<u8>(column)) {
        case integer: {
          const value = (other >>> bit) & 1 ? load<i64>(slot) : <i64>load<f64>(slot)
          c = crcField8(c, field, value)
          p = writeVarint(p, zigzag(value))
          break
        }
        case double: {
          const value = load<u64>(slot)
          store<u64>(p, value)
          p += 8
          c = crcField8(c, field, value)
          break
        }
        case boolean: {
          const value = load<u8>(slot)
          store<u8>(p++, value)
          c = crc1(crc4(c ^ field), value)
          break
        }
        case float: {
          const value = load<u32>(slot)
          store<u32>(p, value)
          p += 4
          c = crc8(<u64>(c ^ field) | (<u64>value << 32))
          break
        }
        case instant: {
          const seconds = (other >>> bit) & 1 ? load<i64>(slot) : <i64>load<f64>(slot)
          const nanos = load<i32>(slot, 8)
          c = crc4(crcField8(c, field, seconds) ^ nanos)
          p = writeVarint(p, zigzag(seconds))
          p = writeVarint(p, <u64>(<u32>((nanos << 1) ^ (nanos >> 31))))
          break
        }
        default: {
          const units = load<u32>(slot)
          const isWide = load<u8>(column, 2)
          if ((other >>> bit) & 1) {
            p = writeVarint(p, units)
            memory.copy(p, bytes, units)
            c = crcBytes(crc4(c ^ field), p, p + units)
            p += units
            bytes += units
          } else if (!isWide && narrowUnit === 1) {
            p = writeVarint(p, units)
            let rest = units
            if (rest >= 8) {
              const first = load<u64>(narrow)
              store<u64>(p, first)
              c = crcField8(c, field, first)
              narrow += 8
              p += 8
              rest -= 8
            } else c = crc4(c ^ field)
            for (; rest >= 8; rest -= 8, narrow += 8, p += 8) {
              const next = load<u64>(narrow)
              store<u64>(p, next)
              c = crc8(next ^ <u64>c)
            }
            const last = load<u64>(narrow)
            store<u64>(p, last)
            c = crcRest(c, last, rest)
            narrow += rest
            p += rest
          } else {
            const from = isWide ? wide : narrow
            const isShort = units <= shortUnits
            const start = isShort ? p + 1 : writeVarint(p, utf8Size(from, units))
            const end = writeUtf8(start, from, units)
            const size = <u32>(end - start)
            if (isShort) store<u8>(p, size)
            if (size !== units) store<u8>(column, 1, 3)
            c = crcBytes(crc4(c ^ field), start, end)
            p = end
            if (isWide) wide += <usize>units << 1
            else narrow += <usize>units << 1
          }
        }
      }
    }
    const checksum = ~c
    totals = crc4(totals ^ checksum)
    store<u32>(p, storedEndTag)
    p = writeVarint(p + 4, checksum)
  }
  store<u32>(totalsAt, totals)
  return p
}
