/*
 * Loads events into the partition of their day, in whatever order they come. If only some partitions could be committed, what is
 * left is written to a file, and the next run commits it before it loads anything: no event is lost or loaded twice.
 *
 *   await loadEvents(new Tunnel(), events, 'unfinished.json')
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { PartitionCommit, PartitionsResult, Tunnel } from 'odps-tunnel'

export interface LoggedEvent {
  readonly id: bigint
  /** ISO 8601, `2001-02-03T04:05:06Z`. */
  readonly time: string
}

export const loadEvents = async (
  tunnel: Tunnel,
  events: AsyncIterable<LoggedEvent> | Iterable<LoggedEvent>,
  unfinished: string,
): Promise<PartitionsResult> => {
  await finishFormer(tunnel, unfinished)
  const upload = tunnel.createUploadStream({
    table: 'events',
    createPartition: true,
    partitionBy: row => ({ day: String((row as unknown as LoggedEvent).time).slice(0, 10) }),
  })
  try {
    await pipeline(events, upload)
    return await upload.committed
  } catch (error) {
    // An error without partitions means that none was committed.
    const { partitions } = error as { partitions?: readonly PartitionCommit[] }
    if (partitions !== undefined) await writeFile(unfinished, JSON.stringify(partitions))
    throw error
  }
}

const finishFormer = async (tunnel: Tunnel, unfinished: string): Promise<void> => {
  const text = await readFile(unfinished, 'utf8').catch(() => undefined)
  if (text === undefined) return
  await tunnel.finishCommit(JSON.parse(text) as PartitionCommit[])
  await rm(unfinished)
}
