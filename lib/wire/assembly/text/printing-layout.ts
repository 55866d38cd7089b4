/*
 * What lies where in the memory of the module that prints records; ../../csv-writer-memory.ts has the same numbers. The first 16 KiB are
 * the tables of the checksum (../checksum.ts), and what is left of folded bytes lies at 33 KiB (../layout.ts).
 */

/** The 64 signs of base64. */
export const signsAt: usize = 16 * 1024
/** Powers of ten from 10^-292 to 10^324, 16 bytes each: the upper 128 bits, rounded up, low half first. */
export const powersAt: usize = 17 * 1024
export const leastPower: i32 = -292
/** What a call tells: the register of the checksum over the checksums, where records and text end, why it stopped, and a day. */
export const toldAt: usize = 28 * 1024
/** Days, and the offset of the zone on each: eight bytes for each of 16384 days, by the last bits of the day. */
export const offsetsAt: usize = 40 * 1024
export const offsetsMask: i32 = 16383
/** On a day whose offset changes, or that is near such a day, there is this one. */
export const changingOffset: i32 = 0x7fffffff

/**
 * A column, 64 bytes: kind, bytes of the tag, bits of a whole number, flags; the tag and the mask of its bytes; place and length
 * of what stands before the cell, and of what stands for NULL; where the steps of its time begin and end, and how many digits of a second they print; the least
 * DATETIME; how many cells were noted, and whether the one of this record is; from which part of a day, in seconds, and of a second,
 * in nanoseconds, on a time has more than is printed.
 */
export const columnBytes: usize = 64

export const integer: i32 = 0
export const double: i32 = 1
export const boolean: i32 = 2
export const text: i32 = 3
export const float: i32 = 4
export const date: i32 = 5
export const datetime: i32 = 6
export const timestamp: i32 = 7
export const decimal: i32 = 8
export const base64: i32 = 9
export const jsonText: i32 = 10

/**
 * Flags of a column: quotes stand around what is printed; the time has no zone; each time is noted; numbers have no exponent; a number that is
 * none stands in quotes; what a time has more than is printed follows as digits, of whole milliseconds as three; numbers with
 * more than twenty decimals and negative zeros of DECIMAL are odd.
 */
export const isQuoted: u32 = 1
export const isLocal: u32 = 2
export const isAlwaysNoted: u32 = 4
export const isPlainNumber: u32 = 8
export const isJsonNumber: u32 = 16
export const hasTail: u32 = 32
export const hasMilliseconds: u32 = 64
export const isOfOdpscmd: u32 = 128

/** Why a call stopped: no more was wanted or there, the text is full, a record is odd, a day isn't known. */
export const done: u32 = 0
export const full: u32 = 1
export const odd: u32 = 2
export const unknownDay: u32 = 3
