import { type Compressor, CompressorOutput } from './block-compressor.js'
import { ChunkReader } from './chunk-reader.js'
import { damaged, truncated } from './damage.js'
import { encodeLz4Header, type Lz4Header, lz4Magic, readLz4Header } from './lz4-header.js'
import { loadedLz4 } from './lz4-package.js'
import { isSkippable, skipFrame } from './skippable-frame.js'
import { Xxh32, xxh32 } from './xxh32.js'

/*
 * The package decodes blocks, the frame around them is read and written here: block by block, so that memory stays
 * bounded, output comes early and a missing end mark is noticed. The package's own frame decoder wants the whole
 * frame at once and takes a cut one for complete.
 */

const ownBlockBytes = 256 << 10
/** A linked block refers to at most this much of the output before it. */
const windowBytes = 64 << 10
const plainBlock = 0x80000000

class Lz4Compressor extends CompressorOutput implements Compressor {
  readonly #lz4 = loadedLz4()
  readonly #block = Buffer.allocUnsafe(ownBlockBytes)
  #filled = 0

  constructor() {
    super()
    this.add(encodeLz4Header())
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + ownBlockBytes - this.#filled)
      this.#block.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === ownBlockBytes) this.#flush()
    }
  }

  finish(): Promise<Buffer[]> {
    if (this.#filled > 0) this.#flush()
    this.add(Buffer.alloc(4))
    return Promise.resolve(this.take())
  }

  destroy(): void {
    this.take()
  }

  /** The decoded size that the package puts first gives its 4 bytes to the block's header. */
  #flush(): void {
    const block = this.#block.subarray(0, this.#filled)
    const packed = this.#lz4.compressSync(block)
    if (packed.length - 4 < block.length) {
      packed.writeUInt32LE(packed.length - 4, 0)
      this.add(packed)
    } else {
      const header = Buffer.alloc(4)
      header.writeUInt32LE((plainBlock | block.length) >>> 0, 0)
      this.add(Buffer.concat([header, block]))
    }
    this.#filled = 0
  }
}

export const createLz4Compressor = (): Compressor => new Lz4Compressor()

/** Decodes one block of at most so many bytes; `window` is the output before it, when it may refer to that. */
export type Lz4BlockDecoder = (block: Buffer, maxBytes: number, window: Buffer | undefined) => Buffer

/**
 * Decodes one or more frames. What follows a frame's end and is no frame is left alone.
 * @param release told of chunks that nobody looks at any more, in order
 */
export async function* decompressLz4(
  chunks: AsyncIterable<Uint8Array>,
  decodeBlock: Lz4BlockDecoder = packageDecoder,
  release?: (chunk: Uint8Array) => void,
): AsyncGenerator<Buffer> {
  const input = new ChunkReader(chunks, release)
  try {
    for (let frames = 0; ; ) {
      const magic = (await input.has(4)) ? input.peekUInt32LE() : undefined
      if (magic === lz4Magic) {
        input.take(4)
        yield* decodeFrame(input, decodeBlock)
        frames++
      } else if (magic !== undefined && isSkippable(magic)) {
        if (!(await skipFrame(input))) throw truncated('inside a skippable LZ4 frame')
      } else if (frames > 0) return
      else if (magic === undefined) throw truncated('before an LZ4 frame')
      else throw damaged('it does not start with an LZ4 frame')
    }
  } finally {
    await input.close()
  }
}

async function* decodeFrame(input: ChunkReader, decodeBlock: Lz4BlockDecoder): AsyncGenerator<Buffer> {
  const header = await readLz4Header(input)
  const hash = header.contentChecksum ? new Xxh32() : undefined
  let window: Buffer | undefined
  let size = 0n
  for (;;) {
    const block = await readBlock(input, header)
    if (block === undefined) break
    const bytes = block.plain ? block.bytes : decodeBlock(block.bytes, header.maxBlockBytes, window)
    if (!header.independent) window = nextWindow(window, bytes)
    hash?.update(bytes)
    size += BigInt(bytes.length)
    yield bytes
  }
  if (header.contentSize !== undefined && header.contentSize !== size)
    throw damaged('the length of an LZ4 frame differs from its header')
  if (!hash) return
  if (!(await input.has(4))) throw truncated('before the checksum of an LZ4 frame')
  if (input.take(4).readUInt32LE(0) !== hash.digest()) throw damaged('the checksum of an LZ4 frame')
}

/** Undefined for the end mark. */
const readBlock = async (
  input: ChunkReader,
  header: Lz4Header,
): Promise<{ plain: boolean; bytes: Buffer } | undefined> => {
  if (!(await input.has(4))) throw truncated('before the end mark of an LZ4 frame')
  const word = input.take(4).readUInt32LE(0)
  if (word === 0) return undefined
  const size = word & ~plainBlock
  if (size > header.maxBlockBytes) throw damaged('an LZ4 block is longer than its frame allows')
  if (!(await input.has(size + (header.blockChecksums ? 4 : 0)))) throw truncated('inside an LZ4 block')
  const bytes = input.take(size)
  if (header.blockChecksums && input.take(4).readUInt32LE(0) !== xxh32(bytes))
    throw damaged('the checksum of an LZ4 block')
  return { plain: word >= plainBlock, bytes }
}

/** The package reads the decoded size, here its upper bound, from 4 bytes before the block. */
const packageDecoder: Lz4BlockDecoder = (block, maxBytes, window) => {
  const sized = Buffer.allocUnsafe(4 + block.length)
  sized.writeUInt32LE(maxBytes, 0)
  sized.set(block, 4)
  try {
    return loadedLz4().uncompressSync(sized, window)
  } catch (cause) {
    throw damaged('an LZ4 block cannot be decoded', cause)
  }
}

/** A copy: whoever gets the bytes may write to them. */
const nextWindow = (window: Buffer | undefined, bytes: Buffer): Buffer =>
  window === undefined || bytes.length >= windowBytes
    ? Buffer.from(bytes.subarray(-windowBytes))
    : Buffer.concat([window, bytes]).subarray(-windowBytes)
