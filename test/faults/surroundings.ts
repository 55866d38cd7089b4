import type { Emulator } from '../../lib/emulator/index.js'
import type { Clock } from '../../lib/http/clock.js'
import type { TunnelOptions } from '../../lib/options.js'
import { ScenarioClock } from './scenario-clock.js'

/** What a scenario without sockets takes from outside: time, chance, and the way from its client to its emulator. */
export interface Surroundings {
  /** Of both sides. */
  readonly clock: Clock
  readonly connectionTo: (emulator: Emulator) => TunnelOptions
}

/** A clock on which waiting takes one turn, and nothing between client and emulator. */
export const shortWaits = (seed: number): Surroundings => ({
  clock: new ScenarioClock(seed),
  connectionTo: ({ connection }) => connection,
})
