/*
 * Copies a table by way of files on many machines, with BullMQ: worker.mjs runs on each of them. This program opens one session
 * each way, cuts the rows into parts, and adds one flow of jobs: each part is exported and then loaded, and when all parts are
 * loaded, they are committed together. The jobs go on without this program; it only waits for their end.
 *
 *   node start.mjs flights flights_copy /mnt/shared/flights 40
 */
import { FlowProducer, QueueEvents } from 'bullmq'
import { Tunnel } from 'odps-tunnel'

const [from, to, folder, count] = process.argv.slice(2)
const connection = { url: process.env.REDIS_URL }

const tunnel = new Tunnel()
const source = await tunnel.createDownloadSession({ table: from })
const target = await tunnel.createUploadSession({ table: to })
const pieces = source.splits({ count: Number(count) })
await tunnel.close()

// A session has 20 000 block ids. Each part has its own, so that a part that is loaded again replaces its blocks.
const idsOfPart = Math.floor(20_000 / pieces.length)

// One job for each part, however often it is added; of another session, so of another run, it is another job.
const optionsOf = part => ({
  jobId: `${target.sessionId}-${part}`,
  attempts: 3,
  backoff: { type: 'exponential', delay: 1000 },
  failParentOnFailure: true, // without one part, nothing is committed
  removeOnComplete: { age: 86_400 }, // seconds; sessions last no longer
})

const jobsOf = (piece, part) => {
  const file = `${folder}/${part}.csv`
  const blocks = {
    blockIds: { start: part * idsOfPart, count: idsOfPart },
    blockRows: Math.ceil(piece.count / 4),
  }
  return {
    name: 'load',
    queueName: 'load',
    data: { session: target, blocks, file, rows: piece.count },
    opts: optionsOf(part),
    children: [{ name: 'export', queueName: 'export', data: { piece, file }, opts: optionsOf(part) }],
  }
}

const flows = new FlowProducer({ connection })
const events = new QueueEvents('commit', { connection })
const { job } = await flows.add({
  name: 'commit',
  queueName: 'commit',
  data: { session: target },
  opts: optionsOf('commit'),
  children: pieces.map(jobsOf),
})
await job.waitUntilFinished(events)
console.log(`committed ${source.recordCount} rows in ${pieces.length} parts`)
await events.close()
await flows.close()
