import { byteTargets } from './byte-targets.js'
import { emulatorTarget } from './emulator-target.js'
import type { Target } from './run-fuzz.js'
import { textTargets } from './text-targets.js'

let targets: Promise<readonly Target[]> | undefined

/** Everything that reads input from outside. They are made once; those with `close` are to be closed. */
export const allTargets = (): Promise<readonly Target[]> => {
  targets ??= makeTargets()
  return targets
}

const makeTargets = async (): Promise<readonly Target[]> => [
  ...textTargets,
  ...(await byteTargets()),
  await emulatorTarget(),
]
