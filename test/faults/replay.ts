/* Plays scenarios again: `node --import tsx test/faults/replay.ts [kind] <seed>…` */
import { inspect } from 'node:util'
import { runSeed } from './run-scenario.js'
import { planScenario, type ScenarioKind } from './scenario.js'

const named = process.argv.slice(2)
const kind = (Number.isNaN(Number(named[0])) ? (named.shift() ?? 'plain') : 'plain') as ScenarioKind
const seeds = named.map(Number)
if (seeds.length === 0 || !seeds.every(Number.isSafeInteger))
  throw new Error('name the seeds to play, as whole numbers')
for (const seed of seeds) {
  console.log(inspect(planScenario(seed, kind), { depth: 5 }))
  try {
    console.log(inspect(await runSeed(seed, kind), { depth: 5 }))
  } catch (error) {
    process.exitCode = 1
    console.error(error)
  }
}
