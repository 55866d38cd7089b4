import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CliBench } from './support.js'

export interface ShellResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a bash script in the bench's folder, where `run` is the command line in a process of its own. */
export const runShell = async (bench: CliBench, script: string): Promise<ShellResult> => {
  const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))
  const program = `${process.execPath} --import ${import.meta.resolve('tsx')} ${main}`
  const child = spawn('bash', ['-c', `run() { ${program} "$@"; }\n${script}`], {
    cwd: bench.folder,
    env: {
      PATH: process.env['PATH'],
      HOME: bench.folder,
      TMPDIR: process.env['TMPDIR'],
      ODPS_ENDPOINT: bench.emulator.endpoint,
      ODPS_PROJECT: 'p',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'test-id',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'test-secret',
      XDG_STATE_HOME: bench.path('state'),
      XDG_CONFIG_HOME: bench.path('config'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', text => {
      texts[name] += text
    })
  const code = await new Promise<number>(resolve => child.on('close', status => resolve(status ?? -1)))
  return { code, ...texts }
}
