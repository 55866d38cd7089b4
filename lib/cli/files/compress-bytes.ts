import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FileCompression } from '../formats/file-format.js'
import { zstdCompressor } from './zstd.js'

export const compressBytes = (
  chunks: AsyncIterable<Uint8Array>,
  compression: FileCompression,
): AsyncIterable<Uint8Array> => {
  if (compression === 'none') return chunks
  return compression === 'gzip' ? gzip(chunks) : zstdCompressor(chunks)
}

async function* gzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const source = Readable.from(chunks, { objectMode: false })
  const stream = createGzip()
  source.on('error', error => stream.destroy(error))
  source.pipe(stream)
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } finally {
    source.destroy()
    stream.destroy()
  }
}
