import * as zlib from 'node:zlib'
import { type Compressor, CompressorOutput } from './block-compressor.js'
import { ChunkReader } from './chunk-reader.js'
import { checkRatio, damaged } from './damage.js'
import { throughZlib } from './through-zlib.js'
import { ZlibCompressor } from './zlib-compressor.js'
import { declaredBytes, maxDecodedBytes, nextZstdFrame, zstdFrameBytes } from './zstd-frame.js'
import { loadedZstd, nodeHasZstd } from './zstd-package.js'

/*
 * Two ways: node:zlib streams, or, below Node.js 22.15, a package that takes and gives whole frames. With the package
 * a block's raw bytes are kept until it is finished, and a frame that is read is in memory as a whole.
 */

const defaultLevel = 3
/** Each chunk is a turn of the thread pool: with 64 KiB decoding takes a quarter more CPU time, and encoding a seventh. */
const outputChunkBytes = 256 << 10
const maxWholeFrameBytes = 256 << 20

export const createZstdCompressor = (level = defaultLevel): Compressor =>
  nodeHasZstd
    ? new ZlibCompressor(
        zlib.createZstdCompress({
          chunkSize: outputChunkBytes,
          params: { [zlib.constants.ZSTD_c_compressionLevel]: level },
        }),
      )
    : new WholeFrameCompressor(level)

/** One frame for all, because readers may stop after the first one. */
class WholeFrameCompressor extends CompressorOutput implements Compressor {
  readonly #encoder
  #raw: Buffer[] = []

  constructor(level: number) {
    super()
    const { Encoder } = loadedZstd()
    this.#encoder = new Encoder(level)
  }

  write(bytes: Uint8Array): void {
    this.#raw.push(Buffer.from(bytes))
  }

  async finish(): Promise<Buffer[]> {
    const raw = Buffer.concat(this.#raw)
    this.#raw = []
    this.add(await this.#encoder.encode(raw))
    return this.take()
  }

  destroy(): void {
    this.#raw = []
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

/** Decodes one or more frames. */
export async function* decompressZstd(
  chunks: AsyncIterable<Uint8Array>,
  limits: ZstdLimits,
): AsyncGenerator<Buffer> {
  const input = new ChunkReader(chunks)
  try {
    for (let first = true; await nextZstdFrame(input, first); first = false) {
      const pieces = zstdFrameBytes(input)
      yield* nodeHasZstd ? decodeStream(pieces) : decodeWholeZstd(pieces, limits)
    }
    if (limits.toTheEnd && (await input.has(1)))
      throw damaged('behind a zstd frame there are bytes that are not one')
  } finally {
    await input.close()
  }
}

const decodeStream = (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> =>
  throughZlib(zlib.createZstdDecompress({ chunkSize: outputChunkBytes }), pieces)

/** How large it may become is known from the headers of its blocks, before memory is taken for it. */
export async function* decodeWholeZstd(
  pieces: AsyncIterable<Buffer>,
  { maxRatio, maxFrameBytes = maxWholeFrameBytes }: ZstdLimits,
): AsyncGenerator<Buffer> {
  const frame: Buffer[] = []
  let [rawBytes, wireBytes, declared] = [0, 0, Number.POSITIVE_INFINITY]
  for await (const piece of pieces) {
    if (frame.length === 0) declared = declaredBytes(piece)
    else rawBytes += maxDecodedBytes(piece)
    frame.push(piece)
    wireBytes += piece.length
    if (rawBytes > maxFrameBytes || (declared !== Number.POSITIVE_INFINITY && declared > maxFrameBytes))
      throw damaged(
        `a zstd frame of more than ${Math.floor(maxFrameBytes / 2 ** 20)} MiB, which needs Node.js 22.15 or later`,
      )
  }
  checkRatio(Math.min(rawBytes, declared), wireBytes, maxRatio)
  const bytes = await decodeFrame(Buffer.concat(frame))
  for (let at = 0; at < bytes.length; at += outputChunkBytes) yield bytes.subarray(at, at + outputChunkBytes)
}

const decodeFrame = async (frame: Buffer): Promise<Buffer> => {
  const { Decoder } = loadedZstd()
  try {
    return await new Decoder().decode(frame)
  } catch (cause) {
    throw damaged('a zstd frame cannot be decoded', cause)
  }
}
