/* Plays scenarios in simulated worlds: `npm run test:simulate -- --count 100000`, from `--from 1` on, of `--kind plain`, `checkpoints`
 * or `partitions` (default: all three, the first most). `--seed 7 --kind plain` plays one again: its plan, what passed, and, when it
 * fails, the simplest scenario that still does. */
import { inspect, parseArgs } from 'node:util'
import { planScenario, type ScenarioKind } from '../faults/scenario.js'
import { playSeeds } from './play-seeds.js'
import { shrink } from './shrink.js'
import { hashOf, simulate } from './simulate.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    kind: { type: 'string' },
  },
})

const replay = async (seed: number, kind: ScenarioKind): Promise<boolean> => {
  const scenario = planScenario(seed, kind)
  const { result, error, trace } = await simulate(scenario)
  console.log(inspect(scenario, { depth: 5 }))
  console.log(trace.join('\n'))
  console.log(`The trace's SHA-256 is ${hashOf(trace)}.`)
  if (error === undefined) {
    console.log(inspect(result))
    return true
  }
  const simplest = await shrink(scenario, async each => (await simulate(each)).error !== undefined)
  console.log('It fails, and so does this one:', inspect(simplest, { depth: 5 }))
  const { error: reason, trace: shortest } = await simulate(simplest)
  console.log(shortest.join('\n'))
  console.log(reason)
  return false
}

const many = async (): Promise<boolean> => {
  const started = process.cpuUsage()
  const tally = await playSeeds(Number(values.from), Number(values.count), values.kind as ScenarioKind)
  const { user, system } = process.cpuUsage(started)
  console.log(tally.text)
  console.log(`${((user + system) / 1000 / tally.scenarios).toFixed(1)} ms of CPU time per scenario`)
  for (const broken of tally.broken) console.error(broken)
  return tally.broken.length === 0
}

const holds =
  values.seed === undefined
    ? await many()
    : await replay(Number(values.seed), (values.kind ?? 'plain') as ScenarioKind)
process.exit(holds ? 0 : 1)
