/*
 * Decodes a block of snappy, beside the pages that it becomes part of: in JS each page would be copied into another module's memory, out of
 * it and in here, which costs more than the decoding. Sixteen bytes are copied at once, up to 31 beyond the end of what is meant;
 * behind the block and behind the output there must be room for them.
 *   block := length of the output, elements          literal := size, bytes           copy := size, distance
 */

const wide: usize = 16

/** @returns whether a block decodes to exactly `size` bytes */
export function unpackSnappy(from: usize, to: usize, out: usize, size: usize): bool {
  let announced: u64 = 0
  for (let shift: u64 = 0; ; shift += 7) {
    if (from >= to || shift > 28) return false
    const byte = <u64>load<u8>(from++)
    announced |= (byte & 127) << shift
    if (byte < 128) break
  }
  if (announced !== <u64>size) return false
  const start = out
  const end = out + size
  while (from < to) {
    let tag = <usize>load<u8>(from++)
    let length = (tag >>> 2) + 1
    if ((tag & 3) === 0) {
      if (length > 60) {
        const bytes = length - 60
        if (from + bytes > to) return false
        const more = <u64>load<u32>(from) & (((<u64>1) << (<u64>bytes << 3)) - 1)
        if (more >= <u64>(to - from)) return false
        length = <usize>more + 1
        from += bytes
      }
      if (from > to || length > to - from || length > end - out) return false
      if (length > 4 * wide) memory.copy(out, from, length)
      else {
        // Most are this short, and a loop over them would guess its end wrong.
        v128.store(out, v128.load(from))
        v128.store(out, v128.load(from, wide), wide)
        for (let i: usize = 2 * wide; i < length; i += wide) v128.store(out + i, v128.load(from + i))
      }
      from += length
      out += length
      if (from === to) break
      // What follows is hardly ever another one, so there is nothing to be guessed.
      tag = <usize>load<u8>(from++)
      if ((tag & 3) === 0) {
        from--
        continue
      }
    }
    // Without a branch for whether the distance has eleven bits or sixteen, which would be guessed wrong as often.
    const isLong = 0 - ((tag >>> 1) & 1)
    const next = <usize>load<u16>(from)
    length = ((tag >>> 2) & (7 | (56 & isLong))) + 4 - (3 & isLong)
    let distance = (((tag & 0xe0) << 3) & ~isLong) | (next & (0xff | isLong))
    from += 1 - isLong
    if ((tag & 3) === 3) {
      distance = <usize>load<u32>(from - 2)
      from += 2
    }
    if (from > to || distance - 1 >= out - start || length > end - out) return false
    const source = out - distance
    if (distance >= 8) {
      store<u64>(out, load<u64>(source))
      store<u64>(out, load<u64>(source, 8), 8)
      for (let i = wide; i < length; i += 8) store<u64>(out + i, load<u64>(source + i))
    } else for (let i: usize = 0; i < length; i++) store<u8>(out + i, load<u8>(source + i))
    out += length
  }
  return out === end
}
