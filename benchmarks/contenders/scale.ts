/*
 * One transfer of rows that are sent over and over, or are dropped as they come: `scale.js upload|download place rows library`. The library
 * is the package as it is installed, since what survives of the loading of hundreds of modules makes the engine's young generation grow.
 */
import type { RowBatch, Tunnel } from '../../lib/index.js'
import { workloads } from '../workloads.js'
import { costOf, peakBytes } from './answering.js'
import type { Place } from './jobs.js'

const batchRows = 256
const table = 'scale'

/** Rows of `narrow`, over and over: what is measured is the transfer, so few rows are made, and often sent. */
const batchesOf = (Batch: typeof RowBatch): RowBatch<unknown[]>[] => {
  const { row } = workloads.find(({ name }) => name === 'narrow')!
  return Array.from({ length: 20 }, (_, b) =>
    Batch.from(Array.from({ length: batchRows }, (_, i) => row(b * batchRows + i))),
  ) as RowBatch<unknown[]>[]
}

const upload = async (tunnel: Tunnel, rows: number, batches: RowBatch<unknown[]>[]): Promise<number> => {
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

const main = async ([work, place, rows, library]: string[]): Promise<void> => {
  const { RowBatch, Tunnel } = (await import(library!)) as typeof import('../../lib/index.js')
  const { endpoint, project, ...credentials } = JSON.parse(place!) as Place
  const tunnel = new Tunnel({ endpoint, project, credentials })
  const move = (): Promise<number> =>
    work === 'upload' ? upload(tunnel, Number(rows), batchesOf(RowBatch)) : download(tunnel)
  const cost = await costOf(move)
  await tunnel.close()
  console.log(JSON.stringify({ ...cost, peakBytes: peakBytes() }))
}

void main(process.argv.slice(2))
