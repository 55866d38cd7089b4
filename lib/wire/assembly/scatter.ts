import { crc4 } from './checksum'
import { endBytes, streamBytes } from './layout'

/*
 * Puts records of many streams, written one behind the other, apart: those of each stream one behind the other, in their order. It is a
 * counting sort: the sizes of the streams' shares tell where each begins, and then every record is copied once. So the bytes of a
 * stream leave this memory in one piece, and not record by record, which would cost as much as writing them.
 */

/** Copies `size` bytes and nothing behind them, where bytes of another stream may be. */
@inline
function copy(to: usize, from: usize, size: usize): void {
  if (size < 8) {
    for (const end = to + size; to < end; to++, from++) store<u8>(to, load<u8>(from))
    return
  }
  // The last eight bytes may overlap those before them.
  const last = size - 8
  store<u64>(to + last, load<u64>(from + last))
  for (const end = to + last; to < end; to += 8, from += 8) store<u64>(to, load<u64>(from))
}

/**
 * @param ends of the records from `from` on, as `writeRecords` left them
 * @param places two bytes a record: the number of its stream
 * @param streams the register of the checksums of each stream, which is carried on, and room for the end of its bytes
 * @param out where the bytes of the first stream go, those of the next behind them
 */
export function scatterRecords(
  rows: usize,
  from: usize,
  ends: usize,
  places: usize,
  streams: usize,
  count: usize,
  out: usize,
): void {
  const streamsEnd = streams + count * streamBytes
  const endsEnd = ends + rows * endBytes
  for (let stream = streams; stream < streamsEnd; stream += streamBytes) store<u32>(stream, 0, 4)
  let start = from
  let place = places
  for (let at = ends; at < endsEnd; at += endBytes, place += 2) {
    const stream = streams + <usize>load<u16>(place) * streamBytes
    const end = <usize>load<u32>(at)
    store<u32>(stream, crc4(load<u32>(stream) ^ load<u32>(at, 4)))
    store<u32>(stream, load<u32>(stream, 4) + <u32>(end - start), 4)
    start = end
  }
  let to = out
  for (let stream = streams; stream < streamsEnd; stream += streamBytes) {
    const size = <usize>load<u32>(stream, 4)
    store<u32>(stream, <u32>to, 4)
    to += size
  }
  start = from
  place = places
  for (let at = ends; at < endsEnd; at += endBytes, place += 2) {
    const stream = streams + <usize>load<u16>(place) * streamBytes
    const end = <usize>load<u32>(at)
    const target = <usize>load<u32>(stream, 4)
    copy(target, start, end - start)
    store<u32>(stream, <u32>(target + (end - start)), 4)
    start = end
  }
}
