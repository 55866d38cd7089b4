/* One transfer of rows that are made as they go, or are dropped as they come: `scale.js upload|download place rows`. */
import { RowBatch, Tunnel } from '../../lib/index.js'
import { workloads } from '../workloads.js'
import { costOf, peakBytes } from './answering.js'
import type { Place } from './jobs.js'

const batchRows = 256
const table = 'scale'

/** Rows of `narrow`, over and over: what is measured is the transfer, so few rows are made, and often sent. */
const batchesOf = (): RowBatch<unknown[]>[] => {
  const { row } = workloads.find(({ name }) => name === 'narrow')!
  return Array.from({ length: 20 }, (_, b) =>
    RowBatch.from(Array.from({ length: batchRows }, (_, i) => row(b * batchRows + i))),
  ) as RowBatch<unknown[]>[]
}

const upload = async (tunnel: Tunnel, rows: number): Promise<number> => {
  const batches = batchesOf()
  const sink = tunnel.createUploadStream({ table, overwrite: true })
  for (let left = rows, i = 0; left > 0; i++) {
    const batch = batches[i % batches.length]!
    await sink.writeBatch(left >= batch.length ? batch : batch.slice(0, left))
    left -= batch.length
  }
  sink.end()
  return (await sink.committed).rows
}

const download = async (tunnel: Tunnel): Promise<number> => {
  let count = 0
  for await (const batch of tunnel.readBatches({ table })) count += batch.length
  return count
}

const main = async ([work, place, rows]: string[]): Promise<void> => {
  const { endpoint, project, ...credentials } = JSON.parse(place!) as Place
  const tunnel = new Tunnel({ endpoint, project, credentials })
  const cost = await costOf(() => (work === 'upload' ? upload(tunnel, Number(rows)) : download(tunnel)))
  await tunnel.close()
  console.log(JSON.stringify({ ...cost, peakBytes: peakBytes() }))
}

void main(process.argv.slice(2))
