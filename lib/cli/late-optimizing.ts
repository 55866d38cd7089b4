import { setFlagsFromString } from 'node:v8'

/*
 * The engine optimizes a function when it has run for some thousandths of a second. Of a transfer that is right for what runs for each row, but most
 * of what it meets runs for each chunk of bytes, a few thousand times in all: to optimize these hundred functions, in a thread of
 * its own, takes longer than they do as they are. So a function has to run several times as long before, which the ones that run for rows
 * do all the same. It's a flag of the engine, which counts bytes of code that ran, or calls.
 */

/** Other versions may not know the flag, and would say so on stderr. */
const flagOf = (version: string): string | undefined => {
  if (process.versions['bun'] || process.versions['deno']) return undefined
  if (/^v20\./.test(version)) return '--interrupt-budget=1000000'
  return /^v2[2-6]\./.test(version) ? '--invocation-count-for-turbofan=20000' : undefined
}

/** Makes the engine optimize what runs often later than it would. */
export const optimizeLate = (): void => {
  const flag = flagOf(process.version)
  if (flag !== undefined) setFlagsFromString(flag)
}
