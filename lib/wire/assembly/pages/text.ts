import { crc4, crc8, crcBytes, crcField8, crcRest } from '../checksum'
import { writeSize } from '../varint'
import { digitsEnd } from './layout'
import { high, isTaken, loadWide, padDigits, writeDigits } from './numbers'

/* Text and bytes of a record, and decimals as text. */

/** From here on bytes are copied and hashed in one go each. */
const manyBytes: usize = 192

/** The register after the bytes that were written last. */
export let register: u32 = 0

/** Writes bytes behind their length, after the number of a field. @returns their end */
export function writeBytes(p: usize, c: u32, field: u32, from: usize, size: u32): usize {
  p = writeSize(p, size)
  let rest = <usize>size
  if (rest >= manyBytes) {
    memory.copy(p, from, rest)
    register = crcBytes(crc4(c ^ field), from, from + rest)
    return p + rest
  }
  if (rest >= 8) {
    const first = load<u64>(from)
    store<u64>(p, first)
    c = crcField8(c, field, first)
    from += 8
    p += 8
    rest -= 8
  } else c = crc4(c ^ field)
  for (; rest >= 8; rest -= 8, from += 8, p += 8) {
    const next = load<u64>(from)
    store<u64>(p, next)
    c = crc8(next ^ <u64>c)
  }
  const last = load<u64>(from)
  store<u64>(p, last)
  register = crcRest(c, last, <u32>rest)
  return p + rest
}

/** Whether text has at most so many characters: bytes that don't continue one. */
export function hasAtMost(characters: u32, from: usize, size: u32): bool {
  if (size <= characters) return true
  let count: u32 = 0
  for (const to = from + <usize>size; from < to; from++) count += <u32>((load<u8>(from) & 0xc0) !== 0x80)
  return count <= characters
}

/** Whether DECIMAL, or text, has room for the number that `column` has at `at`; its text is from `printedFrom` to `printedTo` then. */
export let printedFrom: usize = 0
export let printedTo: usize = 0

export function print(column: usize, at: usize): bool {
  let low = loadWide(<i32>load<u8>(column, 2), at, <usize>load<u32>(column, 52))
  if (!isTaken) return false
  let upper = high
  const isNegative = upper < 0
  if (isNegative) {
    low = -low
    upper = ~upper + <i64>(low === 0)
  }
  const count = writeDigits(<u64>low, <u64>upper)
  const scale = load<u32>(column, 48)
  if (count > scale && count - scale > load<u32>(column, 40)) return false
  const shown = count > scale ? count : scale + 1
  padDigits(shown)
  let to = digitsEnd
  if (scale > 0) {
    let behind = scale
    for (const most = load<u32>(column, 44); behind > most; behind--) if (load<u8>(--to) !== 0x30) return false
    if (behind > 0) {
      memory.copy(digitsEnd - <usize>scale + 1, digitsEnd - <usize>scale, behind)
      store<u8>(digitsEnd - <usize>scale, 0x2e)
      to++
    }
  }
  let from = digitsEnd - <usize>shown
  if (isNegative) store<u8>(--from, 0x2d)
  printedFrom = from
  printedTo = to
  return <u32>(to - from) <= load<u32>(column, 56)
}
