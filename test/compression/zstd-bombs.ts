import { type DecompressOptions, decompress } from '../../lib/compression/decompressor.js'
import { TunnelProtocolError } from '../../lib/errors.js'
import { slicesOf } from './chunked-bytes.js'

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** A zstd frame of `blocks` times 128 KiB of zeros, 4 bytes each (RFC 8878, 3.1.1.2). */
export const zstdBomb = (blocks: number): Buffer => {
  const block = (last: 0 | 1) =>
    Buffer.concat([u32(((128 << 10) << 3) | 2 | last).subarray(0, 3), Buffer.alloc(1)])
  const header = Buffer.from('28b52ffd0058', 'hex')
  return Buffer.concat([header, ...Array<Buffer>(blocks - 1).fill(block(0)), block(1)])
}

/** What comes out: how much, and the largest piece. */
export const drain = async (
  encoding: string,
  wire: Buffer,
  options?: DecompressOptions,
): Promise<{ total: number; largest: number }> => {
  let [total, largest] = [0, 0]
  for await (const bytes of decompress(encoding, slicesOf(wire, 64 << 10), options)) {
    total += bytes.length
    largest = Math.max(largest, bytes.length)
  }
  return { total, largest }
}

export const refused = (pattern: RegExp) => (error: unknown) =>
  error instanceof TunnelProtocolError &&
  error.code === 'ODPS_MALFORMED_STREAM' &&
  pattern.test(error.message)
