import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runSeed, type ScenarioResult } from '../faults/run-scenario.js'
import { planScenario, type ScenarioKind } from '../faults/scenario.js'
import type { SimulatedKind } from './simulate.js'

interface Outcome {
  readonly seed: number
  readonly result: ScenarioResult
  readonly hash: string
}

const bundled = [fileURLToPath(new URL('bundled.mjs', import.meta.url)), 'outcomes']
const sources = ['--import', 'tsx', fileURLToPath(new URL('outcomes.ts', import.meta.url))]

/** In a process of its own: the simulation owns time and chance of the one it runs in. */
const simulated = (kind: SimulatedKind, seeds: readonly number[], program = bundled): Outcome[] => {
  const output = execFileSync(process.execPath, [...program, kind, ...seeds.map(String)], {
    maxBuffer: 64 << 20,
  })
  return JSON.parse(output.toString())
}

/**
 * Over sockets the order of parallel requests is the machine's, undici may open one connection more, and heads and framing
 * have other lengths; whatever depends on these is left out, and the rest has to come to the same end.
 */
const isDetermined = (seed: number, kind: ScenarioKind): boolean => {
  const { concurrency, connect, wire } = planScenario(seed, kind)
  return (
    concurrency === 1 &&
    connect.length === 0 &&
    wire.every(({ trouble }) => !('after' in trouble) && !('at' in trouble))
  )
}

const seedsOf = (kind: ScenarioKind, count: number): number[] => {
  const seeds: number[] = []
  for (let seed = 1; seeds.length < count; seed++) if (isDetermined(seed, kind)) seeds.push(seed)
  return seeds
}

const inParallel = 16
/** Over sockets requests time out after 300 ms of the machine's time, which a busy one takes for other reasons. */
const tries = 4

const playOverSockets = async (seed: number, kind: ScenarioKind): Promise<ScenarioResult> => {
  for (let tried = 1; ; tried++) {
    const result = await runSeed(seed, kind)
    if (result.code !== 'ODPS_REQUEST_TIMEOUT' || tried === tries) return result
  }
}

const overSockets = async (
  kind: ScenarioKind,
  seeds: readonly number[],
): Promise<Map<number, ScenarioResult>> => {
  const results = new Map<number, ScenarioResult>()
  const rest = [...seeds]
  const work = async (): Promise<void> => {
    for (let seed = rest.shift(); seed !== undefined; seed = rest.shift())
      results.set(seed, await playOverSockets(seed, kind))
  }
  await Promise.all(Array.from({ length: inParallel }, work))
  return results
}

const comparable = ({ outcome, code, resumed, fired }: ScenarioResult) => ({
  ...{ outcome, code, resumed },
  fired: [...new Set(fired)].sort(),
})

describe('the simulation is the service, but for time', { timeout: 300_000 }, () => {
  for (const kind of ['plain', 'partitions'] as const)
    test(`200 ${kind} scenarios come to the same end as over sockets`, async () => {
      const seeds = seedsOf(kind, 200)
      const sockets = await overSockets(kind, seeds)
      for (const { seed, result } of simulated(kind, seeds))
        assert.deepEqual(comparable(result), comparable(sockets.get(seed)!), `seed ${seed}`)
    })

  test('same seed, same trace, to the byte, in any process and order, from the sources too', () => {
    const kinds: SimulatedKind[] = ['plain', 'checkpoints', 'partitions', 'upserts', 'streaming', 'queries']
    for (const kind of kinds) {
      const seeds = Array.from({ length: kind === 'upserts' ? 12 : 60 }, (_, i) => i + 1)
      const forth = simulated(kind, seeds)
      const back = simulated(kind, seeds.toReversed(), sources).toReversed()
      assert.deepEqual(forth, back)
    }
  })
})
