import { type Emulator, type Fault, startEmulator } from '../../lib/emulator/index.js'
import { Tunnel, type TunnelOptions } from '../../lib/index.js'
import { Random } from './random.js'
import type { ScenarioResult } from './run-scenario.js'
import { nameOfFault } from './service-faults.js'
import { type Surroundings, shortWaits } from './surroundings.js'

/*
 * Where a scenario begins that has no plan but chooses as it goes, by the seed: both sides on one clock, with nothing between
 * them but what the surroundings put there.
 */

export interface OpenSeed extends AsyncDisposable {
  readonly random: Random
  readonly emulator: Emulator
  /** Of the client under test; closed with the emulator. To be called once. */
  readonly connect: (options: Pick<TunnelOptions, 'retry' | 'requestTimeoutMs'>) => Tunnel
  /** Gives the trouble back, and remembers that it came. */
  readonly fire: (fault: Fault) => Fault
  /** @param code of the error, if one ended it */
  readonly result: (code: string | undefined, retries: number) => ScenarioResult
}

export const openSeed = async (
  seed: number,
  { clock, connectionTo }: Surroundings = shortWaits(seed),
): Promise<OpenSeed> => {
  const emulator = await startEmulator({ listen: false, clock })
  const fired: string[] = []
  let tunnel: Tunnel | undefined
  return {
    random: new Random(seed),
    emulator,
    connect: options => {
      tunnel = new Tunnel({ ...connectionTo(emulator), clock, ...options } as TunnelOptions)
      return tunnel
    },
    fire: fault => {
      fired.push(nameOfFault(fault))
      return fault
    },
    result: (code, retries) => ({
      outcome: code === undefined ? 'complete' : 'failed',
      ...{ code, resumed: false, fired, retries },
    }),
    [Symbol.asyncDispose]: async () => {
      await tunnel?.close()
      await emulator.close()
    },
  }
}
