import { type ByteClaim, type ByteShare, chunkBytes } from '../budget/byte-budget.js'
import { asError } from '../errors.js'

/** Chunks of an answer, whose request gives way to others while nobody reads it. */
export interface ChunkSource extends AsyncIterable<Buffer> {
  /** Whoever iterates stops for now. */
  pause?(): void
  /** To be awaited before the iteration goes on. */
  resume?(): Promise<void>
  /** Nobody looks at the chunk any more, nor at those before it: its memory may serve again. */
  release?(chunk: Uint8Array): void
}

/** Called when a reader begins to wait for a chunk that follows another; what it returns, when the reader goes on. */
export type WaitWatch = () => (() => void) | undefined

/**
 * The chunks of one answer, fetched before they are asked for as far as the budget allows; then its socket pauses, which
 * the service feels as back-pressure. They are kept compressed: rows as objects would take several times the memory, and
 * decoding ahead would hold the event loop for rows that may never be wanted. Room for a chunk is taken before it is fetched,
 * so that many queues don't all find the same room. A reader that waits gets its chunk in any case, so that the answer that
 * is due never starves.
 */
export class ChunkQueue implements AsyncIterable<Buffer> {
  readonly #budget: ByteShare
  readonly #chunks: Buffer[] = []
  #ended = false
  #closed = false
  #error: Error | undefined
  #wake: (() => void) | undefined
  #claim: ByteClaim | undefined
  readonly #onWait: WaitWatch | undefined
  /** Whether a chunk was given: before the first, the service may be looking for its rows. */
  #isComing = false

  constructor(
    source: ChunkSource,
    budget: ByteShare,
    onChunk: (bytes: number) => void,
    onWait?: WaitWatch | undefined,
  ) {
    this.#budget = budget
    this.#onWait = onWait
    this.#fetch(source, onChunk).then(
      () => this.#end(undefined),
      error => this.#end(asError(error)),
    )
  }

  /** Gives the chunks in order; the source's error comes after the chunks before it. To be iterated once. */
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined, undefined> {
    return {
      next: () => {
        const value = this.#take()
        return value === undefined ? this.#next() : Promise.resolve({ done: false, value })
      },
      return: async () => {
        this.close()
        return { done: true, value: undefined }
      },
    }
  }

  async #next(): Promise<IteratorResult<Buffer, undefined>> {
    while (!this.#ended) {
      await this.#wait()
      const value = this.#take()
      if (value !== undefined) return { done: false, value }
    }
    const error = this.#error
    this.#error = undefined
    this.close()
    if (error !== undefined) throw error
    return { done: true, value: undefined }
  }

  #take(): Buffer | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    this.#isComing = true
    this.#budget.give(chunk.length)
    return chunk
  }

  /** Forgets what is queued and lets the source go. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const bytes = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#chunks.length = 0
    this.#budget.give(bytes)
    this.#claim?.release()
    this.#claim = undefined
    this.#wakeReader()
  }

  async #wait(): Promise<void> {
    this.#claim?.force()
    const onEnd = this.#isComing ? this.#onWait?.() : undefined
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    onEnd?.()
  }

  #wakeReader(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  async #fetch(source: ChunkSource, onChunk: (bytes: number) => void): Promise<void> {
    const chunks = source[Symbol.asyncIterator]()
    try {
      let hasRoom = this.#takeRoom()
      while (hasRoom || (await this.#waitForRoom(source))) {
        const bytes = await this.#fetchOne(chunks, hasRoom ? undefined : source)
        if (bytes === undefined) return
        onChunk(bytes)
        this.#wakeReader()
        hasRoom = this.#takeRoom()
      }
    } finally {
      await chunks.return?.()
    }
  }

  /**
   * Fetches a chunk into room that was taken.
   * @param paused to be resumed first
   * @returns its size; undefined at the end
   */
  async #fetchOne(
    chunks: AsyncIterator<Buffer>,
    paused: ChunkSource | undefined,
  ): Promise<number | undefined> {
    let bytes = 0
    try {
      await paused?.resume?.()
      if (this.#closed) return undefined
      const { done, value } = await chunks.next()
      if (done || this.#closed) return undefined
      this.#chunks.push(value)
      bytes = value.length
      return bytes
    } finally {
      this.#budget.give(chunkBytes - bytes)
    }
  }

  #takeRoom(): boolean {
    if (this.#closed) return false
    if (this.#budget.tryTake(chunkBytes)) return true
    if (this.#wake === undefined) return false
    this.#budget.take(chunkBytes)
    return true
  }

  /** @returns false when the queue was closed meanwhile */
  async #waitForRoom(source: ChunkSource): Promise<boolean> {
    if (this.#closed) return false
    source.pause?.()
    const claim = this.#budget.claim(chunkBytes)
    this.#claim = claim
    await claim.granted
    this.#claim = undefined
    return !this.#closed
  }

  #end(error: Error | undefined): void {
    this.#ended = true
    this.#error = error
    this.#wakeReader()
  }
}
