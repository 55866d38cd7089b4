/*
 * The service knows two families of hashes. They differ in how whole numbers and texts are mixed; everything else of a
 * value's hash is the same in both. Rows of one key must meet in one bucket whichever client wrote them, so every step
 * wraps exactly as it does in the service's Java client: at 32 or 64 bits, with signed bytes.
 */

/** The word of an upsert session for how it hashes. */
export type HashName = 'default' | 'legacy'

export interface HashFamily {
  /** Of a 64-bit integer in two halves; a signed 32-bit integer. */
  int64(low: number, high: number): number
  /** Of bytes: each is put into the register, which begins with 0; the last step closes it. */
  byte(register: number, signedByte: number): number
  close(register: number): number
}

export const hashFamilies: Readonly<Record<HashName, HashFamily>> = {
  default: {
    int64: (low, high) => mix64(low, high),
    byte: (register, byte) => {
      const added = (register + byte) | 0
      const mixed = (added + (added << 10)) | 0
      return mixed ^ (mixed >> 6)
    },
    close: register => {
      const added = (register + (register << 3)) | 0
      const mixed = added ^ (added >> 11)
      return (mixed + (mixed << 15)) | 0
    },
  },
  legacy: {
    int64: (low, high) => low ^ high,
    byte: (register, byte) => (Math.imul(register, 31) + byte) | 0,
    close: register => register,
  },
}

/** 64-bit arithmetic in halves: with BigInt it would cost more than encoding the row. */
const mix64 = (low: number, high: number): number => {
  // n = ~n + (n << 18)
  let lo = (~low >>> 0) + ((low << 18) >>> 0)
  let hi = (~high + ((high << 18) | (low >>> 14)) + carry(lo)) | 0
  lo |= 0
  // n ^= n >> 31
  let lo2 = lo ^ ((lo >>> 31) | (hi << 1))
  let hi2 = hi ^ (hi >> 31)
  // n *= 21, which is n + (n << 2) + (n << 4)
  lo = (lo2 >>> 0) + ((lo2 << 2) >>> 0) + ((lo2 << 4) >>> 0)
  hi = (hi2 + ((hi2 << 2) | (lo2 >>> 30)) + ((hi2 << 4) | (lo2 >>> 28)) + carry(lo)) | 0
  lo |= 0
  // n ^= n >> 11
  lo2 = lo ^ ((lo >>> 11) | (hi << 21))
  hi2 = hi ^ (hi >> 11)
  // n += n << 6
  lo = (lo2 >>> 0) + ((lo2 << 6) >>> 0)
  hi = (hi2 + ((hi2 << 6) | (lo2 >>> 26)) + carry(lo)) | 0
  // n ^= n >> 22, of which the low half is the hash
  return (lo | 0) ^ ((lo >>> 22) | (hi << 10))
}

const carry = (sum: number): number => Math.floor(sum / 4294967296)
