import type { Readable } from 'node:stream'
import { AbortError } from '../abort.js'
import type { RequestPlace } from '../budget/request-gate.js'
import { asError } from '../errors.js'
import { chunksOf } from '../stream-chunks.js'
import { decodeContent } from './decode-content.js'
import { readBuffers } from './read-buffers.js'
import { isProgramming, lossKind, type RequestContext, requestError } from './request-failure.js'

/** An undici body: a Readable that can be read to its end without keeping anything. */
export interface RawBody extends Readable {
  dump(options?: { limit: number }): Promise<void>
}

/** Beyond this it is cheaper to drop the connection than to read on. */
const discardLimit = 256 * 1024

/** The bytes of an answer as sent, to be iterated once. Errors are this library's own; abort is an AbortError. */
export class ResponseBody implements AsyncIterable<Buffer> {
  readonly #body: RawBody
  readonly #context: RequestContext
  readonly #signal: AbortSignal | undefined
  readonly #place: RequestPlace | undefined
  /** Of the chunk that was released last. */
  #spent: ArrayBufferLike | undefined

  /** @param place of the request among those under way */
  constructor(
    body: RawBody,
    context: RequestContext,
    signal: AbortSignal | undefined,
    place?: RequestPlace | undefined,
  ) {
    this.#body = body
    this.#context = context
    this.#signal = signal
    this.#place = place
    // A body that fails while nobody reads it must not end the process.
    body.on('error', () => {})
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined, undefined> {
    readBuffers.enter()
    return chunksOf<Buffer>(this.#body, {
      errorOf: error => this.#translate(error),
      onEnd: () => readBuffers.leave(),
    })
  }

  /**
   * Nobody looks at a chunk any more, nor at those before it: what comes next may be read to its place. To be called for each, in
   * order, or for none. There may be more chunks in the same memory, so it is given back with the first that is in another.
   */
  release(chunk: Uint8Array): void {
    if (chunk.buffer === this.#spent) return
    if (this.#spent !== undefined) readBuffers.give(this.#spent)
    this.#spent = chunk.buffer
  }

  /** Whoever iterates stops for now: other requests may be sent instead. */
  pause(): void {
    this.#place?.pause()
  }

  /** To be awaited before the iteration goes on. */
  async resume(): Promise<void> {
    await this.#place?.resume()
  }

  /**
   * Reads all, up to `limit` bytes; what is beyond is dropped together with the connection.
   * @param encoding the answer's Content-Encoding
   */
  async text(limit: number, encoding: string | undefined): Promise<string> {
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of decodeContent(encoding, this)) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= limit) break
    }
    return Buffer.concat(chunks).toString('utf8', 0, limit)
  }

  /** Reads to the end and forgets, so that the connection can be used again. */
  async discard(): Promise<void> {
    try {
      await this.#body.dump({ limit: discardLimit })
    } catch (error) {
      throw this.#translate(error)
    }
  }

  /** Gives the connection up. A reader gets the error, or a lost connection. */
  destroy(error?: Error): void {
    this.#body.destroy(error)
  }

  #translate(error: unknown): Error {
    if (this.#signal?.aborted) return new AbortError(this.#signal.reason)
    if (isProgramming(error)) return asError(error)
    return requestError(lossKind(error, 'body'), 'body', this.#context, error)
  }
}
