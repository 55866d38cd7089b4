import { createBrotliDecompress, createInflateRaw, createUnzip } from 'node:zlib'
import { throughZlib } from '../compression/through-zlib.js'

/*
 * Answers in JSON, XML or text are asked for as they are, but proxies on the way compress them all the same. (Rows have
 * encodings of their own, and are decoded elsewhere.)
 */

/**
 * @returns the decoded bytes; as they are for an encoding not known here
 * @throws TunnelProtocolError ODPS_MALFORMED_STREAM or ODPS_TRUNCATED_STREAM for bytes that are not in the encoding
 */
export const decodeContent = (
  encoding: string | undefined,
  chunks: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> => {
  const name = encoding?.trim().toLowerCase()
  if (name === 'gzip' || name === 'x-gzip') return throughZlib(createUnzip(), chunks)
  if (name === 'br') return throughZlib(createBrotliDecompress(), chunks)
  return name === 'deflate' ? inflate(chunks) : chunks
}

/** The name means zlib's format, but some send what is in it alone; zlib's first byte says which. */
async function* inflate(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  const whole = async function* (): AsyncGenerator<Buffer, void, undefined> {
    if (!first.done) yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  const isZlib = !first.done && (first.value[0]! & 0x0f) === 8
  yield* throughZlib(isZlib ? createUnzip() : createInflateRaw(), whole())
}
