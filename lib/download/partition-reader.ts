/*
 * A table of many small partitions is read partition by partition, since every one is a snapshot of its own. What costs
 * then is not the rows but the session of each, which takes the service longer to make than the rows take to read. So
 * one session is opened ahead, and no more: each holds its snapshot for a day.
 */

/** Items in order, some at a time; undefined after the last. */
export interface ItemReader<Item> {
  next(): Promise<Item[] | undefined>
  /** Lets all requests go. Resolves when they are over, for which their signal has to be aborted too. */
  destroy(): Promise<void>
}

/**
 * Reads partitions one after the other. While one is read the session of the next is opened, so that many small
 * partitions do not wait for each other.
 */
export class PartitionReader<Partition, Item> implements ItemReader<Item> {
  readonly #partitions: AsyncIterator<Partition>
  readonly #open: (partition: Partition) => Promise<ItemReader<Item>>
  #current: ItemReader<Item> | undefined
  #ahead: Promise<ItemReader<Item> | undefined> | undefined
  #destroyed = false

  constructor(
    partitions: AsyncIterable<Partition>,
    open: (partition: Partition) => Promise<ItemReader<Item>>,
  ) {
    this.#partitions = partitions[Symbol.asyncIterator]()
    this.#open = open
  }

  async next(): Promise<Item[] | undefined> {
    while (!this.#destroyed) {
      if (this.#current === undefined) {
        this.#current = await (this.#ahead ?? this.#openNext())
        if (this.#current === undefined) return undefined
        if (this.#destroyed) break
        this.#ahead = this.#openNext()
        this.#ahead.catch(() => {})
      }
      const items = await this.#current.next()
      if (items !== undefined) return items
      this.#current = undefined
    }
    await this.#current?.destroy()
    return undefined
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
    const current = this.#current?.destroy()
    const ahead = this.#ahead?.then(reader => reader?.destroy())
    await Promise.allSettled([current, ahead, this.#partitions.return?.()])
  }

  async #openNext(): Promise<ItemReader<Item> | undefined> {
    const { done, value } = await this.#partitions.next()
    return done ? undefined : this.#open(value)
  }
}
