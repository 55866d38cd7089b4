import { DamagedParquet } from './error.js'

/*
 * Small integers of Parquet: levels, indexes into a dictionary, booleans. In runs each of them begins with a varint: even,
 * twice the count of a repeated value; odd, twice the count of groups of 8 values that lie packed, the lowest bits first.
 * Before there were runs, levels lay packed with the highest bits first. A run that announces more than is asked for is
 * damage, and nothing is read behind the bytes that are given.
 */

/** Packed values come in groups of 8, or of 32 in files of DuckDB; the last group is filled up. */
const maxFilling = 255

/** Fills `output`, or fails. @param width bits of a value, up to 32 */
export const readRuns = (bytes: Uint8Array, width: number, output: Uint8Array | Uint32Array): void => {
  const input = new RunReader(bytes)
  for (let done = 0; done < output.length; ) {
    const head = input.varint()
    const left = output.length - done
    const count = head % 2 === 1 ? ((head - 1) / 2) * 8 : head / 2
    if (count > left + (head % 2 === 1 ? maxFilling : 0))
      throw new DamagedParquet('a run is longer than its page')
    if (head % 2 === 1) done += input.packed(count, width, output.subarray(done))
    else {
      output.fill(input.repeated(width), done, done + count)
      done += count
    }
  }
}

class RunReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  varint(): number {
    let value = 0
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new DamagedParquet('a run has a count beyond 32 bits')
  }

  repeated(width: number): number {
    let value = 0
    for (let scale = 1, bits = width; bits > 0; bits -= 8, scale *= 256) value += this.#byte() * scale
    if (value >= 2 ** width) throw new DamagedParquet(`a run repeats a value beyond ${width} bits`)
    return value
  }

  /** The last group may lack the bytes of values that nobody asks for; whole groups of them are there. */
  packed(count: number, width: number, output: Uint8Array | Uint32Array): number {
    const taken = Math.min(count, output.length)
    const from = this.#at
    const bits = (count - taken < 8 ? taken : count) * width
    if (from + Math.ceil(bits / 8) > this.#bytes.length) throw tooShort()
    if (width <= 24) unpack(this.#bytes, from, taken, width, output)
    else unpackWide(this.#bytes, from, taken, width, output)
    this.#at = from + (count / 8) * width
    return taken
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw tooShort()
    return this.#bytes[this.#at++]!
  }
}

const tooShort = (): DamagedParquet => new DamagedParquet('a page has fewer values than it announces')

const unpack = (
  bytes: Uint8Array,
  from: number,
  count: number,
  width: number,
  output: Uint8Array | Uint32Array,
): void => {
  const mask = 2 ** width - 1
  let at = from
  let held = 0
  let bits = 0
  for (let i = 0; i < count; i++) {
    for (; bits < width; bits += 8) held |= bytes[at++]! << bits
    output[i] = held & mask
    held >>>= width
    bits -= width
  }
}

/** Some writers take 32 bits for every index. */
const unpackWide = (
  bytes: Uint8Array,
  from: number,
  count: number,
  width: number,
  output: Uint8Array | Uint32Array,
): void => {
  for (let i = 0; i < count; i++) {
    const [first, shift] = [from + Math.floor((i * width) / 8), (i * width) % 8]
    let value = 0
    for (let k = 4; k >= 0; k--) value = value * 256 + (bytes[first + k] ?? 0)
    output[i] = Math.floor(value / 2 ** shift) % 2 ** width
  }
}

/** The old form of levels, and how many bytes it takes. */
export const readPackedLevels = (bytes: Uint8Array, width: number, output: Uint8Array): number => {
  const size = Math.ceil((output.length * width) / 8)
  if (size > bytes.length) throw tooShort()
  for (let i = 0, bit = 0; i < output.length; i++) {
    let level = 0
    for (let k = 0; k < width; k++, bit++) level = level * 2 + ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1)
    output[i] = level
  }
  return size
}
