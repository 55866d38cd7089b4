import type { ChunkReader } from './chunk-reader.js'
import { damaged, truncated } from './damage.js'
import { xxh32 } from './xxh32.js'

/*
 * The LZ4 frame format:
 *   frame  := magic header block* end(4 bytes 0) [content XXH32]
 *   header := FLG BD [content size, 8 bytes] [dictionary id, 4 bytes] second byte of the XXH32 of all before it
 *   FLG    := 2 bits version 01, independent blocks, block checksums, content size, content checksum, 0, dictionary id
 *   BD     := 0, 3 bits block size (4: 64 KiB, 5: 256 KiB, 6: 1 MiB, 7: 4 MiB), 4 bits 0
 *   block  := 4 bytes LE size, highest bit set for plain bytes; bytes; [XXH32 of them]
 */

export const lz4Magic = 0x184d2204

export interface Lz4Header {
  readonly independent: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  readonly contentSize: bigint | undefined
  readonly maxBlockBytes: number
}

/** Reads the header that follows the magic number. */
export const readLz4Header = async (input: ChunkReader): Promise<Lz4Header> => {
  if (!(await input.has(2))) throw cutHeader()
  const start = input.take(2)
  const [flags, blockBits] = [start[0]!, start[1]!]
  if (flags >>> 6 !== 1) throw damaged(`the LZ4 frame version ${flags >>> 6} is not supported`)
  if ((flags & 0x02) !== 0 || (blockBits & 0x8f) !== 0 || blockBits >>> 4 < 4)
    throw damaged('an LZ4 frame header has reserved bits set')
  if ((flags & 0x01) !== 0) throw damaged('an LZ4 frame needs a dictionary')
  const sized = (flags & 0x08) !== 0
  const size = await takeAll(input, sized ? 8 : 0)
  const check = await takeAll(input, 1)
  if (check[0] !== headerCheck(Buffer.concat([start, size]))) throw damaged('an LZ4 header checksum')
  return {
    independent: (flags & 0x20) !== 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentChecksum: (flags & 0x04) !== 0,
    contentSize: sized ? size.readBigUInt64LE(0) : undefined,
    maxBlockBytes: 1 << (8 + 2 * (blockBits >>> 4)),
  }
}

/** Independent blocks of up to 256 KiB, no checksums: the records have their own. */
export const encodeLz4Header = (): Buffer => {
  const bytes = Buffer.alloc(7)
  bytes.writeUInt32LE(lz4Magic, 0)
  bytes.set([0x60, 0x50], 4)
  bytes[6] = headerCheck(bytes.subarray(4, 6))
  return bytes
}

const headerCheck = (header: Buffer): number => (xxh32(header) >>> 8) & 0xff

const takeAll = async (input: ChunkReader, count: number): Promise<Buffer> => {
  if (!(await input.has(count))) throw cutHeader()
  return input.take(count)
}

const cutHeader = () => truncated('inside an LZ4 frame header')
