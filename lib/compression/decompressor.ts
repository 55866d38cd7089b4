import { type CompressionName, compressionOf, loadCompression } from './compression.js'
import { checkRatio, tooLarge } from './damage.js'
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
  /**
   * Told of chunks that neither the decompressor nor its output looks at any more, in order; output is looked at until more is
   * asked for. Some decompressors keep what they get, and tell nothing.
   */
  readonly release?: ((chunk: Uint8Array) => void) | undefined
}

type Release = DecompressOptions['release']

/**
 * Rows are made of one piece at a time, and live as long as the work on it. Of large pieces so many would outlive the engine's
 * young generation that it makes all rows in the old one from then on, which doubles the CPU time of a transfer.
 */
const pieceBytes = 64 << 10

const decompressors: Readonly<
  Record<
    CompressionName,
    (chunks: AsyncIterable<Uint8Array>, maxRatio: number, release: Release) => AsyncGenerator<Buffer>
  >
> = {
  raw: passThrough,
  deflate: (chunks, _, release) => decompressDeflate(chunks, release),
  snappy: (chunks, _, release) => decompressSnappy(chunks, release),
  zstd: (chunks, maxRatio, release) => decompressZstd(chunks, { maxRatio }, release),
  lz4: (chunks, _, release) => decompressLz4(chunks, undefined, release),
}

/**
 * Decompresses the body of an answer or of a block, by its `Content-Encoding`.
 *
 * Output comes as early as the format allows and in pieces of at most 64 KiB. Memory stays bounded whatever the input claims
 * (256 KiB of output, or a block of lz4, at most 4 MiB), and a stream that is cut still gives what came before the cut.
 * Exception: zstd below Node.js 22.15 decodes a whole frame of up to 256 MiB at once, after its ratio was looked at.
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
  const { maxRatio = 20_000, maxBytes = Number.POSITIVE_INFINITY, release } = options
  let [wireBytes, rawBytes] = [0, 0]
  const counted = async function* () {
    for await (const chunk of chunks) {
      wireBytes += chunk.length
      yield chunk
    }
  }
  for await (const bytes of decompressors[name](counted(), maxRatio, release)) {
    rawBytes += bytes.length
    if (rawBytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`)
    checkRatio(rawBytes, wireBytes, maxRatio)
    if (bytes.length <= pieceBytes) yield bytes
    else for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
}
