import { printedKinds, provePrints } from './double-prints.js'
import { doubleKinds, proveDoubles } from './double-texts.js'

/*
 * `npm run test:doubles -- [millions] [seed]`: decimal texts read in WebAssembly against JS's Number, bit by bit, and doubles printed in
 * WebAssembly against JS's String; so many millions of each.
 */

const [millions = '10', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
let isWrong = false

const proveAll = (
  kinds: readonly string[],
  prove: (kind: string, count: number, seed: number) => { left: number; wrong: readonly string[] },
  others: string,
): void => {
  const each = Math.ceil((Number(millions) * 1_000_000) / kinds.length)
  for (const kind of kinds) {
    const { left, wrong } = prove(kind, each, Number(seed))
    isWrong ||= wrong.length > 0
    const share = ((100 * left) / each).toFixed(2)
    console.log(`${kind}: ${each} values, ${wrong.length} wrong, ${share} % left to ${others}`)
    for (const text of wrong.slice(0, 5)) console.log(`  ${text}`)
  }
}

proveAll(Object.keys(doubleKinds), proveDoubles, 'Number')
proveAll(Object.keys(printedKinds), provePrints, 'String')
console.log(`seed ${seed}`)
process.exitCode = isWrong ? 1 : 0
