import * as zlib from 'node:zlib'
import { type Compressor, CompressorOutput } from './block-compressor.js'
import type { ChunkPool } from './chunk-pool.js'
import { ChunkReader } from './chunk-reader.js'
import { checkRatio, damaged } from './damage.js'
import { GrowingBuffer } from './growing-buffer.js'
import { ZlibCompressor } from './zlib-compressor.js'
import { decodeInSteps } from './zlib-steps.js'
import { declaredBytes, nextZstdFrame, readZstdFrame, type StreamedZstdFrame } from './zstd-frame.js'
import { loadedZstd, nodeHasZstd } from './zstd-package.js'

/*
 * Two ways: node:zlib streams, or, below Node.js 22.15, a package that takes and gives whole frames. With the package
 * a block's raw bytes are kept until it is finished, and a frame that is read is in memory as a whole.
 */

const defaultLevel = 3
/** Each chunk is a turn of the thread pool: with 64 KiB encoding takes a seventh more CPU time. */
const outputChunkBytes = 256 << 10
const maxWholeFrameBytes = 256 << 20

export const createZstdCompressor = (level = defaultLevel, pool?: ChunkPool): Compressor =>
  nodeHasZstd
    ? new ZlibCompressor(
        zlib.createZstdCompress({
          chunkSize: outputChunkBytes,
          params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
        }),
        pool,
      )
    : new WholeFrameCompressor(level)

/** One frame for all, because readers may stop after the first one. */
class WholeFrameCompressor extends CompressorOutput implements Compressor {
  readonly #encoder
  readonly #raw = new GrowingBuffer()
  #isEncoding = false

  constructor(level: number) {
    super()
    const { Encoder } = loadedZstd()
    this.#encoder = new Encoder(level)
  }

  write(bytes: Uint8Array): void {
    this.#raw.append(bytes)
  }

  async finish(): Promise<Buffer[]> {
    this.#isEncoding = true
    try {
      this.add(await this.#encoder.encode(this.#raw.bytes))
      return this.take()
    } finally {
      this.#raw.release()
    }
  }

  /** While the bytes are read on another thread, nobody else may get their memory. */
  destroy(): void {
    if (!this.#isEncoding) this.#raw.release()
    this.take()
  }
}

export interface ZstdLimits {
  /** How many times its size a frame may decode to that is decoded as a whole. */
  readonly maxRatio: number
  /** How many bytes such a frame may decode to. Default: 256 MiB. */
  readonly maxFrameBytes?: number
  /** Whether what follows a frame and is no frame is an error. Default: it is left alone. */
  readonly toTheEnd?: boolean
}

/**
 * Decodes one or more frames.
 * @param release told of chunks that nobody looks at any more, in order
 */
export async function* decompressZstd(
  chunks: AsyncIterable<Uint8Array>,
  limits: ZstdLimits,
  release?: (chunk: Uint8Array) => void,
): AsyncGenerator<Buffer> {
  const input = new ChunkReader(chunks, release)
  try {
    for (let first = true; await nextZstdFrame(input, first); first = false) {
      const frame = await readZstdFrame(input)
      yield* nodeHasZstd ? decodeStream(frame.bytes(), release !== undefined) : decodeWholeZstd(frame, limits)
    }
    if (limits.toTheEnd && (await input.has(1)))
      throw damaged('behind a zstd frame there are bytes that are not one')
  } finally {
    await input.close()
  }
}

/** Nothing follows the frame. */
const decodeStream = (pieces: AsyncIterable<Buffer>, isPassing: boolean): AsyncGenerator<Buffer> =>
  decodeInSteps(zlib.createZstdDecompress(), pieces, { isPassing })

/** Cut as other decoders' output is. */
export async function* decodeWholeZstd(
  frame: StreamedZstdFrame,
  limits: ZstdLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const bytes = await decodeWhole(frame, limits)
  for (let at = 0; at < bytes.length; at += outputChunkBytes) yield bytes.subarray(at, at + outputChunkBytes)
}

/** How large it may become is known from its headers, before memory is taken for it. */
const decodeWhole = async (
  frame: StreamedZstdFrame,
  { maxRatio, maxFrameBytes = maxWholeFrameBytes }: ZstdLimits,
): Promise<Buffer> => {
  const wire = new GrowingBuffer()
  try {
    const declared = declaredBytes(frame.header)
    for await (const piece of frame.bytes()) {
      const rawBytes = declared === Number.POSITIVE_INFINITY ? 0 : declared
      if (Math.max(rawBytes, frame.maxDecoded) > maxFrameBytes) throw tooLargeFrame(maxFrameBytes)
      wire.append(piece)
    }
    checkRatio(Math.min(frame.maxDecoded, declared), wire.bytes.length, maxRatio)
    const { Decoder } = loadedZstd()
    return await new Decoder().decode(wire.bytes).catch(cause => {
      throw damaged('a zstd frame cannot be decoded', cause)
    })
  } finally {
    wire.release()
  }
}

const tooLargeFrame = (maxBytes: number): Error =>
  damaged(
    `a zstd frame of more than ${Math.floor(maxBytes / 2 ** 20)} MiB, which needs Node.js 22.15 or later`,
  )
