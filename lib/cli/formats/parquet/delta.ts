import { DamagedParquet } from './error.js'

/*
 * Integers as differences (DELTA_BINARY_PACKED), and bytes whose lengths are such integers.
 *   header := values of a block, miniblocks of a block, count of values, the first value
 *   block  := the least difference, the width of each miniblock, the miniblocks: differences less the least one, packed
 * All arithmetic wraps at the width of the type, so it is that of the type's array; DuckDB writes the differences of
 * INT32 in up to 33 bits, of which the lower 32 are the same. The count is held to what the page says.
 */

export interface DeltaReader {
  readonly bytes: Uint8Array
  at: number
}

export const readDeltas = (input: DeltaReader, count: number, bits: 32 | 64): Int32Array | BigInt64Array => {
  const valuesOfBlock = lengthOf(varint(input))
  const miniblocks = lengthOf(varint(input))
  const told = varint(input)
  const first = signed(varint(input))
  const valuesOfMiniblock = valuesOfBlock / miniblocks
  if (told !== BigInt(count)) throw new DamagedParquet(`a page announces ${count} values but has ${told}`)
  if (valuesOfMiniblock % 8 !== 0) throw new DamagedParquet('deltas are in blocks of an unknown size')
  const sums = bits === 32 ? sums32(count, first) : sums64(count, first)
  for (let done = 1; done < count; ) {
    const least = signed(varint(input))
    for (const width of take(input, miniblocks)) {
      if (done >= count) break
      if (width > 64) throw new DamagedParquet(`a delta has ${width} bits`)
      const wanted = Math.min(valuesOfMiniblock, count - done)
      const size = (valuesOfMiniblock * width) / 8
      const packed = take(input, size)
      sums.add(done, wanted, least, packed, width)
      done += wanted
    }
  }
  return sums.values
}

interface Sums {
  readonly values: Int32Array | BigInt64Array
  readonly add: (from: number, count: number, least: bigint, packed: Uint8Array, width: number) => void
}

const sums32 = (count: number, first: bigint): Sums => {
  const values = new Int32Array(count)
  let last = Number(BigInt.asIntN(32, first))
  if (count > 0) values[0] = last
  return {
    values,
    add: (from, wanted, least, packed, width) => {
      const step = Number(BigInt.asIntN(32, least))
      const differenceAt = width > 32 ? lowerBitsAt : numberAt
      for (let i = 0; i < wanted; i++) {
        last = (last + step + differenceAt(packed, i * width, width)) | 0
        values[from + i] = last
      }
    },
  }
}

const lowerBitsAt = (packed: Uint8Array, at: number, width: number): number =>
  Number(BigInt.asIntN(32, bitsAt(packed, at, width)))

const sums64 = (count: number, first: bigint): Sums => {
  const values = new BigInt64Array(count)
  let last = first
  if (count > 0) values[0] = last
  return {
    values,
    add: (from, wanted, least, packed, width) => {
      for (let i = 0; i < wanted; i++) {
        values[from + i] = last + least + bitsAt(packed, i * width, width)
        last = values[from + i]!
      }
    },
  }
}

/** Bytes that lie one behind the other, after their lengths. */
export const readDeltaLengths = (input: DeltaReader, count: number): Uint8Array[] => {
  const lengths = readDeltas(input, count, 32) as Int32Array
  return Array.from(lengths, length => take(input, length))
}

/**
 * Bytes that begin like those before them.
 * @param most how many all of them together may be
 */
export const readDeltaBytes = (input: DeltaReader, count: number, most: number): Uint8Array[] => {
  const prefixes = readDeltas(input, count, 32) as Int32Array
  const suffixes = readDeltaLengths(input, count)
  let before = new Uint8Array(0)
  let size = 0
  return suffixes.map((suffix, i) => {
    const prefix = prefixes[i]!
    if (prefix < 0 || prefix > before.length)
      throw new DamagedParquet('a value shares a prefix longer than the previous value')
    size += prefix + suffix.length
    if (size > most) throw new DamagedParquet(`the values of a page have more than ${most} bytes`)
    const value = prefix === 0 ? suffix : new Uint8Array(prefix + suffix.length)
    if (prefix > 0) {
      value.set(before.subarray(0, prefix))
      value.set(suffix, prefix)
    }
    before = value as Uint8Array<ArrayBuffer>
    return value
  })
}

const tooShort = (): DamagedParquet => new DamagedParquet('a page has fewer values than it announces')

const rest = ({ bytes, at }: DeltaReader): number => bytes.length - at

const take = (input: DeltaReader, length: number): Uint8Array => {
  if (length < 0 || length > rest(input)) throw tooShort()
  const from = input.at
  input.at += length
  return input.bytes.subarray(from, input.at)
}

const varint = (input: DeltaReader): bigint => {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = take(input, 1)[0]!
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  throw new DamagedParquet('an integer has more than 64 bits')
}

/** Zigzag: 0, -1, 1, -2, … */
const signed = (value: bigint): bigint => (value >> 1n) ^ -(value & 1n)

const lengthOf = (value: bigint): number => {
  if (value < 1n || value >= 2n ** 31n) throw new DamagedParquet('deltas are in blocks of an unknown size')
  return Number(value)
}

/** So many bits, and those of the byte that they begin in, are exact in a number. */
const maxNumberBits = 45

const numberAt = (bytes: Uint8Array, bit: number, width: number): number => {
  let value = 0
  const [first, shift] = [bit >> 3, bit & 7]
  for (let k = ((shift + width + 7) >> 3) - 1; k >= 0; k--) value = value * 256 + bytes[first + k]!
  return Math.floor(value / 2 ** shift) % 2 ** width
}

const bitsAt = (bytes: Uint8Array, bit: number, width: number): bigint => {
  if (width <= maxNumberBits) return BigInt(numberAt(bytes, bit, width))
  let value = 0n
  const [first, shift] = [bit >> 3, bit & 7]
  for (let k = ((shift + width + 7) >> 3) - 1; k >= 0; k--) value = (value << 8n) | BigInt(bytes[first + k]!)
  return BigInt.asUintN(width, value >> BigInt(shift))
}
