/*
 * Writes FlatBuffers (flatbuffer.ts has their form) front to back: a vtable, its table, and behind it what the table
 * refers to, whose distances are filled in once they are known. The buffer has to lie at a multiple of 8.
 */

/** A number of so many bytes; text; a table; tables; structs of 64-bit words. */
export type FlatValue =
  | { readonly bytes: 1 | 2 | 4 | 8; readonly value: number }
  | string
  | FlatFields
  | readonly FlatFields[]
  | { readonly words: readonly number[]; readonly count: number }

/** The fields of a table by their places; undefined has its default. */
export interface FlatFields {
  readonly fields: readonly (FlatValue | undefined)[]
}

export const int8 = (value: number): FlatValue => ({ bytes: 1, value })
export const bool = (value: boolean): FlatValue => ({ bytes: 1, value: value ? 1 : 0 })
export const int16 = (value: number): FlatValue => ({ bytes: 2, value })
export const int32 = (value: number): FlatValue => ({ bytes: 4, value })
export const int64 = (value: number): FlatValue => ({ bytes: 8, value })
export const table = (...fields: readonly (FlatValue | undefined)[]): FlatFields => ({ fields })
/** Structs of 64-bit words, all words of the first, then those of the second. */
export const structs = (words: readonly number[], count: number): FlatValue => ({ words, count })

export const encodeFlatBuffer = (root: FlatFields): Buffer => {
  const writer = new FlatWriter()
  writer.reserve(4)
  writer.refer(0, root)
  return writer.bytes()
}

class FlatWriter {
  #bytes = Buffer.alloc(1024)
  #length = 0

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Makes room for bytes that are 0 until they are written. */
  reserve(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], Math.max(this.#length, 2 * this.#bytes.length))
    return at
  }

  refer(at: number, value: Exclude<FlatValue, { bytes: number }>): void {
    const target = this.#write(value)
    this.#bytes.writeUInt32LE(target - at, at)
  }

  /** Until `ahead` bytes further on there is a multiple of `size`. */
  #align(size: number, ahead = 0): void {
    this.reserve((size - ((this.#length + ahead) % size)) % size)
  }

  #write(value: Exclude<FlatValue, { bytes: number }>): number {
    if (typeof value === 'string') return this.#writeText(value)
    if ('words' in value) return this.#writeStructs(value.words, value.count)
    if ('fields' in value) return this.#writeTable(value.fields)
    this.#align(4)
    const at = this.reserve(4 + 4 * value.length)
    this.#bytes.writeUInt32LE(value.length, at)
    for (const [i, each] of value.entries()) this.refer(at + 4 + 4 * i, each)
    return at
  }

  #writeText(text: string): number {
    const bytes = Buffer.from(text)
    this.#align(4)
    const at = this.reserve(4 + bytes.length + 1)
    this.#bytes.writeUInt32LE(bytes.length, at)
    this.#bytes.set(bytes, at + 4)
    return at
  }

  #writeStructs(words: readonly number[], count: number): number {
    this.#align(8, 4)
    const at = this.reserve(4 + 8 * words.length)
    this.#bytes.writeUInt32LE(count, at)
    for (const [i, word] of words.entries()) this.#bytes.writeBigInt64LE(BigInt(word), at + 4 + 8 * i)
    return at
  }

  #writeTable(fields: readonly (FlatValue | undefined)[]): number {
    this.#align(4, 2 * fields.length)
    const vtable = this.reserve(4 + 2 * fields.length)
    const at = this.reserve(4)
    const references: [at: number, value: Exclude<FlatValue, { bytes: number }>][] = []
    for (const [i, field] of fields.entries()) {
      if (field === undefined) continue
      const size = typeof field === 'object' && 'bytes' in field ? field.bytes : 4
      this.#align(size)
      const place = this.reserve(size)
      this.#bytes.writeUInt16LE(place - at, vtable + 4 + 2 * i)
      if (typeof field === 'object' && 'bytes' in field) this.#writeNumber(place, field.value, size)
      else references.push([place, field])
    }
    this.#bytes.writeUInt16LE(at - vtable, vtable)
    this.#bytes.writeUInt16LE(this.#length - at, vtable + 2)
    this.#bytes.writeInt32LE(at - vtable, at)
    for (const [place, value] of references) this.refer(place, value)
    return at
  }

  #writeNumber(at: number, value: number, size: number): void {
    if (size === 8) this.#bytes.writeBigInt64LE(BigInt(value), at)
    else this.#bytes.writeIntLE(value, at, size)
  }
}
