import type { ChunkReader } from './chunk-reader.js'
import { damaged, truncated } from './damage.js'
import { isSkippable, skipFrame } from './skippable-frame.js'

/*
 * The Zstandard frame (RFC 8878, 3.1.1):
 *   frame  := magic descriptor [window] [dictionary id] [content size] block* [4 bytes checksum]
 *   block  := 3 bytes LE: last (1 bit), type (2 bits: 0 plain, 1 one byte repeated, 2 compressed), size (21 bits); body
 * Frames may follow each other, and skippable ones (magic 184D2A5x, 4 bytes length) may stand between them.
 *
 * Node's decoder takes a cut frame for a complete one and ends with the first of two frames, so the frame's limits
 * are found here, without looking into its blocks: in a stream of bytes, or in bytes that are all there.
 */

const magicNumber = 0xfd2fb528
const maxBlockBytes = 128 << 10
const blockHeaderBytes = 3
const checksumBytes = 4
/** What decoders take by default: 2^27, as for `zstd --ultra -22`. */
const maxWindowBytes = 1 << 27

/** Moves to the next frame; false at the end of the input, or before bytes that are no frame. */
export const nextZstdFrame = async (input: ChunkReader, first: boolean): Promise<boolean> => {
  for (;;) {
    const magic = (await input.has(4)) ? input.peekUInt32LE() : undefined
    if (magic === magicNumber) return true
    if (magic !== undefined && isSkippable(magic)) {
      if (!(await skipFrame(input))) throw cutSkippable()
    } else if (!first) return false
    else if (magic === undefined) throw truncated('before a zstd frame')
    else throw damaged('it does not start with a zstd frame')
  }
}

/** Reads the header of the frame that comes next. */
export const readZstdFrame = async (input: ChunkReader): Promise<StreamedZstdFrame> =>
  new StreamedZstdFrame(input, await readHeader(input))

/** A frame in a stream of bytes. They go on in the chunks they come in, which are only followed from block to block. */
export class StreamedZstdFrame {
  readonly #input: ChunkReader
  readonly header: Buffer
  /** How much the blocks that began so far can decode to at most. */
  maxDecoded = 0
  /** Bytes that come before the next block's header, or before the end of the frame. */
  #left = 0
  #isLast = false
  /** The next block's header, as far as it came. */
  #word = 0
  #wordBytes = 0
  #failure: Error | undefined

  constructor(input: ChunkReader, header: Buffer) {
    this.#input = input
    this.header = header
  }

