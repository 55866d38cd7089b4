import { describeTally, emptyTally, seedsFrom, type Tally, tallyResult } from '../faults/run-many.js'
import { type SimulatedKind, simulateSeed } from './simulate.js'

const planned = ['plain', 'checkpoints', 'partitions', 'plain', 'plain'] as const

/** By the seed. Most are plain; one of upserts costs several times what another does. */
const kinds: readonly SimulatedKind[] = [
  ...planned,
  ...planned,
  ...planned,
  'queries',
  'upserts',
  'streaming',
]

/**
 * Plays the scenarios of some seeds, one after the other, until three break a rule.
 * @param kind undefined: of all kinds, by the seed
 */
export const playSeeds = async (
  from: number,
  count: number,
  kind?: SimulatedKind,
): Promise<Tally & { readonly text: string }> => {
  const tally = emptyTally()
  let replay = ''
  const unhandled = (error: unknown): void => {
    tally.broken.push(`nobody heard of: ${describe(error)}\n${replay}`)
  }
  // Who plays one again sees where its errors come from; all others are made for nothing but what they say.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  process.on('unhandledRejection', unhandled)
  process.on('uncaughtException', unhandled)
  for (const seed of seedsFrom(from, count)) {
    const played = kind ?? kinds[seed % kinds.length]!
    replay = `Replay it with: npm run test:simulate -- --seed ${seed} --kind ${played}`
    const { result, error } = await simulateSeed(seed, played)
    if (result !== undefined) tallyResult(tally, result)
    else tally.broken.push(`${describe(error)}\n${replay}`)
    if (tally.broken.length >= 3) break
  }
  process.off('unhandledRejection', unhandled)
  process.off('uncaughtException', unhandled)
  Error.stackTraceLimit = stackTraceLimit
  return { ...tally, text: describeTally(tally) }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))
