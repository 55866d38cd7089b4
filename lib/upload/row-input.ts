import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { asError, TunnelOptionError } from '../errors.js'

/** What rows may come from. */
export type Rows<Row> = Iterable<Row> | AsyncIterable<Row> | ReadableStream<Row>

/** @returns the error for rows that cannot be iterated; text can, but its characters are no rows */
export const notIterable = (where: string, rows: unknown): TunnelOptionError | undefined => {
  const iterates =
    typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows)
  if (iterates && !(rows instanceof Uint8Array)) return undefined
  const what = `${where}: rows must be an iterable or async iterable of rows`
  return new TunnelOptionError('ODPS_INVALID_OPTION', what)
}

/** @returns the error for what is no array of rows */
export const notAList = (where: string, rows: unknown): TunnelOptionError | undefined =>
  Array.isArray(rows)
    ? undefined
    : new TunnelOptionError(
        'ODPS_INVALID_OPTION',
        `${where}: rows must be an array of rows; other iterables are for writeAll`,
      )

/**
 * Gives the items of an iterable one by one, and can let it go also while it is waited for: an iterator that is waited
 * for returns only when it goes on, but a stream can be destroyed at any time.
 */
export class RowInput implements AsyncIterable<never> {
  readonly #source: object
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>
  readonly #letGo: () => unknown
  /** What it failed with by itself; undefined once it was let go. */
  failure: Error | undefined
  #ended = false

  /** @throws TypeError when it cannot be iterated */
  constructor(source: Rows<unknown>) {
    this.#source = source
    this.#iterator = iteratorOf(source)
    this.#letGo = () => {
      if (this.#source instanceof Readable) this.#source.destroy()
      return this.#iterator.return?.()
    }
  }

  /** One that is made already stays itself, so that its maker sees what became of it. */
  static of(rows: Rows<unknown>): RowInput {
    return rows instanceof RowInput ? rows : new RowInput(rows)
  }

  /** To be taken for rows; it is read by {@link each}. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    return this.#iterator as AsyncIterator<never>
  }

  /**
   * Hands over one item after the other, until they end. The promise of an item is awaited right here: a function between, asynchronous
   * itself, would leave the engine two more promises for every row.
   * @param take returns what to wait for before the next one
   */
  async each(take: (item: unknown) => Promise<void> | undefined): Promise<void> {
    for (;;) {
      let step: IteratorResult<unknown>
      try {
        const next: unknown = this.#iterator.next()
        step = (isThenable(next) ? await next : next) as IteratorResult<unknown>
        if (step.done) this.#ended = true
      } catch (error) {
        throw this.#fail(error)
      }
      if (step.done) return
      const busy = take(step.value)
      if (busy !== undefined) await busy
    }
  }

  /** Lets the source go if it has neither ended nor failed. What it says to that changes nothing. */
  close(): void {
    if (this.#ended) return
    this.#ended = true
    try {
      Promise.resolve(this.#letGo()).catch(() => {})
    } catch {}
  }

  #fail(thrown: unknown): Error {
    const error = asError(thrown)
    if (!this.#ended) this.failure = error
    this.#ended = true
    return error
  }
}

const iteratorOf = (source: Rows<unknown>): Iterator<unknown> | AsyncIterator<unknown> => {
  if (source instanceof ReadableStream) return readerOf(source)
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
  return source[Symbol.iterator]()
}

/** A web stream's own iterator waits for its chunk before it cancels. */
const readerOf = (stream: ReadableStream<unknown>): AsyncIterator<unknown> => {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => {
      await reader.cancel()
      return { done: true, value: undefined }
    },
  }
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof Reflect.get(Object(value), 'then') === 'function'
