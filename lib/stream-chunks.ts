import type { Readable } from 'node:stream'
import { finished } from 'node:stream'

type Result<Chunk> = IteratorResult<Chunk, undefined>

interface Watch {
  /** What is thrown when the stream fails; default its error. */
  readonly errorOf?: (error: unknown) => unknown
  /** Called once, when no more comes of the stream. */
  readonly onEnd?: () => void
}

/*
 * Iterates over a stream of bytes in the chunks that come. Node's own iterator joins all that have come since it was asked last,
 * which copies most of them, and leaves as much to the engine. This is no generator, as each of those that a chunk passes costs
 * it several turns of the queue of promises.
 */
class StreamChunks<Chunk extends { readonly length: number }>
  implements AsyncIterableIterator<Chunk, undefined, undefined>
{
  readonly #stream: Readable
  readonly #watch: Watch
  readonly #chunks: Chunk[] = []
  /** Of the chunks that wait. */
  #bytes = 0
  readonly #asked: { resolve: (result: Result<Chunk>) => void; reject: (error: unknown) => void }[] = []
  #isBegun = false
  #isOver = false
  #failure: { readonly error: unknown } | undefined

  constructor(stream: Readable, watch: Watch) {
    this.#stream = stream
    this.#watch = watch
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result<Chunk>> {
    if (!this.#isBegun) this.#begin()
    const value = this.#chunks.shift()
    if (value !== undefined) {
      this.#bytes -= value.length
      return Promise.resolve({ done: false, value })
    }
    if (this.#isOver) return this.#last()
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject })
      if (this.#stream.isPaused()) this.#stream.resume()
    })
  }

  async return(): Promise<Result<Chunk>> {
    this.#chunks.length = 0
    this.#end(undefined)
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Nothing flows before the first chunk is asked for. */
  #begin(): void {
    this.#isBegun = true
    finished(this.#stream, { writable: false }, error => this.#end(error))
    this.#stream.on('data', this.#take)
  }

  readonly #take = (chunk: Chunk): void => {
    const asked = this.#asked.shift()
    if (asked !== undefined) {
      asked.resolve({ done: false, value: chunk })
      return
    }
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    // What one reading of a socket gave may come as several chunks: to pause for each costs more than to keep them.
    if (this.#bytes >= this.#stream.readableHighWaterMark) this.#stream.pause()
  }

  #end(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const { errorOf, onEnd } = this.#watch
    if (error !== undefined && error !== null)
      this.#failure = { error: errorOf === undefined ? error : errorOf(error) }
    onEnd?.()
    for (const { resolve, reject } of this.#asked.splice(0)) this.#last().then(resolve, reject)
    this.#stream.destroy()
  }

  /** An error is told once, after the chunks before it. */
  async #last(): Promise<Result<Chunk>> {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
    return { done: true, value: undefined }
  }
}

/** The chunks of a stream of bytes as they come, to be iterated once; the stream is destroyed when the iteration ends. */
export const chunksOf = <Chunk extends { readonly length: number }>(
  stream: Readable,
  watch: Watch = {},
): StreamChunks<Chunk> => new StreamChunks<Chunk>(stream, watch)
