/*
 * Code that feeds a field to the record checksum (protocol 4.6), for compiled encoders and decoders. In it `c` is the
 * register, `T` the crcTable, `x` and `h` are spare.
 */

/** Feeds the number of the field as int32 (protocol 4.6). */
export const feedField = (field: number): string => `x = c ^ ${field}
c = T[768 + (x & 255)] ^ T[512 + (x >>> 8 & 255)] ^ T[256 + (x >>> 16 & 255)] ^ T[x >>> 24]`

/** Feeds the number of the field and the byte `x`. */
export const feedByte = (field: number): string => `h = c ^ ${field}
c = T[1024 + (h & 255)] ^ T[768 + (h >>> 8 & 255)] ^ T[512 + (h >>> 16 & 255)] ^ T[256 + (h >>> 24)] ^ T[x]`

/** Feeds the number of the field and the int64 `lo`, `hi` in one step of twelve bytes. */
export const feedInt64 = (field: number): string => `x = c ^ ${field}
c = T[2816 + (x & 255)] ^ T[2560 + (x >>> 8 & 255)] ^ T[2304 + (x >>> 16 & 255)] ^ T[2048 + (x >>> 24)] ^
T[1792 + (lo & 255)] ^ T[1536 + (lo >>> 8 & 255)] ^ T[1280 + (lo >>> 16 & 255)] ^ T[1024 + (lo >>> 24)] ^
T[768 + (hi & 255)] ^ T[512 + (hi >>> 8 & 255)] ^ T[256 + (hi >>> 16 & 255)] ^ T[hi >>> 24]`
