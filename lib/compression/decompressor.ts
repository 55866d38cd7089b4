import { TunnelProtocolError } from '../errors.js'
import { type CompressionName, compressionOf, loadCompression } from './compression.js'
import { decompressDeflate } from './deflate.js'
import { decompressLz4 } from './lz4.js'
import { passThrough } from './raw.js'
import { decompressSnappy } from './snappy.js'
import { decompressZstd } from './zstd.js'

export interface DecompressOptions {
  /** How many times its input a stream's output may be, once it is over 64 MiB. Default 20 000. */
  readonly maxRatio?: number | undefined
  /** How many bytes may come out. Default: no limit. */
  readonly maxBytes?: number | undefined
}

const decompressors: Readonly<
  Record<CompressionName, (chunks: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer>>
> = {
  raw: passThrough,
  deflate: decompressDeflate,
  snappy: decompressSnappy,
  zstd: decompressZstd,
  lz4: decompressLz4,
}

/**
 * Output that is allowed whatever its ratio. Above it, rows that are all the same come to 12 000 with zstd, where
 * a stream of zero bytes comes to 32 000; the other formats cannot pass 1 040.
 */
const ratioFreeBytes = 64 << 20

/**
 * Decompresses the body of an answer or of a block, by its `Content-Encoding`.
 *
 * Output comes as early as the format allows and in chunks of at most 64 KiB (lz4: its blocks, at most 4 MiB), so
 * that memory stays bounded whatever the input claims, and a stream that is cut still gives what came before the
 * cut. Exception: zstd below Node.js 22.15 decodes a whole frame of up to 512 MiB at once.
 *
 * A consumer that stops early, or throws, closes the source. An error of the source is passed on as it is.
 * @throws TunnelProtocolError ODPS_UNKNOWN_ENCODING; ODPS_MALFORMED_STREAM for damage or more output than the
 * options allow; ODPS_TRUNCATED_STREAM for an end inside the stream. A snappy stream that is cut between two of its
 * chunks looks complete: only the trailer of the records shows it.
 * @throws TunnelOptionError ODPS_MISSING_PACKAGE
 */
export async function* decompress(
  contentEncoding: string | undefined,
  chunks: AsyncIterable<Uint8Array>,
  options: DecompressOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  const name = compressionOf(contentEncoding)
  await loadCompression(name)
  const { maxRatio = 20_000, maxBytes = Number.POSITIVE_INFINITY } = options
  let [wireBytes, rawBytes] = [0, 0]
  const counted = async function* () {
    for await (const chunk of chunks) {
      wireBytes += chunk.length
      yield chunk
    }
  }
  for await (const bytes of decompressors[name](counted())) {
    rawBytes += bytes.length
    if (rawBytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`)
    if (rawBytes > ratioFreeBytes && rawBytes > wireBytes * maxRatio)
      throw tooLarge(`more than ${maxRatio} times its size`)
    yield bytes
  }
}

const tooLarge = (what: string): TunnelProtocolError =>
  new TunnelProtocolError(
    'ODPS_MALFORMED_STREAM',
    `Compressed stream is refused: it decodes to ${what}; use another compression if the data is really like that`,
  )
