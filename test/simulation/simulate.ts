import { createHash } from 'node:crypto'
import './synchronous.js'
import { playScenario, type ScenarioResult } from '../faults/run-scenario.js'
import { planScenario, type Scenario, type ScenarioKind } from '../faults/scenario.js'
import { openSimulation } from './simulated-world.js'
import { VirtualClock } from './virtual-clock.js'

export interface Simulation {
  readonly result: ScenarioResult | undefined
  /** What doesn't hold, if anything. */
  readonly error: unknown
  /** All that passed between the clients and the service, with its time. */
  readonly trace: readonly string[]
}

/** Plays a scenario alone, in virtual time. */
export const simulate = async (scenario: Scenario): Promise<Simulation> => {
  const trace: string[] = []
  const clock = new VirtualClock(scenario.seed)
  const open = openSimulation(clock, line => trace.push(line))
  try {
    return { result: await clock.drive(playScenario(scenario, open)), error: undefined, trace }
  } catch (error) {
    return { result: undefined, error, trace }
  }
}

export const simulateSeed = (seed: number, kind: ScenarioKind): Promise<Simulation> =>
  simulate(planScenario(seed, kind))

export const hashOf = (trace: readonly string[]): string =>
  createHash('sha256').update(trace.join('\n')).digest('hex')
