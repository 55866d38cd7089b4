/*
 * UTF-8 as UTF-16 and back. With SIMD sixteen ASCII characters, or four of three bytes (Chinese, Japanese, Korean), become UTF-16 at a time, and
 * eight of either become UTF-8, as many as there are in a row: `npm run bench -- memory text`.
 */

@inline
function isTail(byte: u32): bool {
  return (byte & 0xc0) === 0x80
}

/** Writes the four characters of three bytes that `x` begins with; false, and nothing written, if it does not. */
@inline
function writeFour(out: usize, x: v128): bool {
  // f0 c0 c0, four times, in memory: the bits that tell heads and tails of characters; these have to be e0 80 80.
  const heads = v128.and(x, i32x4(0xf0c0c0f0, 0xc0f0c0c0, 0xc0c0f0c0, 0))
  const odd = v128.xor(heads, i32x4(0xe08080e0, 0x80e08080, 0x8080e080, 0))
  if (v128.any_true(odd)) return false
  // Each character in 32 bits: 0000xxxx 00yyyyyy 00zzzzzz, once its heads are gone; sixteen takes what is 0.
  const y = i8x16.swizzle(v128.xor(x, heads), i8x16(2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6, 16, 11, 10, 9, 16))
  const units = v128.or(
    v128.or(v128.and(y, i32x4.splat(0x3f)), v128.and(i32x4.shr_u(y, 2), i32x4.splat(0xfc0))),
    v128.and(i32x4.shr_u(y, 4), i32x4.splat(0xf000)),
  )
  // Below 0x800 fewer bytes would do; 0xd800 to 0xdfff are no characters.
  const high = v128.and(units, i32x4.splat(0xf800))
  if (v128.any_true(v128.or(i32x4.eq(high, i32x4.splat(0)), i32x4.eq(high, i32x4.splat(0xd800))))) return false
  v128.store64_lane(out, i16x8.narrow_i32x4_u(units, units), 0)
  return true
}

/** UTF-8 as UTF-16; returns where it ends, 0 for bytes that are no UTF-8. */
export function writeUtf16(out: usize, from: usize, size: u32): usize {
  const to = from + size
  while (from < to) {
    if (ASC_FEATURE_SIMD && from + 12 <= to) {
      const x = v128.load(from)
      const beyond = i8x16.bitmask(x)
      if (beyond & 1) {
        if (writeFour(out, x)) {
          from += 12
          out += 8
          continue
        }
      } else if (from + 16 <= to) {
        // What is not ASCII, and all behind it, is written over.
        v128.store(out, i16x8.extend_low_i8x16_u(x))
        v128.store(out, i16x8.extend_high_i8x16_u(x), 16)
        const count = <usize>ctz(beyond | 0x10000)
        from += count
        out += count << 1
        continue
      }
    }
    const four = load<u32>(from)
    if (from + 4 <= to && (four & 0x80808080) === 0) {
      let x = <u64>four
      x = (x | (x << 16)) & 0x0000ffff0000ffff
      store<u64>(out, (x | (x << 8)) & 0x00ff00ff00ff00ff)
      from += 4
      out += 8
      continue
    }
    const first = four & 255
    if (first < 0x80) {
      store<u16>(out, first)
      from++
      out += 2
      continue
    }
    const second = <u32>load<u8>(from, 1)
    if (first < 0xc2 || first > 0xf4 || !isTail(second)) return 0
    if (first < 0xe0) {
      if (from + 2 > to) return 0
      store<u16>(out, ((first & 31) << 6) | (second & 63))
      from += 2
      out += 2
      continue
    }
    const third = <u32>load<u8>(from, 2)
    if (!isTail(third)) return 0
    if (first < 0xf0) {
      const unit = ((first & 15) << 12) | ((second & 63) << 6) | (third & 63)
      if (from + 3 > to || unit < 0x800 || (unit & 0xf800) === 0xd800) return 0
      store<u16>(out, unit)
      from += 3
      out += 2
      continue
    }
    const fourth = <u32>load<u8>(from, 3)
    const point = ((first & 7) << 18) | ((second & 63) << 12) | ((third & 63) << 6) | (fourth & 63)
    if (from + 4 > to || !isTail(fourth) || point < 0x10000 || point > 0x10ffff) return 0
    store<u16>(out, 0xd7c0 + (point >>> 10))
    store<u16>(out, 0xdc00 | (point & 0x3ff), 2)
    from += 4
    out += 4
  }
  return out
}

