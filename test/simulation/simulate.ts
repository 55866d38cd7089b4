import './synchronous.js'
import { compressionNames } from '../../lib/compression/compression.js'
import { startEmulator } from '../../lib/emulator/index.js'
import { loadOnce } from '../../lib/load-once.js'
import { Tunnel } from '../../lib/tunnel.js'
import { playScenario, type ScenarioResult } from '../faults/run-scenario.js'
import { planScenario, type Scenario, type ScenarioKind } from '../faults/scenario.js'
import type { Surroundings } from '../faults/surroundings.js'
import { playQueries } from '../query/play-queries.js'
import { playStreamingUpload } from '../streaming-upload/scenarios.js'
import { playUpserts } from '../upsert/play-upserts.js'
import { forgetMessages, openSimulation, openSurroundings } from './simulated-world.js'
import { type Trace, TraceLog } from './trace.js'
import { VirtualClock } from './virtual-clock.js'

export type SimulatedKind = ScenarioKind | 'upserts' | 'streaming' | 'queries'

/** Whether it has a plan, which can be shown and made simpler. */
export const isPlanned = (kind: SimulatedKind): kind is ScenarioKind => !(kind in streams)

export interface Simulation {
  readonly result: ScenarioResult | undefined
  /** What doesn't hold, if anything. */
  readonly error: unknown
  /** All that passed between the clients and the service, with its time. */
  readonly trace: TraceLog
}

type StreamKind = Exclude<SimulatedKind, ScenarioKind>
type PlayStreams = (seed: number, surroundings: Surroundings) => Promise<ScenarioResult>

/** Streams that choose their trouble as they go, each kind with rules of its own. */
const streams: Readonly<Record<StreamKind, PlayStreams>> = {
  upserts: playUpserts,
  streaming: playStreamingUpload,
  queries: playQueries,
}

/** Plays a scenario alone, in virtual time. */
export const simulate = (scenario: Scenario): Promise<Simulation> =>
  inVirtualTime(scenario.seed, (clock, trace) => playScenario(scenario, openSimulation(clock, trace)))

/** Plays the scenario of a seed and kind alone, in virtual time. */
export const simulateSeed = (seed: number, kind: SimulatedKind): Promise<Simulation> => {
  if (isPlanned(kind)) return simulate(planScenario(seed, kind))
  return loadLateParts().then(() => playStreams(seed, kind))
}

/** Virtual time goes on while code is loaded: what the library loads on its first use is loaded before there is any. */
const loadLateParts = loadOnce(async () => {
  await using emulator = await startEmulator({ listen: false })
  await emulator.createTable({ name: 't', columns: { n: 'bigint' }, partitionColumns: { p: 'string' } })
  await using tunnel = new Tunnel(emulator.connection)
  for (const compression of compressionNames) {
    const options = { table: 't', partitionBy: ['p'], flushRows: 1, compression } as const
    const stream = tunnel.createStreamingUploadStream(options)
    stream.end([1n, 'a'])
    await stream.flushed
    await tunnel.query({ sql: 'SELECT * FROM t', compression })
  }
  await emulator.createTable({ name: 'u', columns: { n: 'bigint' } })
  await tunnel.execute({ sql: 'INSERT INTO u SELECT n FROM t' })
  return true
})

const playStreams = (seed: number, kind: StreamKind): Promise<Simulation> => {
  return inVirtualTime(seed, async (clock, trace) => {
    const { surroundings, check } = openSurroundings(clock, trace)
    const result = await streams[kind](seed, surroundings)
    check()
    return result
  })
}

const inVirtualTime = async (
  seed: number,
  play: (clock: VirtualClock, trace: Trace) => Promise<ScenarioResult>,
): Promise<Simulation> => {
  const trace = new TraceLog()
  const clock = new VirtualClock(seed)
  try {
    const result = await clock.drive(play(clock, trace.add))
    return { result, error: undefined, trace }
  } catch (error) {
    return { result: undefined, error, trace }
  } finally {
    forgetMessages()
  }
}
