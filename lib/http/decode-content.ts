import { pipeline, type Transform } from 'node:stream'
import { createBrotliDecompress, createInflateRaw, createUnzip } from 'node:zlib'

/*
 * Answers in JSON, XML or text are asked for as they are, but proxies on the way compress them all the same. (Rows have
 * encodings of their own, and are decoded elsewhere.)
 */

/** @returns the decoded bytes; as they are for an encoding not known here. An error of zlib has a code that begins with Z_. */
export const decodeContent = (
  encoding: string | undefined,
  chunks: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> => {
  const name = encoding?.trim().toLowerCase()
  if (name === 'gzip' || name === 'x-gzip') return through(chunks, createUnzip())
  if (name === 'br') return through(chunks, createBrotliDecompress())
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
  yield* through(whole(), isZlib ? createUnzip() : createInflateRaw())
}

/** Errors of the source come out as they are; who stops reading lets the source go. */
const through = (chunks: AsyncIterable<Buffer>, transform: Transform): AsyncIterable<Buffer> =>
  pipeline(chunks, transform, () => {}) as AsyncIterable<Buffer>

export const isDamage = (error: unknown): boolean => {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' && /^(Z_|ERR__?ERROR_FORMAT|ERR_BROTLI|ERR_PADDING)/.test(code)
}