/** Copies short text; up to fifteen bytes behind it are written too. */
@inline
export function copyShort(to: usize, from: usize, size: u32): void {
  for (let i: usize = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i))
}

/** The same, with SIMD, and no branch for the size of what has at most 48 bytes; so many bytes behind it are written too. */
@inline
export function copyBeyond(to: usize, from: usize, size: u32): void {
  if (!ASC_FEATURE_SIMD) return
  const a = v128.load(from)
  const b = v128.load(from, 16)
  const c = v128.load(from, 32)
  v128.store(to, a)
  v128.store(to, b, 16)
  v128.store(to, c, 32)
  for (let i: usize = 48; i < size; i += 16) v128.store(to + i, v128.load(from + i))
}

/** Bytes of UTF-16 text in UTF-8; the text is well-formed. */
export function utf8Size(from: usize, units: u32): u32 {
  let size: u32 = 0
  for (const to = from + (<usize>units << 1); from < to; from += 2) {
    const unit = load<u16>(from)
    // Each half of a pair counts for two of its four bytes.
    size += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3
  }
  return size
}

/** UTF-16 as UTF-8; returns where it ends, 0 for lone surrogates. Up to fourteen bytes behind it are written too. */
export function writeUtf8(p: usize, from: usize, units: u32): usize {
  const to = from + (<usize>units << 1)
  while (from < to) {
    if (ASC_FEATURE_SIMD && from + 16 <= to) {
      const x = v128.load(from)
      // Eight that are alike are passed by a branch, so that the next ones need not wait for a count.
      const isAscii = !v128.any_true(v128.and(x, i16x8.splat(<i16>0xff80)))
      if (isAscii) {
        v128.store64_lane(p, i8x16.narrow_i16x8_u(x, x), 0)
        from += 16
        p += 8
        continue
      }
      // Below 0x800 there are fewer than three bytes; 0xd800 to 0xdfff are halves of pairs.
      const high = v128.and(x, i16x8.splat(<i16>0xf800))
      const other = i16x8.bitmask(
        v128.or(i16x8.eq(high, i16x8.splat(0)), i16x8.eq(high, i16x8.splat(<i16>0xd800))),
      )
      if ((other & 1) === 0) {
        const heads = v128.or(
          v128.or(i16x8.shr_u(x, 12), v128.and(i16x8.shl(x, 2), i16x8.splat(0x3f00))),
          i16x8.splat(<i16>0x80e0),
        )
        const tails = v128.or(v128.and(x, i16x8.splat(0x3f)), i16x8.splat(0x80))
        v128.store(p, i8x16.shuffle(heads, tails, 0, 1, 16, 2, 3, 18, 4, 5, 20, 6, 7, 22, 8, 9, 24, 10))
        const rest = i8x16.shuffle(heads, tails, 11, 26, 12, 13, 28, 14, 15, 30, 0, 0, 0, 0, 0, 0, 0, 0)
        v128.store64_lane(p, rest, 0, 16)
        if (other === 0) {
          from += 16
          p += 24
          continue
        }
        // What has not three bytes, and all behind it, is written over.
        const count = <usize>ctz(other)
        from += count << 1
        p += 3 * count
        continue
      }
    }
    if (from + 8 <= to) {
      const four = load<u64>(from)
      if ((four & 0xff80ff80ff80ff80) === 0) {
        const two = four | (four >>> 8)
        store<u32>(p, <u32>(two & 0xffff) | <u32>((two >>> 16) & 0xffff0000))
        p += 4
        from += 8
        continue
      }
    }
    let unit = <u32>load<u16>(from)
    from += 2
    if (unit < 0x80) {
      store<u8>(p++, unit)
      continue
    }
    if (unit < 0x800) {
      store<u16>(p, 0x80c0 | (unit >>> 6) | ((unit & 63) << 8))
      p += 2
      continue
    }
    if ((unit & 0xf800) !== 0xd800) {
      store<u32>(p, 0x8080e0 | (unit >>> 12) | ((unit & 0xfc0) << 2) | ((unit & 63) << 16))
      p += 3
      continue
    }
    const second = from < to ? <u32>load<u16>(from) : 0
    if (unit > 0xdbff || (second & 0xfc00) !== 0xdc00) return 0
    unit = 0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff)
    from += 2
    const head = 0x808080f0 | (unit >>> 18) | ((unit >>> 4) & 0x3f00)
    store<u32>(p, head | ((unit & 0xfc0) << 10) | ((unit & 63) << 24))
    p += 4
  }
  return p
}
