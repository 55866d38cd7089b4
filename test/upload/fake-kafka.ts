import { setImmediate as turn } from 'node:timers/promises'
import type { Consumer } from '../../docs/examples/kafka.js'

type Config = Parameters<Consumer['run']>[0]
type Payload = Parameters<Config['eachBatch']>[0]

/** Messages of a topic with what its consumer group has acknowledged. */
export class FakeTopic {
  readonly #partitions: readonly (readonly string[])[]
  /** The next offset of each partition. */
  readonly committed: number[]
  readonly #onCommit: (committed: readonly number[]) => void

  constructor(
    partitions: readonly (readonly string[])[],
    committed: readonly number[] = partitions.map(() => 0),
    onCommit: (committed: readonly number[]) => void = () => {},
  ) {
    this.#partitions = partitions
    this.committed = [...committed]
    this.#onCommit = onCommit
  }

  /** Gives batches of `batchSize` messages of each partition in turn, from what was acknowledged on, to one consumer. */
  consumer(batchSize: number): Consumer & { readonly consumed: Promise<void>; crash(): void } {
    let isRunning = true
    let isAlive = true
    let end = (): void => {}
    const consumed = new Promise<void>(resolve => {
      end = resolve
    })
    const deliver = async ({ eachBatch }: Config): Promise<void> => {
      const next = [...this.committed]
      for (let isMore = true; isMore && isRunning; ) {
        isMore = false
        for (const [partition, texts] of this.#partitions.entries()) {
          const from = next[partition]!
          const messages = texts.slice(from, from + batchSize).map((text, i) => ({
            ...{ offset: String(from + i), value: Buffer.from(text) },
          }))
          if (messages.length === 0 || !isRunning) continue
          isMore = true
          next[partition] = from + messages.length
          const batch: Payload['batch'] = { topic: 'events', partition, messages }
          await eachBatch({ batch, heartbeat: async () => void (await turn()) })
        }
      }
    }
    return {
      consumed,
      run: async config => void deliver(config).then(end, () => {}),
      commitOffsets: async offsets => {
        if (!isAlive) return
        for (const { partition, offset } of offsets) this.committed[partition] = Number(offset)
        this.#onCommit(this.committed)
      },
      stop: async () => {
        isRunning = false
      },
      crash: () => {
        isRunning = isAlive = false
      },
    }
  }
}
