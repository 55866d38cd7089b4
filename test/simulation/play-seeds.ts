import { describeTally, emptyTally, seedsFrom, type Tally, tallyResult } from '../faults/run-many.js'
import type { ScenarioKind } from '../faults/scenario.js'
import { simulateSeed } from './simulate.js'

/** Three fifths of the scenarios are of the first kind. */
const kinds: readonly ScenarioKind[] = ['plain', 'checkpoints', 'partitions', 'plain', 'plain']

/**
 * Plays the scenarios of some seeds, one after the other, until three break a rule.
 * @param kind undefined: of all kinds, by the seed
 */
export const playSeeds = async (
  from: number,
  count: number,
  kind?: ScenarioKind,
): Promise<Tally & { readonly text: string }> => {
  const tally = emptyTally()
  const unhandled = (error: unknown): void => {
    tally.broken.push(`nobody heard of: ${error instanceof Error ? error.stack : error}`)
  }
  process.on('unhandledRejection', unhandled)
  process.on('uncaughtException', unhandled)
  for (const seed of seedsFrom(from, count)) {
    const played = kind ?? kinds[seed % kinds.length]!
    const { result, error } = await simulateSeed(seed, played)
    if (result !== undefined) tallyResult(tally, result)
    else tally.broken.push(`${describe(error)}\nReplay it with: ${replayCommand(seed, played)}`)
    if (tally.broken.length >= 3) break
  }
  process.off('unhandledRejection', unhandled)
  process.off('uncaughtException', unhandled)
  return { ...tally, text: describeTally(tally) }
}

const replayCommand = (seed: number, kind: ScenarioKind): string =>
  `npm run test:simulate -- --seed ${seed} --kind ${kind}`

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))
