import { type SpawnOptions, spawn } from 'node:child_process'

/** Runs a command to its end; returns what it printed, and tells it when it fails. */
export const run = (command: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', chunk => {
        printed = (printed + chunk).slice(-20_000)
      })
    child.on('error', reject)
    child.on('close', code => {
      if (code === 0) resolve(printed)
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}\n${printed}`))
    })
  })
