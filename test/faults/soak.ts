/* Plays scenarios for a while: `npm run test:soak -- --minutes 10`, from `--seed` on if it is given, of `--kind checkpoints` or `partitions`. */
import { parseArgs } from 'node:util'
import { describeTally, runMany } from './run-many.js'
import type { ScenarioKind } from './scenario.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string' },
    kind: { type: 'string', default: 'plain' },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error('--minutes takes a number above 0')
const first = values.seed === undefined ? Math.floor(Date.now() / 1000) * 1000 : Number(values.seed)

function* untilTime(): Generator<number, void, undefined> {
  const end = Date.now() + minutes * 60_000
  for (let seed = first; Date.now() < end; seed++) yield seed
}

console.log(`from seed ${first}, for ${minutes} minutes`)
const tally = await runMany(untilTime(), values.kind as ScenarioKind)
console.log(describeTally(tally))
for (const broken of tally.broken) console.error(broken)
// Outright: Node's own clean-up may spin for ever after connections were reset, see test/run.mjs.
process.exit(tally.broken.length > 0 ? 1 : 0)
