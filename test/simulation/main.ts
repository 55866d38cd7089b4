/* Plays scenarios in simulated worlds: `npm run test:simulate -- --count 100000`, from `--from 1` on, of `--kind plain`, `checkpoints`,
 * `partitions`, `upserts`, `streaming` or `queries` (default: all, the first most). `--seed 7 --kind plain` plays one again: its plan, what passed,
 * and, when it fails, the simplest scenario that still does. The last three have no plan to show: they choose as they go, by the seed. */
import { inspect, parseArgs } from 'node:util'
import { planScenario, type Scenario } from '../faults/scenario.js'
import { playSeeds } from './play-seeds.js'
import { shrink } from './shrink.js'
import { isPlanned, type SimulatedKind, type Simulation, simulate, simulateSeed } from './simulate.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    kind: { type: 'string' },
  },
})

const replay = async (seed: number, kind: SimulatedKind): Promise<boolean> => {
  const isHeld = show(await simulateSeed(seed, kind))
  if (isPlanned(kind)) await showPlan(planScenario(seed, kind), isHeld)
  return isHeld
}

const show = ({ result, error, trace }: Simulation): boolean => {
  console.log(trace.text)
  console.log(`The trace's SHA-256 is ${trace.hash}.`)
  console.log(error === undefined ? inspect(result) : error)
  return error === undefined
}

/** With the simplest scenario that fails, when it does. */
const showPlan = async (scenario: Scenario, isHeld: boolean): Promise<void> => {
  console.log(inspect(scenario, { depth: 5 }))
  if (isHeld) return
  const simplest = await shrink(scenario, async each => (await simulate(each)).error !== undefined)
  console.log('It fails, and so does this one:', inspect(simplest, { depth: 5 }))
  show(await simulate(simplest))
}

const many = async (): Promise<boolean> => {
  const started = process.cpuUsage()
  const tally = await playSeeds(Number(values.from), Number(values.count), values.kind as SimulatedKind)
  const { user, system } = process.cpuUsage(started)
  console.log(tally.text)
  console.log(`${((user + system) / 1000 / tally.scenarios).toFixed(1)} ms of CPU time per scenario`)
  for (const broken of tally.broken) console.error(broken)
  return tally.broken.length === 0
}

const holds =
  values.seed === undefined
    ? await many()
    : await replay(Number(values.seed), (values.kind ?? 'plain') as SimulatedKind)
process.exit(holds ? 0 : 1)
