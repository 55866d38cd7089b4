/* The outcomes of scenarios in simulated worlds, as JSON: `[kind, seed…]` comes as arguments. */
import { type SimulatedKind, simulateSeed } from './simulate.js'

const [kind, ...seeds] = process.argv.slice(2)
const outcomes = []
for (const seed of seeds.map(Number)) {
  const { result, error, trace } = await simulateSeed(seed, kind as SimulatedKind)
  if (result === undefined) throw error
  outcomes.push({ seed, result, hash: trace.hash })
}
process.stdout.write(JSON.stringify(outcomes), () => process.exit())
