/*
 * A worker for the jobs of start.mjs: it takes those of the queues it is started with, one at a time from each. It may be killed at
 * any moment: another worker gets its job, and does that part again from the start.
 *
 *   node worker.mjs export
 *   node worker.mjs load commit
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { hostname } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'bullmq'
import { batch, createDownloadStream, createUploadStream, formatCsv, parseCsv, Tunnel } from 'odps-tunnel'
import chain from 'stream-chain'

const tunnel = new Tunnel()
const name = `${hostname()}-${process.pid}`

const work = {
  /** A file has its name once it is whole. */
  export: async ({ piece, file }) => {
    const draft = `${file}.${name}`
    const download = createDownloadStream({ tunnel, ...piece })
    await pipeline(download, chain([formatCsv(download)]), createWriteStream(draft))
    await rename(draft, file)
  },

  /** @returns the ids of the blocks that the service now holds for this part */
  load: async ({ session, blocks, file, rows }) => {
    const { schema } = await tunnel.openUploadSession(session)
    const upload = createUploadStream({ tunnel, ...session, ...blocks, commit: false })
    await pipeline(createReadStream(file), chain([parseCsv(schema), batch(500)]), upload)
    const loaded = await upload.committed
    if (loaded.rows !== rows) throw new Error(`${file} has ${loaded.rows} rows, and must have ${rows}`)
    return loaded.blockIds
  },

  /** Runs when all parts are loaded, and fails if the session doesn't hold exactly their blocks. */
  commit: async ({ session }, job) => {
    const blockIds = Object.values(await job.getChildrenValues()).flat()
    const upload = await tunnel.openUploadSession(session)
    await upload.commit(blockIds)
  },
}

const workers = process.argv.slice(2).map(
  queue =>
    new Worker(queue, job => work[queue](job.data, job), {
      connection: { url: process.env.REDIS_URL },
      name, // told by job.processedBy
      lockDuration: 10_000, // a worker that doesn't renew the lock of its job for so long is lost
      stalledInterval: 5_000, // how often jobs are looked for whose worker is lost
      maxStalledCount: 5, // so many workers may be lost with the same part
    }),
)
for (const worker of workers) {
  worker.on('failed', (job, error) => console.error(`${job?.queueName} ${job?.id}: ${error.message}`))
  worker.on('error', error => console.error(error.message))
}

process.once('SIGTERM', async () => {
  await Promise.all(workers.map(worker => worker.close())) // ends the jobs at hand first
  await tunnel.close()
})
