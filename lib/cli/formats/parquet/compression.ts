import zlib, { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Compressors } from 'hyparquet'
import { decodeLz4Block } from '../../../compression/lz4-block.js'
import { DamagedParquet } from './error.js'

/* Pages are decompressed at once. Each codec makes no more than the page announces, and that must be believable. */

/** A page may decode to so much, or to so many times its size. Those of writers have about 1 MiB. */
const [plainPageBytes, maxRatio] = [64 * 2 ** 20, 1000]

/** @throws DamagedParquet for an announced size that is not believed */
export const checkPageSize = (compressed: number, size: number): void => {
  if (size < 0 || (size > plainPageBytes && size > compressed * maxRatio))
    throw new DamagedParquet(`a page of ${compressed} bytes announces ${size}, which is not believed`)
}

export const loadCompressors = async (): Promise<Compressors> => {
  const { compressors, decompressZstd } = await import('hyparquet-compressors')
  return {
    ...compressors,
    // Node's own know several members in a row, and are faster.
    GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
    ZSTD: (input, length) =>
      ownZstd?.(input, { maxOutputLength: Math.max(length, 1) }) ?? guarded(decompressZstd, input, length),
    LZ4: decodeHadoopLz4,
    LZ4_RAW: decodeLz4Block,
  }
}

/** Absent before Node.js 22.15. */
const { zstdDecompressSync: ownZstd } = zlib as Partial<Pick<typeof zlib, 'zstdDecompressSync'>>

/** At the end of its room the package's decoder keeps the literals of a block, which has at most 128 KiB. */
const scratchBytes = 128 * 1024 + 64

/**
 * The package's decoder for Zstandard fills the room that it is given, or a part of it, or more, and does not tell. So
 * the last byte of the room and the one behind it have a value that the first must lose and the second must keep; a page
 * may end with that value, but not with both of two.
 */
const guarded = (
  decode: (input: Uint8Array, output: Uint8Array) => unknown,
  input: Uint8Array,
  length: number,
): Uint8Array => {
  for (const guard of [0xa5, 0x5a]) {
    const room = new Uint8Array(length + 1 + scratchBytes).fill(guard, Math.max(0, length - 1), length + 1)
    decode(input, room)
    if (room[length] !== guard) break
    if (room[length - 1] !== guard) return room.subarray(0, length)
  }
  throw new DamagedParquet(`a page decodes to other than the ${length} bytes it announces`)
}

/**
 * The first of two codecs named LZ4: blocks behind their lengths, decoded and encoded, as Hadoop writes them; or one bare
 * block, as others did.
 */
const decodeHadoopLz4 = (input: Uint8Array, length: number): Uint8Array => {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const blocks: Uint8Array[] = []
  let at = 0
  let left = length
  while (at + 8 <= input.length) {
    const [decoded, encoded] = [view.getUint32(at), view.getUint32(at + 4)]
    at += 8 + encoded
    if (at > input.length || decoded > left) break
    left -= decoded
    blocks.push(input.subarray(at - encoded, at))
  }
  if (at !== input.length || left !== 0) return decodeLz4Block(input, length)
  return Buffer.concat(blocks.map(block => decodeLz4Block(block, length)))
}
