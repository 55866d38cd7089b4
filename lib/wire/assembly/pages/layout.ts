/*
 * What lies where in the memory of the pages' module; ../../pages-memory.ts has the same numbers. The first 16 KB are the tables of the
 * checksum, and what is folded has its place as in ../layout.ts.
 *
 * A page is not read value by value: when it is loaded, each of its entries becomes the address of its value, or 0 for NULL, four bytes
 * each (page.ts). So levels, indexes of a dictionary and lengths are looked at and checked once, in loops that do nothing else, and the
 * loop over rows (writer.ts) knows nothing of how a column lies in its file.
 */

/** Where the digits of a number end; 64 bytes before it are theirs. */
export const digitsEnd: usize = 34 * 1024 + 64
/** Two values for booleans to have the address of. */
export const falseAt: usize = 35 * 1024
export const trueAt: usize = falseAt + 1
/** The table of a dictionary of both. */
export const booleansAt: usize = falseAt + 16

/**
 * 64 bytes a column:
 *    0 kind (below)        1 bytes of the tag      2 what lies in the file (below)   3 whether NULL is refused
 *    4 the tag             8 its number           12 the addresses of the values of its page, from the next row on
 *   16 the least value    24 the greatest         32 units of a second; of digits, ten to the power of their scale
 *   40 text: the most bytes, or characters; digits: the most whole ones
 *   44 text: whether characters are counted; digits: the most behind the point
 *   48 digits: their scale                        52 bytes of a value that has a fixed number of them
 *   56 text of digits: its most bytes
 */
export const columnsAt: usize = 36 * 1024
export const columnBytes: usize = 64

export const int32: i32 = 0
export const int64: i32 = 1
export const double: i32 = 2
export const float: i32 = 3
export const boolean: i32 = 4
export const text: i32 = 5
export const instant: i32 = 6
export const milliseconds: i32 = 7
export const digits: i32 = 8
/** To a whole number, a double or a float from something else. */
export const otherWhole: i32 = 9
export const otherDouble: i32 = 10
export const otherFloat: i32 = 11

export const ofInt32: i32 = 0
export const ofUint32: i32 = 1
export const ofInt64: i32 = 2
export const ofUint64: i32 = 3
export const ofFloat: i32 = 4
export const ofDouble: i32 = 5
export const ofInt96: i32 = 6
/** With a length of four bytes in front. */
export const ofBytes: i32 = 7
export const ofFixed: i32 = 8

/** How a call ended: all rows are written, no room is left, or the next row is for somebody who can say what is wrong with it. */
export const allWritten: i32 = 0
export const noRoom: i32 = 1
export const refused: i32 = 2
