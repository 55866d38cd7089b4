import { startEmulator } from '../../lib/emulator/index.js'
import { takeMessages } from '../faults/secrets.js'
import type { Surroundings } from '../faults/surroundings.js'
import type { OpenWorld } from '../faults/world.js'
import { SimulatedWire, serviceHosts } from './simulated-wire.js'
import { setClock } from './synchronous.js'
import type { Trace } from './trace.js'
import type { VirtualClock } from './virtual-clock.js'

/** A world in this process, on one clock. To be played alone: the process has the clock of the last one. */
export const openSimulation =
  (clock: VirtualClock, trace: Trace): OpenWorld =>
  async ({ wire, connect }, options) => {
    setClock(clock)
    const emulator = await startEmulator({ ...options, listen: false, clock })
    const fired: string[] = []
    const strays: string[] = []
    const hooks = {
      clock,
      trace,
      fired: (trouble: string) => fired.push(trouble),
      strayed: (url: string) => strays.push(url),
    }
    const wires = [
      new SimulatedWire(emulator.dispatcher, { wire, connect }, hooks),
      new SimulatedWire(emulator.dispatcher, { wire: [], connect: [] }, hooks),
    ] as const
    const connection = (index: 0 | 1) => ({
      endpoint: `http://${serviceHosts[index]}/api`,
      dispatcher: wires[index],
    })
    return {
      emulator,
      clock,
      troubled: connection(0),
      direct: connection(1),
      hosts: [serviceHosts[0]],
      trap: 'http://trap.test',
      fired,
      deliverLate: () => wires[0].deliverLate(),
      close: async () => {
        await emulator.close()
        if (strays.length > 0) throw new Error(`a redirect was followed: ${strays.join()}`)
      },
    }
  }

export interface SimulatedSurroundings {
  readonly surroundings: Surroundings
  /** Throws when a client has called another host. */
  readonly check: () => void
}

/** For scenarios whose trouble is the service's alone; to be played alone as well. */
export const openSurroundings = (clock: VirtualClock, trace: Trace): SimulatedSurroundings => {
  setClock(clock)
  const strays: string[] = []
  const hooks = { clock, trace, fired: () => {}, strayed: (url: string) => strays.push(url) }
  return {
    surroundings: {
      clock,
      connectionTo: ({ connection, dispatcher }) => ({
        ...connection,
        endpoint: `http://${serviceHosts[1]}/api`,
        dispatcher: new SimulatedWire(dispatcher, { wire: [], connect: [] }, hooks),
      }),
    },
    check: () => {
      if (strays.length > 0) throw new Error(`a redirect was followed: ${strays.join()}`)
    },
  }
}

/** Drops what was published of the requests of a scenario and was not asked for: many scenarios share a process. */
export const forgetMessages = (): void => {
  for (const host of serviceHosts) takeMessages(host)
}
