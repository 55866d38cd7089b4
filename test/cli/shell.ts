import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CliBench } from './support.js'

export interface ShellResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What it takes to start the command line in a process of its own, with a home of its own. */
export const shellEnvironment = (
  bench: CliBench,
): { readonly program: readonly string[]; readonly env: NodeJS.ProcessEnv } => ({
  program: [
    '--import',
    import.meta.resolve('tsx'),
    fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url)),
  ],
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
})

/** Runs a bash script in the bench's folder, where `run` is the command line in a process of its own. */
export const runShell = async (bench: CliBench, script: string): Promise<ShellResult> => {
  const { program, env } = shellEnvironment(bench)
  const line = [process.execPath, ...program].join(' ')
  const child = spawn('bash', ['-c', `run() { ${line} "$@"; }\n${script}`], {
    cwd: bench.folder,
    env,
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
