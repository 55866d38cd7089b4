/*
 * Puts the messages of a queue into a table within about a second, and acknowledges each message when its row is in the table.
 * A consumer that is killed gets the other messages again: no message is lost, and some may be in the table twice.
 *
 *   const upload = createStreamingUploadStream({ table: 'events', flushIntervalMs: 500 })
 *   await loadQueue(queue.messages(), upload, body => JSON.parse(body), ids => queue.acknowledge(ids))
 */
import type { StreamingUploadStream } from 'odps-tunnel'

export interface Message {
  readonly id: string
  readonly body: string
}

/**
 * @param upload nobody else writes to it, so that its rows are the messages, in order
 * @param acknowledge gets ids in the order of the messages
 * @returns when the queue has ended and all its messages are acknowledged
 */
export const loadQueue = async <Row>(
  messages: AsyncIterable<Message>,
  upload: StreamingUploadStream<Row>,
  rowOf: (body: string) => Row,
  acknowledge: (ids: string[]) => Promise<void>,
): Promise<void> => {
  /** Of rows that are not in the table yet; the first one is that of row `firstRow`. */
  const waiting: string[] = []
  let firstRow = 0
  let acknowledged = Promise.resolve()

  upload.on('flush', ({ lastRow }) => {
    const ids = waiting.splice(0, lastRow + 1 - firstRow)
    firstRow = lastRow + 1
    acknowledged = acknowledged.then(() => acknowledge(ids)).catch(error => void upload.destroy(error))
  })

  const rows = async function* (): AsyncGenerator<Row> {
    for await (const { id, body } of messages) {
      waiting.push(id)
      yield rowOf(body)
    }
  }
  // Waits while the service is behind.
  await upload.writeAll(rows())
  upload.end()
  await upload.flushed
  await acknowledged
}
