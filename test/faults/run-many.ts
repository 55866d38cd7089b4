import { runSeed, type ScenarioResult } from './run-scenario.js'
import type { ScenarioKind } from './scenario.js'
import { startTrap } from './trap.js'

export interface Tally {
  scenarios: number
  complete: number
  failed: number
  resumed: number
  retries: number
  /** How often each kind of trouble happened. */
  readonly fired: Map<string, number>
  /** How often each error ended a stream. */
  readonly codes: Map<string, number>
  /** Messages of the scenarios that broke a rule. */
  readonly broken: string[]
}

export const emptyTally = (): Tally => ({
  ...{ scenarios: 0, complete: 0, failed: 0, resumed: 0, retries: 0 },
  ...{ fired: new Map(), codes: new Map(), broken: [] },
})

/** Enough that the waits of some scenarios are the work of others. */
const inParallel = 64

/**
 * Plays scenarios, some at a time, until the seeds end or too many broke a rule. Whatever becomes an unhandled
 * rejection or a warning of the process breaks one too.
 */
export const runMany = async (seeds: Iterator<number>, kind: ScenarioKind = 'plain'): Promise<Tally> => {
  const tally = emptyTally()
  const running = new Set<number>()
  const note = (what: string, error: unknown): void => {
    const text = error instanceof Error ? error.stack : String(error)
    tally.broken.push(`${what} while these seeds were played: ${[...running].join(' ')}: ${text}`)
  }
  const onRejection = (error: unknown): void => note('unhandled rejection', error)
  const onWarning = (warning: Error): void => {
    if (warning.name === 'MaxListenersExceededWarning') note('warning', warning)
  }
  process.on('unhandledRejection', onRejection)
  process.on('warning', onWarning)
  try {
    await Promise.all(Array.from({ length: inParallel }, () => work(seeds, kind, tally, running)))
  } finally {
    process.off('unhandledRejection', onRejection)
    process.off('warning', onWarning)
  }
  const { caught } = await startTrap()
  if (caught.length > 0) tally.broken.push(`a redirect was followed: ${caught.join('\n')}`)
  return tally
}

const work = async (
  seeds: Iterator<number>,
  kind: ScenarioKind,
  tally: Tally,
  running: Set<number>,
): Promise<void> => {
  for (let next = seeds.next(); !next.done && tally.broken.length < 10; next = seeds.next()) {
    running.add(next.value)
    try {
      tallyResult(tally, await runSeed(next.value, kind))
    } catch (error) {
      tally.broken.push(error instanceof Error ? error.message : String(error))
    }
    running.delete(next.value)
  }
}

export const tallyResult = (
  tally: Tally,
  { outcome, code, resumed, retries, fired }: ScenarioResult,
): void => {
  tally.scenarios++
  tally[outcome]++
  tally.retries += retries
  if (resumed) tally.resumed++
  for (const kind of new Set(fired)) increase(tally.fired, kind)
  if (outcome === 'failed') increase(tally.codes, code ?? 'none')
}

const increase = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** From `first`, `count` of them. */
export function* seedsFrom(first: number, count: number): Generator<number, void, undefined> {
  for (let seed = first; seed < first + count; seed++) yield seed
}

export const describeTally = (tally: Tally): string => {
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ')
  const { scenarios, complete, failed, resumed, retries } = tally
  return [
    `${scenarios} scenarios: ${complete} complete, ${failed} failed as they should, ${resumed} of them resumed; ${retries} retries`,
    `trouble: ${list(tally.fired)}`,
    `errors: ${list(tally.codes)}`,
  ].join('\n')
}
