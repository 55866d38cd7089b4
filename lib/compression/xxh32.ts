/*
 * XXH32 as in the xxHash specification: LZ4 frames use it for their header, blocks and content. Sixteen bytes go into
 * four lanes at a time; a short rest is mixed in at the end.
 */

const prime1 = 0x9e3779b1
const prime2 = 0x85ebca77
const prime3 = 0xc2b2ae3d
const prime4 = 0x27d4eb2f
const prime5 = 0x165667b1

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

const round = (lane: number, word: number): number =>
  Math.imul(rotate((lane + Math.imul(word, prime2)) | 0, 13), prime1)

/** XXH32 with seed 0 of bytes that come in pieces. */
export class Xxh32 {
  readonly #lanes = new Int32Array([prime1 + prime2, prime2, 0, -prime1])
  readonly #rest = Buffer.alloc(16)
  #restLength = 0
  #total = 0

  update(bytes: Buffer): this {
    this.#total += bytes.length
    let at = 0
    if (this.#restLength > 0) {
      at = Math.min(16 - this.#restLength, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#restLength)
      this.#restLength += at
      if (this.#restLength < 16) return this
      this.#stripes(this.#rest, 0, 16)
      this.#restLength = 0
    }
    const end = at + ((bytes.length - at) & ~15)
    this.#stripes(bytes, at, end)
    this.#rest.set(bytes.subarray(end))
    this.#restLength = bytes.length - end
    return this
  }

  /** The hash of all bytes so far, unsigned. */
  digest(): number {
    const [a, b, c, d] = this.#lanes as unknown as [number, number, number, number]
    let hash = this.#total < 16 ? prime5 : (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
    hash = (hash + this.#total) | 0
    let at = 0
    for (; at + 4 <= this.#restLength; at += 4) {
      hash = (hash + Math.imul(this.#rest.readUInt32LE(at), prime3)) | 0
      hash = Math.imul(rotate(hash, 17), prime4)
    }
    for (; at < this.#restLength; at++) {
      hash = (hash + Math.imul(this.#rest[at]!, prime5)) | 0
      hash = Math.imul(rotate(hash, 11), prime1)
    }
    hash = Math.imul(hash ^ (hash >>> 15), prime2)
    hash = Math.imul(hash ^ (hash >>> 13), prime3)
    return (hash ^ (hash >>> 16)) >>> 0
  }

  #stripes(bytes: Buffer, from: number, to: number): void {
    if (from >= to) return
    const lanes = this.#lanes
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let [a, b, c, d] = [lanes[0]!, lanes[1]!, lanes[2]!, lanes[3]!]
    for (let at = from; at < to; at += 16) {
      a = round(a, view.getInt32(at, true))
      b = round(b, view.getInt32(at + 4, true))
      c = round(c, view.getInt32(at + 8, true))
      d = round(d, view.getInt32(at + 12, true))
    }
    lanes.set([a, b, c, d])
  }
}

export const xxh32 = (bytes: Buffer): number => new Xxh32().update(bytes).digest()