  /** The header, the blocks and the checksum. What comes before damage, or before a cut, is given before the error. */
  async *bytes(): AsyncGenerator<Buffer, void, undefined> {
    yield this.header
    while (!this.#ended) {
      if (!(await this.#input.has(1))) throw this.#cut()
      const count = this.#follow(this.#input.chunk)
      if (count > 0) yield this.#input.take(count)
      if (this.#failure !== undefined) throw this.#failure
    }
  }

  get #ended(): boolean {
    return this.#isLast && this.#left === 0
  }

  /** How many of the bytes are the frame's, and not damaged. */
  #follow(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length && !this.#ended) {
      const step = Math.min(this.#left, bytes.length - at)
      if (step === 0 && !this.#addToHeader(bytes[at]!)) break
      this.#left -= step
      at += Math.max(step, 1)
    }
    return at
  }

  /** False when the block's header is complete, and is none. */
  #addToHeader(byte: number): boolean {
    this.#word |= byte << (8 * this.#wordBytes)
    if (++this.#wordBytes < blockHeaderBytes) return true
    try {
      const { last, bodyBytes, maxDecoded } = readBlockHeader(this.#word)
      this.#isLast = last
      this.#left = bodyBytes + (last && hasChecksum(this.header) ? checksumBytes : 0)
      this.maxDecoded += maxDecoded
      this.#word = this.#wordBytes = 0
    } catch (error) {
      this.#failure = error as Error
    }
    return this.#failure === undefined
  }

  #cut(): Error {
    if (this.#left === 0) return noLastBlock()
    return this.#isLast && hasChecksum(this.header) && this.#left <= checksumBytes ? noChecksum() : cutBlock()
  }
}

const readHeader = async (input: ChunkReader): Promise<Buffer> => {
  if (!(await input.has(5))) throw cutHeader()
  const start = input.take(5)
  const restBytes = headerRest(start[4]!)
  if (!(await input.has(restBytes))) throw cutHeader()
  return checkedHeader(Buffer.concat([start, input.take(restBytes)]))
}

/** A frame among bytes that are all there. */
export interface ZstdFrame {
  readonly bytes: Buffer
  readonly header: Buffer
  /** All its blocks, one after the other; the last one begins at `lastBlock` of them. */
  readonly blocks: Buffer
  readonly lastBlock: number
  /** XXH64 of what it decodes to, the lower half. */
  readonly checksum: number | undefined
  /** How much its blocks can decode to at most. */
  readonly maxDecoded: number
}

/** The frames that the bytes consist of, without those to be skipped. Bytes that are no frame are an error. */
export function* zstdFramesIn(input: Buffer): Generator<ZstdFrame, void, undefined> {
  let found = false
  for (let at = 0; at < input.length || !found; ) {
    const rest = input.subarray(at)
    if (rest.length < 4) throw truncated('before a zstd frame')
    const magic = rest.readUInt32LE(0)
    if (isSkippable(magic)) {
      if (rest.length < 8 || rest.length - 8 < rest.readUInt32LE(4)) throw cutSkippable()
      at += 8 + rest.readUInt32LE(4)
    } else {
      if (magic !== magicNumber) throw damaged('there are bytes that are not a zstd frame')
      const frame = readFrame(rest)
      at += frame.bytes.length
      found = true
      yield frame
    }
  }
}

const readFrame = (input: Buffer): ZstdFrame => {
  if (input.length < 5 || input.length < 5 + headerRest(input[4]!)) throw cutHeader()
  const header = checkedHeader(input.subarray(0, 5 + headerRest(input[4]!)))
  let [at, lastBlock, maxDecoded, last] = [header.length, 0, 0, false]
  while (!last) {
    if (input.length - at < blockHeaderBytes) throw noLastBlock()
    const block = readBlockHeader(input.readUIntLE(at, blockHeaderBytes))
    last = block.last
    lastBlock = at - header.length
    maxDecoded += block.maxDecoded
    at += blockHeaderBytes + block.bodyBytes
    if (at > input.length) throw cutBlock()
  }
  const end = at + (hasChecksum(header) ? checksumBytes : 0)
  if (end > input.length) throw noChecksum()
  return {
    bytes: input.subarray(0, end),
    header,
    blocks: input.subarray(header.length, at),
    lastBlock,
    checksum: end > at ? input.readUInt32LE(at) : undefined,
    maxDecoded,
  }
}

interface BlockHeader {
  readonly last: boolean
  readonly bodyBytes: number
  readonly maxDecoded: number
}

const readBlockHeader = (word: number): BlockHeader => {
  const [type, size] = [(word >>> 1) & 3, word >>> 3]
  if (type === 3) throw damaged('a zstd block has the reserved type')
  if (size > maxBlockBytes) throw damaged('a zstd block is longer than 128 KiB')
  return {
    last: (word & 1) === 1,
    bodyBytes: type === 1 ? 1 : size,
    maxDecoded: type === 2 ? maxBlockBytes : size,
  }
}

/** How many bytes of a header follow the descriptor. */
const headerRest = (descriptor: number): number => {
  if ((descriptor & 0x08) !== 0) throw damaged('a zstd frame header has a reserved bit set')
  if ((descriptor & 0x03) !== 0) throw damaged('a zstd frame needs a dictionary')
  const single = isSingle(descriptor)
  return (single ? 0 : 1) + [single ? 1 : 0, 2, 4, 8][descriptor >>> 6]!
}

const checkedHeader = (header: Buffer): Buffer => {
  const window = isSingle(header[4]!) ? declaredBytes(header) : windowSize(header[5]!)
  if (window > maxWindowBytes) throw damaged('a zstd frame needs a window of more than 128 MiB')
  return header
}

const isSingle = (descriptor: number): boolean => (descriptor & 0x20) !== 0
const hasChecksum = (header: Buffer): boolean => (header[4]! & 0x04) !== 0

/** What a frame decodes to by its header, infinity where it does not say. */
export const declaredBytes = (header: Buffer): number => {
  const size = header.subarray(isSingle(header[4]!) ? 5 : 6)
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
const cutBlock = () => truncated('inside a zstd block')
const noLastBlock = () => truncated('before the last block of a zstd frame')
const noChecksum = () => truncated('before the checksum of a zstd frame')
const cutSkippable = () => truncated('inside a skippable zstd frame')
