/*
 * An emulator that kills itself in the middle of a commit: `emulating-child.ts <dataDir> <n>`. It dies before its n-th
 * call into the file system after a commit has begun. Prints its endpoint.
 */

import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const [dataDir = '', n] = process.argv.slice(2)
let left = Number.POSITIVE_INFINITY

const deadly = <Call extends (...args: never[]) => unknown>(call: Call): Call =>
  function (this: unknown, ...args: never[]) {
    if (left-- <= 0) process.kill(process.pid, 'SIGKILL')
    return call.apply(this, args)
  } as Call

const handle = await fs.open(process.execPath)
const prototype = Object.getPrototypeOf(handle) as Record<string, (...args: never[]) => unknown>
await handle.close()
for (const name of ['write', 'writeFile', 'sync', 'datasync', 'close'])
  if (prototype[name] !== undefined) prototype[name] = deadly(prototype[name])
const calls = fs as unknown as Record<string, (...args: never[]) => unknown>
for (const name of ['open', 'rename', 'rm', 'mkdir', 'unlink', 'writeFile'])
  calls[name] = deadly(calls[name]!)
syncBuiltinESMExports()

const { startEmulator } = await import('../../lib/emulator/index.js')
const emulator = await startEmulator({
  dataDir,
  projects: ['p'],
  faults: ({ action }) => {
    if (action === 'commitUpload') left = Number(n)
    return undefined
  },
})
console.log(emulator.endpoint)
