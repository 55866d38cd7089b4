/*
 * Feeds damaged input to everything that reads input: `npm run test:fuzz -- --seconds 60`. One target with `--target`;
 * `--seed` and `--inputs` replay.
 */
import { parseArgs } from 'node:util'
import { allTargets } from './all-targets.js'
import { fuzz } from './run-fuzz.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string' },
    seed: { type: 'string' },
    inputs: { type: 'string' },
  },
})
const seed = values.seed === undefined ? Math.floor(Date.now() / 1000) * 1000 : Number(values.seed)
const targets = (await allTargets()).filter(
  ({ name }) => values.target === undefined || name === values.target,
)
if (targets.length === 0) throw new Error(`there is no target ${values.target}`)
const shareMs = (Number(values.seconds) * 1000) / targets.length
const limit = values.inputs === undefined ? Number.POSITIVE_INFINITY : Number(values.inputs)
console.log(`from seed ${seed}, ${Math.round(shareMs)} ms a target`)
let total = 0
for (const target of targets) {
  const end = Date.now() + shareMs
  const result = await fuzz(
    target,
    seed,
    inputs => inputs < limit && (limit !== Infinity || Date.now() < end),
  )
  const { inputs, bytes, refused, slowestMs, failures } = result
  total += bytes
  console.log(`${target.name}: ${inputs} inputs, ${bytes} bytes, ${refused} refused, slowest ${slowestMs} ms`)
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
}
console.log(`${total} bytes in all`)
for (const target of await allTargets()) await target.close?.()
