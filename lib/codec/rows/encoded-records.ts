/*
 * Rows that are records already, because they came as bytes and were never values: of a file read in WebAssembly. Where each record ends is
 * known, so that a block ends at the same row as if the rows had come one by one, and an upload that is resumed cuts the same
 * blocks whichever way its rows came.
 */

/** Whole bare records, one behind the other, as a record encoder writes them. */
export class EncodedRecords {
  readonly bytes: Uint8Array
  /** Where each record ends in the bytes. */
  readonly ends: Uint32Array
  /** CRC-32C of each record, as it stands in it. */
  readonly checksums: Uint32Array

  /** The record encoder of the same columns and options would have taken each of them: nobody looks into them again. */
  constructor(bytes: Uint8Array, ends: Uint32Array, checksums: Uint32Array) {
    this.bytes = bytes
    this.ends = ends
    this.checksums = checksums
  }

  get rows(): number {
    return this.ends.length
  }
}

/** Records that go to one place: nobody asks any more where each of them ends. */
export type RecordBytes = Pick<EncodedRecords, 'bytes' | 'checksums'>

/** Takes records from the front, some at a time. */
export class RecordRun {
  readonly #records: EncodedRecords
  #at = 0

  constructor(records: EncodedRecords) {
    this.#records = records
  }

  /** Records not taken yet. */
  get rows(): number {
    return this.#records.rows - this.#at
  }

  /**
   * Takes the next records: at least one, at most so many rows, and none behind the one that reaches so many bytes.
   */
  take(rows: number, bytes: number): RecordBytes {
    const { bytes: all, ends, checksums } = this.#records
    const from = this.#at
    const start = from === 0 ? 0 : ends[from - 1]!
    const to = Math.max(from + 1, Math.min(from + rows, firstReaching(ends, start + bytes) + 1, ends.length))
    this.#at = to
    return { bytes: all.subarray(start, ends[to - 1]!), checksums: checksums.subarray(from, to) }
  }
}

/** The first record that ends at a place or behind it. */
const firstReaching = (ends: Uint32Array, place: number): number => {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ends[middle]! < place) low = middle + 1
    else high = middle
  }
  return low
}
