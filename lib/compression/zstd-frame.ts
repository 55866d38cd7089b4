import type { ByteReader } from './byte-reader.js'
import { malformed, truncated } from './damage.js'

/*
 * The Zstandard frame (RFC 8878, 3.1.1):
 *   frame  := magic descriptor [window] [dictionary id] [content size] block* [4 bytes checksum]
 *   block  := 3 bytes LE: last (1 bit), type (2 bits: 0 plain, 1 one byte repeated, 2 compressed), size (21 bits); body
 * Frames may follow each other, and skippable ones (magic 184D2A5x, 4 bytes length) may stand between them.
 *
 * Node's decoder takes a cut frame for a complete one and ends with the first of two frames, so the frame's limits
 * are found here, without looking into its blocks.
 */

const magicNumber = 0xfd2fb528
const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === 0x184d2a50
const maxBlockBytes = 128 << 10
/** What decoders take by default: 2^27, as for `zstd --ultra -22`. */
const maxWindowBytes = 1 << 27

/** Moves to the next frame; false at the end of the input, or before bytes that are no frame. */
export const nextZstdFrame = async (input: ByteReader, first: boolean): Promise<boolean> => {
  for (;;) {
    const magic = (await input.has(4)) ? input.peekUInt32LE() : undefined
    if (magic === magicNumber) return true
    if (magic !== undefined && isSkippable(magic)) await skipFrame(input)
    else if (!first) return false
    else if (magic === undefined) throw truncated('before a zstd frame')
    else throw malformed('it does not start with a zstd frame')
  }
}

const skipFrame = async (input: ByteReader): Promise<void> => {
  input.take(4)
  if (!(await input.has(4)) || !(await input.skip(input.take(4).readUInt32LE(0))))
    throw truncated('inside a skippable zstd frame')
}

/** The bytes of the frame that comes next: its header, each block, its checksum. */
export async function* zstdFrameBytes(input: ByteReader): AsyncGenerator<Buffer> {
  const header = await readHeader(input)
  yield header
  for (let last = false; !last; ) {
    if (!(await input.has(3))) throw truncated('before the last block of a zstd frame')
    const blockHeader = input.take(3)
    const word = blockHeader.readUIntLE(0, 3)
    last = (word & 1) === 1
    const [type, size] = [(word >>> 1) & 3, word >>> 3]
    if (type === 3) throw malformed('a zstd block has the reserved type')
    if (size > maxBlockBytes) throw malformed('a zstd block is longer than 128 KiB')
    const bodySize = type === 1 ? 1 : size
    if (!(await input.has(bodySize))) throw truncated('inside a zstd block')
    yield Buffer.concat([blockHeader, input.take(bodySize)])
  }
  if ((header[4]! & 0x04) === 0) return
  if (!(await input.has(4))) throw truncated('before the checksum of a zstd frame')
  yield input.take(4)
}

const readHeader = async (input: ByteReader): Promise<Buffer> => {
  if (!(await input.has(5))) throw cutHeader()
  const start = input.take(5)
  const descriptor = start[4]!
  if ((descriptor & 0x08) !== 0) throw malformed('a zstd frame header has a reserved bit set')
  if ((descriptor & 0x03) !== 0) throw malformed('a zstd frame asks for a dictionary')
  const single = (descriptor & 0x20) !== 0
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6]!
  const restBytes = (single ? 0 : 1) + sizeBytes
  if (!(await input.has(restBytes))) throw cutHeader()
  const rest = input.take(restBytes)
  const window = single ? contentSize(rest) : windowSize(rest[0]!)
  if (window > maxWindowBytes) throw malformed('a zstd frame wants a window of more than 128 MiB')
  return Buffer.concat([start, rest])
}

/** What a frame decodes to by its header, the first piece of {@link zstdFrameBytes}; infinity where it does not say. */
export const declaredBytes = (header: Buffer): number => {
  const descriptor = header[4]!
  const single = (descriptor & 0x20) !== 0
  const size = header.subarray(single ? 5 : 6)
  return size.length === 0 ? Number.POSITIVE_INFINITY : contentSize(size)
}

/** Of 2 bytes the size is 256 more than written. */
const contentSize = (bytes: Buffer): number => {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE(0))
  return bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0)
}

const windowSize = (byte: number): number => {
  const base = 2 ** (10 + (byte >>> 3))
  return base + (base / 8) * (byte & 7)
}

const cutHeader = () => truncated('inside a zstd frame header')

/** How much a block of {@link zstdFrameBytes} can decode to at most; a checksum counts as one, too. */
export const maxDecodedBytes = (piece: Buffer): number => {
  const word = piece.readUIntLE(0, 3)
  return ((word >>> 1) & 3) === 2 ? maxBlockBytes : Math.min(word >>> 3, maxBlockBytes)
}
