import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Compressors } from 'hyparquet'
import { decodeLz4Block } from '../../../compression/lz4-block.js'
import { snappyBlockLength } from '../../../compression/snappy-block.js'
import { DamagedParquet } from './error.js'
import { decodeZstdPage, loadZstdFrameDecoder } from './zstd-page.js'

/* Pages are decompressed at once. Each codec makes no more than the page announces, and that must be believable. */

/** A page may decode to so much, or to so many times its size. Those of writers have about 1 MiB. */
const [plainPageBytes, maxRatio] = [64 * 2 ** 20, 1000]

/** @throws DamagedParquet for an announced size that is not believed */
export const checkPageSize = (compressed: number, size: number): void => {
  if (size < 0 || (size > plainPageBytes && size > compressed * maxRatio))
    throw new DamagedParquet(`a page of ${compressed} bytes announces ${size}, which is implausible`)
}

export const loadCompressors = async (): Promise<Compressors> => {
  const [{ compressors }, decodeZstdFrame] = await Promise.all([
    import('hyparquet-compressors'),
    loadZstdFrameDecoder(),
  ])
  return {
    ...compressors,
    // Node's own know several members in a row, and are faster.
    GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
    ZSTD: (input, length) => decodeZstdPage(input, length, decodeZstdFrame),
    SNAPPY: (input, length) => {
      if (snappyBlockLength(input) !== length) throw otherLength(length)
      return compressors.SNAPPY!(input, length)
    },
    LZ4: decodeHadoopLz4,
    LZ4_RAW: decodeLz4Block,
  }
}

/**
 * The first of two codecs named LZ4: blocks behind their lengths, decoded and encoded, as Hadoop writes them; or one bare
 * block, as others did.
 */
const decodeHadoopLz4 = (input: Uint8Array, length: number): Uint8Array => {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const blocks: { readonly bytes: Uint8Array; readonly decoded: number }[] = []
  let at = 0
  let left = length
  while (at + 8 <= input.length) {
    const [decoded, encoded] = [view.getUint32(at), view.getUint32(at + 4)]
    at += 8 + encoded
    if (at > input.length || decoded > left) break
    left -= decoded
    blocks.push({ bytes: input.subarray(at - encoded, at), decoded })
  }
  if (at !== input.length || left !== 0) return decodeLz4Block(input, length)
  return Buffer.concat(
    blocks.map(({ bytes, decoded }) => {
      const block = decodeLz4Block(bytes, decoded)
      if (block.length !== decoded) throw otherLength(decoded)
      return block
    }),
  )
}

const otherLength = (length: number): DamagedParquet =>
  new DamagedParquet(`a page does not decode to the ${length} bytes it announces`)
