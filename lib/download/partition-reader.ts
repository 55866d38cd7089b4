/** Rows in order, a batch at a time; undefined after the last. */
export interface RowReader {
  next(): Promise<unknown[] | undefined>
  /** Lets all requests go. */
  destroy(): void
}

/**
 * Reads partitions one after the other. While one is read the session of the next is opened, so that many small
 * partitions do not wait for each other.
 */
export class PartitionReader<Partition> implements RowReader {
  readonly #partitions: AsyncIterator<Partition>
  readonly #open: (partition: Partition) => Promise<RowReader>
  #current: RowReader | undefined
  #ahead: Promise<RowReader | undefined> | undefined
  #destroyed = false

  constructor(partitions: AsyncIterable<Partition>, open: (partition: Partition) => Promise<RowReader>) {
    this.#partitions = partitions[Symbol.asyncIterator]()
    this.#open = open
  }

  async next(): Promise<unknown[] | undefined> {
    while (!this.#destroyed) {
      if (this.#current === undefined) {
        this.#current = await (this.#ahead ?? this.#openNext())
        if (this.#current === undefined) return undefined
        if (this.#destroyed) break
        this.#ahead = this.#openNext()
        this.#ahead.catch(() => {})
      }
      const rows = await this.#current.next()
      if (rows !== undefined) return rows
      this.#current = undefined
    }
    this.#current?.destroy()
    return undefined
  }

  destroy(): void {
    this.#destroyed = true
    this.#current?.destroy()
    this.#ahead?.then(reader => reader?.destroy()).catch(() => {})
    this.#partitions.return?.().catch(() => {})
  }

  async #openNext(): Promise<RowReader | undefined> {
    const { done, value } = await this.#partitions.next()
    return done ? undefined : this.#open(value)
  }
}
