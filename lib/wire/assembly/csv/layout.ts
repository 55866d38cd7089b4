/*
 * What lies where in the memory of the module that reads text; ../../csv-records-memory.ts has the same numbers. The tables of checksums are at
 * its start, and what is left of folded bytes at 33 KiB (../layout.ts). Where records are read from and written to, callers say.
 */

/**
 * 32 bytes a field: kind, bytes of the tag, whether NULL is refused; the tag; the number of its column; which field of the file it is.
 * Then two words of eight bytes: least of a whole number, and how much more it may be; most digits before and behind the point of a decimal; most bytes
 * and most characters of a text.
 */
export const fieldsAt: usize = 16 * 1024
export const fieldBytes: usize = 32

/** How far a zone is from UTC on a day: 2048 pairs of the day and seconds. A day is kept at the rest of its number. */
export const offsetsAt: usize = 34 * 1024
export const offsetCount: i32 = 2048
/** On such a day it changes, or nearly does. */
export const changes: i32 = 0x7fffffff

/** How times are written: pairs of what comes next and its size or character; 0 ends them. */
export const patternAt: usize = 50 * 1024

/** 10^0 to 10^19 as whole numbers, then 10^0 to 10^22 as doubles. */
export const wholePowersAt: usize = 54 * 1024
export const exactPowersAt: usize = 54 * 1024 + 160
/** Sixteen bytes 00, then sixteen ff: whatever is loaded in between is a mask of the last bytes. */
export const masksAt: usize = 54 * 1024 + 352
/** Vectors that are loaded where they are needed, as constants take three instructions each. */
export const delimitersAt: usize = masksAt + 32
export const linesAt: usize = masksAt + 48
export const bracesAt: usize = masksAt + 64
export const zerosAt: usize = masksAt + 80
export const beyondNineAt: usize = masksAt + 96
export const pairsAt: usize = masksAt + 112
export const foursAt: usize = masksAt + 128
export const eightsAt: usize = masksAt + 144
export const timeTemplateAt: usize = masksAt + 160
export const timeMostAt: usize = masksAt + 176
export const timeDigitsAt: usize = masksAt + 192
export const timeLeastAt: usize = masksAt + 208
export const timePairsAt: usize = masksAt + 224
export const timeUnitsAt: usize = masksAt + 240
export const quotesAt: usize = masksAt + 256
export const escapesAt: usize = masksAt + 272
export const controlsAt: usize = masksAt + 288
/** 10^-342 to 10^308, each as 128 bits of which the highest is set: the low half, the high half. */
export const powersAt: usize = 55 * 1024
export const leastPower: i32 = -342
export const greatestPower: i32 = 308
/** What a character of base64 stands for; 255 for what is none. */
export const sixBitsAt: usize = 66 * 1024

/** Of each field of a record where it begins, and in the high half where it ends; 0 for NULL. */
export const foundAt: usize = 68 * 1024
/**
 * Of lines of JSON: what stands before each value, and behind the last one, in pieces of 32 bytes: up to sixteen characters, a bit for each
 * that is none of it, how many it has. Behind a piece of sixteen another one follows.
 */
export const literalsAt: usize = 72 * 1024

export const skipped: i32 = 0
export const integer: i32 = 1
export const double: i32 = 2
export const float: i32 = 3
export const boolean: i32 = 4
export const text: i32 = 5
export const decimal: i32 = 6
export const datetime: i32 = 7
export const date: i32 = 8
export const timestamp: i32 = 9
export const timestampNtz: i32 = 10
export const base64: i32 = 11
