import { doubleKinds, proveDoubles } from './double-texts.js'

/* `npm run test:doubles -- [millions] [seed]`: decimal texts read in WebAssembly against JS's Number, bit by bit. */

const [millions = '10', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
const kinds = Object.keys(doubleKinds)
const each = Math.ceil((Number(millions) * 1_000_000) / kinds.length)
let isWrong = false
for (const kind of kinds) {
  const { left, wrong } = proveDoubles(kind, each, Number(seed))
  isWrong ||= wrong.length > 0
  const share = ((100 * left) / each).toFixed(2)
  console.log(`${kind}: ${each} values, ${wrong.length} wrong, ${share} % left to Number`)
  for (const text of wrong.slice(0, 5)) console.log(`  ${text}`)
}
console.log(`seed ${seed}`)
process.exitCode = isWrong ? 1 : 0
