/*
 * 64-bit integers as two 32-bit halves: BigInt is slow and stays at the edge. `low` may be signed or unsigned,
 * `high` carries the sign.
 */

const scratch = new DataView(new ArrayBuffer(8))

const two32 = 4294967296

/** The bigint of two halves. */
export const bigintOf = (low: number, high: number): bigint => {
  scratch.setInt32(0, low, true)
  scratch.setInt32(4, high, true)
  return scratch.getBigInt64(0, true)
}

/** The number of two halves; exact while it is a safe integer. */
export const numberOf = (low: number, high: number): number => high * two32 + (low >>> 0)

/** Whether two halves are within ±(2^53 − 1). */
export const isSafe = (low: number, high: number): boolean =>
  high >= -0x200000 && high <= 0x1fffff && (high !== -0x200000 || low !== 0)

/** The low half of a whole number. */
export const lowOf = (value: number): number => value | 0

/** The high half of a whole number. */
export const highOf = (value: number): number => Math.floor(value / two32)

/** The low half of a bigint, modulo 2^64. */
export const lowOfBigint = (value: bigint): number => {
  scratch.setBigInt64(0, value, true)
  return scratch.getInt32(0, true)
}

/** The high half of a bigint, modulo 2^64. */
export const highOfBigint = (value: bigint): number => {
  scratch.setBigInt64(0, value, true)
  return scratch.getInt32(4, true)
}

/** One 64-bit cell seen as a bigint and as halves, for hot loops; see `lowHalf`. */
export const cell64: BigInt64Array = /* @__PURE__ */ new BigInt64Array(1)
export const cell32: Int32Array = /* @__PURE__ */ new Int32Array(cell64.buffer)

/** Which of `cell32` is the low half: 0 on little-endian machines. */
export const lowHalf: 0 | 1 = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1
