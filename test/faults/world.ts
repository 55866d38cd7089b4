import { Agent } from 'undici'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import type { Clock } from '../../lib/http/clock.js'
import type { TunnelOptions } from '../../lib/options.js'
import { troubledLookup } from './lookup.js'
import type { Scenario } from './scenario.js'
import { ScenarioClock } from './scenario-clock.js'
import { startTrap } from './trap.js'
import { WireProxy } from './wire-proxy.js'

type Connection = Pick<TunnelOptions, 'endpoint' | 'dispatcher'>

/** Where a scenario is played: an emulator, and what lies between it and its clients. */
export interface World {
  readonly emulator: Emulator
  /** Of the clients. */
  readonly clock: Clock
  /** Of the client that has the trouble. */
  readonly troubled: Connection
  /** Of one that has none. */
  readonly direct: Connection
  /** What messages call the service by. */
  readonly hosts: readonly string[]
  /** Where redirects point: nobody may call it. */
  readonly trap: string
  /** Kinds of trouble that happened on the way. */
  readonly fired: readonly string[]
  /** Delivers requests that were held back, and waits until they are answered. */
  deliverLate(): Promise<void>
  close(): Promise<void>
}

/** @param options of the emulator */
export type OpenWorld = (scenario: Scenario, options: EmulatorOptions) => Promise<World>

/** Sockets, and a proxy that harms bytes. */
export const openSockets: OpenWorld = async ({ seed, wire, connect }, options) => {
  const emulator = await startEmulator(options)
  const proxy = await WireProxy.start(emulator.port, wire)
  const connectFired: string[] = []
  const lookup = troubledLookup(connect, trouble => connectFired.push(trouble))
  const agent =
    connect.length > 0 ? new Agent({ connect: { lookup, timeout: 1_000 }, pipelining: 1 }) : undefined
  const name = agent === undefined ? '127.0.0.1' : 'tunnel.test'
  return {
    emulator,
    clock: new ScenarioClock(seed),
    troubled: {
      endpoint: `http://${name}:${proxy.port}/api`,
      ...(agent !== undefined && { dispatcher: agent }),
    },
    direct: { endpoint: `http://127.0.0.1:${emulator.port}/api` },
    hosts: [`127.0.0.1:${proxy.port}`, `tunnel.test:${proxy.port}`],
    trap: (await startTrap()).url,
    get fired() {
      return [...connectFired, ...proxy.fired]
    },
    deliverLate: () => proxy.deliverLate(),
    close: async () => {
      await agent?.destroy()
      await proxy.close()
      await emulator.close()
    },
  }
}
