import { recordsMemory } from './records-memory.js'

/*
 * CRC-32C (Castagnoli): reflected polynomial 0x82F63B78, start and final XOR 0xFFFFFFFF (protocol 4.6).
 *
 * Hot loops carry the *register*: the inverted checksum as a signed 32-bit integer, -1 for no bytes.
 */

/** Sixteen tables of 256: entry 256 k + b is the register after byte b and k zero bytes. */
export const crcTable: Int32Array = /* @__PURE__ */ makeTable()

function makeTable(): Int32Array {
  const table = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let register = byte
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1
    table[byte] = register
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256]!
    table[i] = (before >>> 8) ^ table[before & 255]!
  }
  return table
}

/** The register before any byte. */
export const emptyRegister = -1

/** The checksum (unsigned) that a register stands for. */
export const checksumOf = (register: number): number => ~register >>> 0

/** From here on WebAssembly is faster, although the bytes are copied for it: 64 KiB take a seventh of the time. */
const manyBytes = 512

/** CRC-32C of `bytes`, unsigned; `crc` is the checksum of the bytes before them. */
export const crc32c = (bytes: Uint8Array, crc = 0): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return checksumOf(crcRange(~crc, view, 0, bytes.length))
}

/** All bits set in the bytes that `crcRange` passed last: `seenBits[0] & nonAscii` tells whether they are ASCII. */
export const seenBits: Int32Array = /* @__PURE__ */ new Int32Array(1)
export const nonAscii: number = 0x80808080 | 0

/** The register after the bytes `from` … `to - 1` of `view`. */
export const crcRange = (register: number, view: DataView, from: number, to: number): number => {
  const memory = to - from < manyBytes ? undefined : recordsMemory()
  if (memory === undefined) return crcByTables(register, view, from, to)
  const c = memory.crc(register, new Uint8Array(view.buffer, view.byteOffset + from, to - from))
  seenBits[0] = memory.seenBits
  return c
}

/** The same, always in JS. */
export const crcByTables = (register: number, view: DataView, from: number, to: number): number => {
  const T = crcTable
  let c = register
  let bits = 0
  let p = from
  for (; p + 16 <= to; p += 16) {
    const u = view.getInt32(p, true)
    const x = c ^ u
    const y = view.getInt32(p + 4, true)
    const z = view.getInt32(p + 8, true)
    const w = view.getInt32(p + 12, true)
    bits |= u | y | z | w
    c =
      T[3840 + (x & 255)]! ^
      T[3584 + ((x >>> 8) & 255)]! ^
      T[3328 + ((x >>> 16) & 255)]! ^
      T[3072 + (x >>> 24)]! ^
      T[2816 + (y & 255)]! ^
      T[2560 + ((y >>> 8) & 255)]! ^
      T[2304 + ((y >>> 16) & 255)]! ^
      T[2048 + (y >>> 24)]! ^
      T[1792 + (z & 255)]! ^
      T[1536 + ((z >>> 8) & 255)]! ^
      T[1280 + ((z >>> 16) & 255)]! ^
      T[1024 + (z >>> 24)]! ^
      T[768 + (w & 255)]! ^
      T[512 + ((w >>> 8) & 255)]! ^
      T[256 + ((w >>> 16) & 255)]! ^
      T[w >>> 24]!
  }
  for (; p + 4 <= to; p += 4) {
    const x = view.getInt32(p, true)
    bits |= x
    c = crcInt32(c, x)
  }
  for (; p < to; p++) {
    const byte = view.getUint8(p)
    bits |= byte
    c = crcByte(c, byte)
  }
  seenBits[0] = bits
  return c
}

/** The register after one byte. */
export const crcByte = (register: number, byte: number): number =>
  (register >>> 8) ^ crcTable[(register ^ byte) & 255]!

/** The register after an int32, little-endian. */
export const crcInt32 = (register: number, value: number): number => {
  const x = register ^ value
  return (
    crcTable[768 + (x & 255)]! ^
    crcTable[512 + ((x >>> 8) & 255)]! ^
    crcTable[256 + ((x >>> 16) & 255)]! ^
    crcTable[x >>> 24]!
  )
}

/** The register after an int64, little-endian, given as halves. */
export const crcInt64 = (register: number, low: number, high: number): number =>
  crcInt32(crcInt32(register, low), high)
