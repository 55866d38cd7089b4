/** The high half of the product that was made last. */
export let highHalf: u64 = 0

/** The low half of a product of 128 bits, of which WebAssembly has none. */
@inline
export function multiply(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff
  const aHigh = a >>> 32
  const bLow = b & 0xffffffff
  const bHigh = b >>> 32
  const low = aLow * bLow
  const middle = aHigh * bLow + (low >>> 32)
  const other = aLow * bHigh + (middle & 0xffffffff)
  highHalf = aHigh * bHigh + (middle >>> 32) + (other >>> 32)
  return (other << 32) | (low & 0xffffffff)
}
