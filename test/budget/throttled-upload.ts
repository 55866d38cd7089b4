import { startEmulator } from '../../lib/emulator/index.js'
import { Tunnel } from '../../lib/tunnel.js'
import { Random } from '../faults/random.js'
import { EventClock } from './event-clock.js'

/*
 * An upload to a service that takes only so many blocks at once, and for a while fewer, on a clock on which nothing waits. Each
 * block takes the service the same time; one too many is refused at once. What the upload would like to send is always more.
 */

const blockMs = 100
export const blocks = 450
/** Blocks that the service takes at once, from a moment on. */
const capacities = [
  { fromMs: 0, blocks: 12 },
  { fromMs: 2_000, blocks: 4 },
  { fromMs: 4_500, blocks: 12 },
] as const
export const wanted = 24

export const capacityAt = (ms: number): number => capacities.findLast(({ fromMs }) => ms >= fromMs)!.blocks

export interface Sample {
  readonly ms: number
  /** What `stats.concurrency` said. */
  readonly concurrency: number
  readonly blocks: number
}

export interface ThrottledUpload {
  readonly samples: readonly Sample[]
  readonly refused: number
  readonly rows: number
}

export const runThrottledUpload = async (): Promise<ThrottledUpload> => {
  const random = new Random(1)
  const clock = new EventClock(() => random.next())
  let refused = 0
  let ends: number[] = []
  const emulator = await startEmulator({
    ...{ listen: false, projects: ['p'], clock },
    faults: ({ action }) => {
      if (action !== 'putBlock') return undefined
      const now = clock.elapsed
      ends = ends.filter(end => end > now)
      if (ends.length >= capacityAt(now)) {
        refused++
        return { status: 429, code: 'SlotExceeded' }
      }
      ends.push(now + blockMs)
      return { delayMs: blockMs }
    },
  })
  await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
  const tunnel = new Tunnel({
    ...emulator.connection,
    clock,
    retry: { minDelayMs: 100, maxDelayMs: 1_000, attempts: 100 },
  })
  const stream = tunnel.createUploadStream({
    ...{ table: 't', compression: 'raw', blockRows: 1, concurrency: wanted },
  })
  const { committed } = stream
  const samples: Sample[] = []
  const sample = (): void => {
    const { concurrency, blocks: sent } = stream.stats
    const last = samples.at(-1)
    if (samples.length > 1 && last?.ms === clock.elapsed) samples.pop()
    samples.push({ ms: clock.elapsed, concurrency, blocks: sent })
  }
  sample()
  const write = async (): Promise<void> => {
    await stream.writeAll(Array.from({ length: blocks }, (_, i) => [BigInt(i)]))
    stream.end()
    await committed
  }
  await clock.runUntil(write(), sample)
  const rows = (await emulator.rows('t')).length
  await tunnel.close()
  await emulator.close()
  return { samples, refused, rows }
}
