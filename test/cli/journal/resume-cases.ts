import assert from 'node:assert/strict'
import type { CliBench, CliResult } from '../support.js'

/*
 * Transfers that are interrupted at a moment drawn from a seed, once or more, and resumed. A download must leave byte for
 * byte the files of one that nothing interrupted, an upload the rows of its files in their order.
 * RESUME_CASES=2000 plays more, RESUME_SEED=17 begins at one that failed.
 */
const firstSeed = Number(process.env['RESUME_SEED'] ?? 0)
const cases = Number(process.env['RESUME_CASES'] ?? (process.env['RESUME_SEED'] === undefined ? 200 : 1))

/** Numbers from a seed (mulberry32). */
export class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed * 0x9e3779b9
  }

  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % count
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }
}

export const rowsFrom = (first: number, count: number): unknown[][] =>
  Array.from({ length: count }, (_, i) => [
    BigInt(first + i),
    (first + i) % 7 === 0 ? null : `row ${first + i}, "好"\n${'x'.repeat((first + i) % 40)}`,
    new Date(Date.UTC(2001, 1, 3) + (first + i) * 1000),
    (first + i) / 8,
  ])

export const formats = ['csv', 'tsv', 'ndjson', 'json', 'parquet', 'arrow', 'arrows'] as const
/** Runs a command that the service breaks off at a moment that was drawn, or Ctrl-C does. */
const breakOff = async (
  bench: CliBench,
  draw: Draw,
  args: readonly string[],
  action: 'readData' | 'putBlock',
) => {
  const kind = draw.of(['refused', 'Ctrl-C', 'cut', 'cut'] as const)
  const passed = draw.below(action === 'putBlock' ? 9 : kind === 'cut' ? 2 : 4)
  let seen = 0
  let interrupt = (): void => {}
  bench.emulator.setFaults(request => {
    if (request.action !== action || seen++ < passed) return undefined
    if (kind === 'cut' && seen === passed + 1 && action === 'readData')
      return { cutBodyAfter: 5_000 + draw.below(draw.of([30_000, 150_000])) }
    if (kind !== 'Ctrl-C') return { status: 403, code: 'NoPermission' }
    interrupt()
    return 'hang'
  })
  const result = await bench.run(args, {
    onStart: stop => {
      interrupt = stop
    },
  })
  bench.emulator.setFaults()
  assert.ok([0, 1, 130].includes(result.code), result.stderr)
  return result
}

/** Interrupts a transfer as often as was drawn, then lets it end; it is resumed in the ways there are. */
export const interruptAndResume = async (
  bench: CliBench,
  draw: Draw,
  args: readonly string[],
  action: 'readData' | 'putBlock',
): Promise<void> => {
  let result: CliResult = await breakOff(bench, draw, args, action)
  for (let more = draw.below(4); more > 0 && result.code !== 0; more--)
    result = await breakOff(bench, draw, [...args, '--resume'], action)
  if (result.code === 0) return
  assert.match(result.stderr, / {2}(next|resume): odps-tunnel (download|upload) .* --resume\n/)
  await bench.ok(draw.below(2) === 0 ? ['resume'] : [...args, '--resume'])
}

export const packings = ['', '', '', '.gz'] as const

/** Plays a share of the cases, each from its own seed; those that wait let the others go on, each on a bench of its own. */
export const playSeeds = async (
  share: number,
  benches: readonly CliBench[],
  play: (bench: CliBench, seed: number) => Promise<void>,
): Promise<void> => {
  const end = firstSeed + Math.ceil(cases * share)
  let seed = firstSeed
  const playAll = async (bench: CliBench): Promise<void> => {
    while (seed < end) await play(bench, seed++)
  }
  await Promise.all(benches.map(playAll))
}
