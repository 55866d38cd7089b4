/*
 * The checksum of bytes whose two parts have been hashed already. A CRC is the rest of a polynomial's division, so bytes
 * behind the first part multiply its rest by x for each of their bits; then the rests add up. That takes 32 steps, however
 * long the parts are, and nothing has to be hashed twice. Polynomials are reflected: x^0 is the highest bit.
 */

const polynomial = 0x82f63b78 | 0
const one = 1 << 31

/** The product of two rests, modulo the polynomial. */
const multiply = (a: number, b: number): number => {
  let product = 0
  let factor = b
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= factor
    factor = factor & 1 ? (factor >>> 1) ^ polynomial : factor >>> 1
  }
  return product
}

/** What `bytes` more bytes multiply a rest by: x^(8 · bytes). */
export const checksumShift = (bytes: number): number => {
  let shift = one
  // x^8, x^16, x^32, …
  let power = one >>> 8
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = multiply(power, shift)
    power = multiply(power, power)
  }
  return shift
}

/**
 * CRC-32C, unsigned, of two parts one behind the other, by their checksums.
 * @param shift `checksumShift` of the length of the second
 */
export const combineChecksums = (first: number, second: number, shift: number): number =>
  (multiply(shift, first) ^ second) >>> 0
