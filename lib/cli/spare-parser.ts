import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setFlagsFromString } from 'node:v8'

/*
 * The parser of undici is WebAssembly, most of it one huge function. The engine counts what has run of a function in bytes of its
 * code, so that the headers of a few answers already make this one worth optimizing; that takes another processor
 * long, and the process can't end before it. What the parser does for a transfer takes some milliseconds either way.
 * The count that makes a function worth it is a flag of the engine, which is read when a module is made: it is out of reach until the first
 * connection has its parser, and then low, for the functions that read and print millions of rows.
 */

/** Other versions may not know the flag, and would say so on stderr. */
const knowsFlag = /^v2[0-6]\./.test(process.version) && !process.versions['bun'] && !process.versions['deno']

const outOfReach = 2_000_000_000
const low = 1_800_000

const setBudget = (budget: number): void => setFlagsFromString(`--wasm-tiering-budget=${budget}`)

let isSpared = false

/** Leaves the parser as it is first compiled. To be called before the first connection of the process. */
export const spareParser = (): void => {
  if (!knowsFlag || isSpared) return
  isSpared = true
  setBudget(outOfReach)
  const onConnected = (): void => {
    unsubscribe('undici:client:connected', onConnected)
    setBudget(low)
  }
  subscribe('undici:client:connected', onConnected)
}
