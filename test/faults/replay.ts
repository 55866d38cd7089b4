/* Plays scenarios again: `node --import tsx test/faults/replay.ts <seed>…` */
import { inspect } from 'node:util'
import { runSeed } from './run-scenario.js'
import { planScenario } from './scenario.js'

const seeds = process.argv.slice(2).map(Number)
if (seeds.length === 0 || !seeds.every(Number.isSafeInteger))
  throw new Error('name the seeds to play, as whole numbers')
for (const seed of seeds) {
  console.log(inspect(planScenario(seed), { depth: 5 }))
  try {
    console.log(inspect(await runSeed(seed), { depth: 5 }))
  } catch (error) {
    process.exitCode = 1
    console.error(error)
  }
}
