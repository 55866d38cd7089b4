import { wholePowersAt } from './layout'

/*
 * Digits, eight at once. XOR with "00000000" leaves the value of each digit, and more than 9 of anything else; adding 0x76 sets the high bit of
 * those, and a zero count tells how many digits come first. Shifted to the end of the word, zeros before them, they become a number by three
 * multiplications: pairs, fours, eight.
 */

const zeros: u64 = 0x3030303030303030
const beyondNine: u64 = 0x7676767676767676
const highBits: u64 = 0x8080808080808080

/** Where the digits end that were read last. */
export let digitsEnd: usize = 0
/** How many there were. */
export let digitCount: u32 = 0

/** The marks of eight characters that are no digits; those behind the first mark mean nothing. */
@inline
export function othersIn(x: u64): u64 {
  return ((x + beyondNine) | x) & highBits
}

/** Eight values of digits as a number. */
@inline
export function eight(x: u64): u64 {
  const pairs = x * 10 + (x >>> 8)
  return (
    ((pairs & 0x000000ff000000ff) * 0x000f424000000064 +
      ((pairs >>> 16) & 0x000000ff000000ff) * 0x0000271000000001) >>>
    32
  )
}

@inline
export function powerOfTen(exponent: u32): u64 {
  return load<u64>(wholePowersAt + (<usize>exponent << 3))
}

/** The number that at most 19 digits make; the count is 20 for more. */
@inline
export function readDigits(from: usize): u64 {
  const x = load<u64>(from) ^ zeros
  const others = othersIn(x)
  if (others === 0) return readMore(from, eight(x))
  const count = <u32>ctz(others) >>> 3
  digitCount = count
  digitsEnd = from + count
  // Shifted twice, as a shift by 64 is none.
  return eight((x << 8) << (56 - (<u64>count << 3)))
}

/** The same where eight digits were read already. */
function readMore(from: usize, first: u64): u64 {
  let value = first
  let count: u32 = 8
  let p = from + 8
  while (true) {
    const x = load<u64>(p) ^ zeros
    const others = othersIn(x)
    const more = others === 0 ? 8 : <u32>ctz(others) >>> 3
    count += more
    if (count > 19) {
      digitCount = 20
      return 0
    }
    if (more > 0) value = value * powerOfTen(more) + eight(x << (64 - (<u64>more << 3)))
    if (more < 8) {
      digitsEnd = p + more
      digitCount = count
      return value
    }
    p += 8
  }
}
