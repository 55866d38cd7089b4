/* What lies where in the memory, and the kinds of columns; ../records-memory.ts has the same numbers. */

/**
 * 16 bytes a column: kind; bytes of the tag; to write, the heap of its text, and to read, the bits of a whole number;
 * whether text beyond ASCII was seen. Then the tag, the place of its slot in a row, and the mask of the tag's bytes.
 */
export const columnsAt: usize = 16 * 1024
export const columnBytes: usize = 16
/** The register of the stream's checksum over the checksums of its records; then where the heaps of text end, and where a record
 * that was not all there did. */
export const totalsAt: usize = 32 * 1024
/** Of records to be scattered: where each ends, and its checksum; of their streams: the register, and where the bytes end. */
export const endBytes: usize = 8
export const streamBytes: usize = 8
/** What is left of folded bytes; without SIMD, tables (see checksum.ts). */
export const foldedAt: usize = 33 * 1024
export const shiftAt: usize = 33 * 1024

export const integer: i32 = 0
export const double: i32 = 1
export const boolean: i32 = 2
export const text: i32 = 3
export const float: i32 = 4
export const instant: i32 = 5
/** To read only: a whole number as a float64 of milliseconds or days; bytes as they are. */
export const time: i32 = 6
export const bytes: i32 = 7
/** The place of such a column's slot is that of its node. */
export const nested: i32 = 8

/**
 * A type inside a nested one is a node: its kind, and three words. Of a whole number that is read, its bits, and of an instant, whether its
 * nanoseconds may be negative; of an array or vector, the
 * place of its element's node, and of a vector its dimension; of a map, those of key and value; of a struct, that of its first field's, behind
 * which the others are, and how many.
 */
export const nodeBytes: usize = 16
export const array: i32 = 9
export const map: i32 = 10
export const struct: i32 = 11
export const vector: i32 = 12

/** Marks of the tape: NULL; a bigint for a number or bytes for text, to write; text beyond ASCII and text where it came, as read. */
export const isNull: u32 = 1
export const isOther: u32 = 2
export const isBeyond: u32 = 2
export const isInPlace: u32 = 4

/** Set in the length of ASCII text, of at most seven characters, that is in the slot itself: as on the wire but for this bit. */
export const isInSlot: u32 = 0x80000000

@inline
export function inSlot(slot: u64): u64 {
  return slot & ~(<u64>isInSlot)
}

/** Field 0x1fffc00, varint, as it stands in memory: four bytes. */
export const storedEndTag: u32 = 0x7fffc080

/** Longer ASCII text is left where it is when it is read: that whose size takes more than a byte. */
export const maxCopied: u32 = 127
export const largestTime: f64 = 8.64e15
export const maxNanos: i32 = 999_999_999
