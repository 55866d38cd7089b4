/*
 * Loads a Kafka topic into a table with kafkajs, and loses no message. Offsets are committed to Kafka only when a checkpoint has
 * told that their rows are in the table. A consumer that is killed therefore starts again behind the last checkpoint it
 * acknowledged: messages behind it come once more, so those of a checkpoint that was committed and not yet acknowledged are in
 * the table twice.
 *
 *   const upload = createUploadStream({ table: 'events', checkpoint: { rows: 100_000, intervalMs: 60_000 } })
 *   const consumer = new Kafka({ brokers }).consumer({ groupId: 'events-to-maxcompute' })
 *   await consumer.subscribe({ topic: 'events' })
 *   const stop = await loadTopic(consumer, upload, value => JSON.parse(value.toString()))
 */
import type { CheckpointsResult, UploadStream } from 'odps-tunnel'

interface Message {
  readonly offset: string
  readonly value: Buffer | null
}

interface Batch {
  readonly topic: string
  readonly partition: number
  readonly messages: readonly Message[]
}

interface Offset {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/** The part of a kafkajs consumer that is used here. */
export interface Consumer {
  run(config: {
    autoCommit: false
    eachBatch(payload: { batch: Batch; heartbeat(): Promise<void> }): Promise<void>
  }): Promise<void>
  commitOffsets(offsets: Offset[]): Promise<void>
  stop(): Promise<void>
}

/**
 * @param upload made with the option `checkpoint`; nobody else writes to it, so that its rows are the messages, in order
 * @returns ends the load: what was consumed is committed, and acknowledged
 */
export const loadTopic = async <Row>(
  consumer: Consumer,
  upload: UploadStream<Row, CheckpointsResult>,
  rowOf: (value: Buffer) => Row,
): Promise<() => Promise<void>> => {
  /** Oldest first, with the index of its first row; gone when its last row is in the table. */
  const waiting: { readonly firstRow: number; readonly batch: Batch }[] = []
  let rows = 0
  let acknowledged = Promise.resolve()

  upload.on('checkpoint', ({ lastRow }) => {
    const offsets = new Map<string, Offset>()
    while (waiting.length > 0 && waiting[0]!.firstRow <= lastRow) {
      const { firstRow, batch } = waiting[0]!
      const { topic, partition, messages } = batch
      const last = Math.min(lastRow - firstRow, messages.length - 1)
      // Kafka wants the offset of the next message.
      const offset = String(BigInt(messages[last]!.offset) + 1n)
      offsets.set(`${topic} ${partition}`, { topic, partition, offset })
      if (last < messages.length - 1) break
      waiting.shift()
    }
    acknowledged = acknowledged
      .then(() => consumer.commitOffsets([...offsets.values()]))
      .catch(error => void upload.destroy(error))
  })

  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      const messages = batch.messages.filter(({ value }) => value !== null)
      if (messages.length === 0) return
      waiting.push({ firstRow: rows, batch: { ...batch, messages } })
      rows += messages.length
      // Waits while the service is behind; a failed upload fails the batch, and with it the consumer.
      await upload.writeBatch(messages.map(({ value }) => rowOf(value!)))
      await heartbeat()
    },
  })

  return async () => {
    await consumer.stop()
    upload.end()
    await upload.committed
    await acknowledged
  }
}
