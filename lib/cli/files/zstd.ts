import { Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import { CliError } from '../usage-error.js'

/*
 * Files in zstd. node:zlib has it from Node.js 22.15; below that the optional package takes and gives whole frames, so a
 * file is written as frames of some MiB, and one that is read is in memory as a whole.
 */

const nodeHasZstd = typeof zlib.createZstdCompress === 'function'
const frameBytes = 4 * 2 ** 20

const loadPackage = async (): Promise<typeof import('@toondepauw/node-zstd')> => {
  try {
    return await import('@toondepauw/node-zstd')
  } catch (cause) {
    throw new CliError(
      "ODPS_MISSING_PACKAGE: zstd files below Node.js 22.15 need the package '@toondepauw/node-zstd', which cannot be loaded",
      'npm install @toondepauw/node-zstd, or use a newer Node.js',
      { cause },
    )
  }
}

export async function* zstdDecompressor(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (nodeHasZstd) yield* throughStream(chunks, zlib.createZstdDecompress())
    else {
      const { Decoder } = await loadPackage()
      const whole: Uint8Array[] = []
      for await (const chunk of chunks) whole.push(chunk)
      yield* await decodeFrames(Buffer.concat(whole), new Decoder())
    }
  } catch (cause) {
    if (cause instanceof CliError || !(cause instanceof Error)) throw cause
    throw new CliError(
      `${path} is no complete zstd file`,
      'Check the file, or name its compression with --file-compression',
      {
        cause,
      },
    )
  }
}

/** The package's decoder takes all frames that stand in a row. */
const decodeFrames = async (
  bytes: Buffer,
  decoder: { decode(data: Buffer): Promise<Buffer> },
): Promise<Uint8Array[]> => (bytes.length === 0 ? [] : [await decoder.decode(bytes)])

export async function* zstdCompressor(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (nodeHasZstd) {
    yield* throughStream(chunks, zlib.createZstdCompress())
    return
  }
  const { Encoder } = await loadPackage()
  const encoder = new Encoder(3)
  let frame: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    frame.push(chunk)
    bytes += chunk.length
    if (bytes < frameBytes) continue
    yield await encoder.encode(Buffer.concat(frame))
    frame = []
    bytes = 0
  }
  yield await encoder.encode(Buffer.concat(frame))
}

async function* throughStream(
  chunks: AsyncIterable<Uint8Array>,
  stream: NodeJS.ReadWriteStream & { destroy(error?: Error): void },
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = Readable.from(chunks, { objectMode: false })
  source.on('error', error => stream.destroy(error))
  source.pipe(stream)
  try {
    for await (const chunk of stream) yield chunk as unknown as Buffer
  } finally {
    source.destroy()
    stream.destroy()
  }
}
