/*
 * Loads a topic at checkpoints: `consuming-child.ts <endpoint> <file of acknowledged offsets> <messages> <rows of a checkpoint>`.
 * Ends by itself when all messages are loaded.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { loadTopic } from '../../docs/examples/kafka.js'
import { Tunnel } from '../../lib/tunnel.js'
import { FakeTopic } from '../upload/fake-kafka.js'

const [endpoint = '', file = '', messages, rows] = process.argv.slice(2)
const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }
const tunnel = new Tunnel({ endpoint, project: 'p', credentials, retry: { minDelayMs: 0, maxDelayMs: 0 } })
const ids = Array.from({ length: Number(messages) }, (_, id) => String(id))
const topic = new FakeTopic(
  [ids.filter(id => Number(id) % 2 === 0), ids.filter(id => Number(id) % 2 === 1)],
  JSON.parse(readFileSync(file, 'utf8')) as number[],
  committed => writeFileSync(file, JSON.stringify(committed)),
)
const consumer = topic.consumer(7)
const upload = tunnel.createUploadStream({ table: 't', checkpoint: { rows: Number(rows) } })
const stop = await loadTopic(consumer, upload, value => [BigInt(String(value)), `row ${value}`])
await consumer.consumed
await stop()
await tunnel.close()
