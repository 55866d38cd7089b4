import { ArrowError } from './error.js'

/*
 * FlatBuffers, as far as Arrow's metadata needs them. A table begins with the distance back to its vtable, which lists
 * where each field lies in the table, 0 for one that has its default:
 *   table  := int32 distance to the vtable; fields      vtable := uint16 own size, uint16 table size, uint16 per field
 *   string := uint32 length; UTF-8; 0                   vector := uint32 length; items (offsets to tables, or structs)
 * Every offset to a table, string or vector is unsigned and points forward, so nothing can refer to itself. DataView
 * checks all bounds and throws a RangeError, which `readMetadata` turns into damage.
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class FlatTable {
  readonly #view: DataView
  readonly #at: number
  readonly #vtable: number

  private constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
    this.#vtable = at - view.getInt32(at, true)
  }

  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return new FlatTable(view, view.getUint32(0, true))
  }

  int8(field: number, fallback = 0): number {
    const at = this.#field(field)
    return at === undefined ? fallback : this.#view.getInt8(at)
  }

  int16(field: number, fallback = 0): number {
    const at = this.#field(field)
    return at === undefined ? fallback : this.#view.getInt16(at, true)
  }

  int32(field: number, fallback = 0): number {
    const at = this.#field(field)
    return at === undefined ? fallback : this.#view.getInt32(at, true)
  }

  int64(field: number): number {
    const at = this.#field(field)
    return at === undefined ? 0 : int64At(this.#view, at)
  }

  /** A number that only has to be told from others. */
  id(field: number): bigint {
    const at = this.#field(field)
    return at === undefined ? 0n : this.#view.getBigInt64(at, true)
  }

  bool(field: number, fallback = false): boolean {
    return this.int8(field, fallback ? 1 : 0) !== 0
  }

  text(field: number): string | undefined {
    const at = this.#target(field)
    if (at === undefined) return undefined
    const length = this.#view.getUint32(at, true)
    const start = this.#view.byteOffset + at + 4
    if (at + 4 + length > this.#view.byteLength) throw new RangeError('a string leaves its buffer')
    return utf8.decode(new Uint8Array(this.#view.buffer, start, length))
  }

  table(field: number): FlatTable | undefined {
    const at = this.#target(field)
    return at === undefined ? undefined : new FlatTable(this.#view, at)
  }

  tables(field: number): FlatTable[] {
    return this.#items(field, 4, at => new FlatTable(this.#view, at + this.#view.getUint32(at, true)))
  }

  /** Structs of `size` bytes. */
  structs<T>(field: number, size: number, read: (view: DataView, at: number) => T): T[] {
    return this.#items(field, size, at => read(this.#view, at))
  }

  #items<T>(field: number, size: number, read: (at: number) => T): T[] {
    const start = this.#target(field)
    if (start === undefined) return []
    const count = this.#view.getUint32(start, true)
    if (start + 4 + count * size > this.#view.byteLength) throw new RangeError('a vector leaves its buffer')
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read(start + 4 + i * size))
    return items
  }

  #target(field: number): number | undefined {
    const at = this.#field(field)
    return at === undefined ? undefined : at + this.#view.getUint32(at, true)
  }

  #field(field: number): number | undefined {
    const slot = 4 + 2 * field
    if (slot >= this.#view.getUint16(this.#vtable, true)) return undefined
    const distance = this.#view.getUint16(this.#vtable + slot, true)
    return distance === 0 ? undefined : this.#at + distance
  }
}

/** @throws ArrowError for a number that no length and no place can be */
export const int64At = (view: DataView, at: number): number => {
  const number = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
  if (Number.isSafeInteger(number)) return number
  throw new ArrowError(`${view.getBigInt64(at, true)} is neither a length nor an offset`)
}

/** @throws ArrowError for metadata that leaves its bytes, or whose text is not UTF-8 */
export const readMetadata = <T>(read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof TypeError)
      throw new ArrowError('its metadata is damaged', { cause })
    throw cause
  }
}
