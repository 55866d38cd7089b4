import { asError } from '../errors.js'
import type { ByteBudget } from '../session/byte-budget.js'

/**
 * The chunks of one answer, fetched before they are asked for as far as the budget allows; then its socket pauses, which
 * the service feels as back-pressure. They are kept compressed: rows as objects would take several times the memory, and
 * decoding ahead would hold the event loop for rows that may never be wanted. An empty queue may always fetch one
 * chunk, so that the answer that is due never starves.
 */
export class ChunkQueue implements AsyncIterable<Buffer> {
  readonly #budget: ByteBudget
  readonly #chunks: Buffer[] = []
  #ended = false
  #closed = false
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor(source: AsyncIterable<Buffer>, budget: ByteBudget, onChunk: (bytes: number) => void) {
    this.#budget = budget
    this.#fetch(source, onChunk).then(
      () => this.#end(undefined),
      error => this.#end(asError(error)),
    )
  }

  /** Yields the chunks in order; the source's error comes after the chunks before it. To be iterated once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          this.#budget.give(chunk.length)
          yield chunk
        } else if (this.#error !== undefined) throw this.#error
        else if (this.#ended) return
        else
          await new Promise<void>(resolve => {
            this.#wake = resolve
          })
      }
    } finally {
      this.close()
    }
  }

  /** Forgets what is queued and lets the source go. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const bytes = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#chunks.length = 0
    this.#budget.give(bytes)
    this.#wake?.()
  }

  async #fetch(source: AsyncIterable<Buffer>, onChunk: (bytes: number) => void): Promise<void> {
    for await (const chunk of source) {
      if (this.#closed) return
      onChunk(chunk.length)
      this.#chunks.push(chunk)
      this.#budget.take(chunk.length)
      this.#wake?.()
      while (!this.#closed && this.#chunks.length > 0 && this.#budget.exhausted) await this.#budget.changed()
    }
  }

  #end(error: Error | undefined): void {
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }
}
