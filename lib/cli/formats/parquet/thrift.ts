import { DamagedParquet } from './error.js'

/*
 * Footer and page headers are structs in Thrift's compact form, which the package reads as it comes: a length below zero
 * would lead it back to what it has read, and so on for ever, and a list gets its room before its elements are there.
 * So each struct is walked first: lengths stay within the bytes, every element of a list is there, and nothing is nested
 * deeper than the format has it.
 *   field := delta of the id and type (4 bits each), [id], value        struct := fields, 0
 *   list  := size and type (4 bits each), [size], values                text := length, bytes
 */

const [stop, yes, no, byte, i16, i32, i64, double, binary, list, struct] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12,
] as const
const maxDepth = 32

/** @throws DamagedParquet for bytes that are no struct */
export const checkStruct = (bytes: Uint8Array, from: number): void => {
  new Walker(bytes, from).struct(0)
}

class Walker {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes
    this.#at = from
  }

  struct(depth: number): void {
    if (depth > maxDepth) throw new DamagedParquet('its metadata is nested too deeply')
    for (;;) {
      const head = this.#byte()
      if ((head & 0x0f) === stop) return
      if (head >> 4 === 0) this.#varint()
      this.#value(head & 0x0f, depth, false)
    }
  }

  #value(type: number, depth: number, isElement: boolean): void {
    switch (type) {
      case yes:
      case no:
        // The type is the value, but in a list.
        this.#skip(isElement ? 1 : 0)
        break
      case byte:
        this.#skip(1)
        break
      case i16:
      case i32:
      case i64:
        this.#varint()
        break
      case double:
        this.#skip(8)
        break
      case binary:
        this.#skip(this.#varint())
        break
      case list:
        this.#list(depth)
        break
      case struct:
        this.struct(depth + 1)
        break
      default:
        throw new DamagedParquet(`its metadata has a value of the type ${type}`)
    }
  }

  #list(depth: number): void {
    if (depth > maxDepth) throw new DamagedParquet('its metadata is nested too deeply')
    const head = this.#byte()
    const size = head >> 4 === 15 ? this.#varint() : head >> 4
    if (size > this.#bytes.length - this.#at) throw cut()
    for (let i = 0; i < size; i++) this.#value(head & 0x0f, depth + 1, true)
  }

  #varint(): number {
    let value = 0
    for (let scale = 1, count = 0; count < 10; count++, scale *= 128) {
      const next = this.#byte()
      value += (next & 0x7f) * scale
      if (next < 0x80) return value
    }
    throw new DamagedParquet('its metadata has an integer of more than 64 bits')
  }

  #byte(): number {
    this.#skip(1)
    return this.#bytes[this.#at - 1]!
  }

  #skip(length: number): void {
    if (length > this.#bytes.length - this.#at) throw cut()
    this.#at += length
  }
}

const cut = (): DamagedParquet => new DamagedParquet('its metadata extends beyond its end')
