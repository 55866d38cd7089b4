/*
 * Runs the interop suite: `npm run test:interop`; with `-- --write` it writes docs/compatibility.md instead of comparing it.
 * The clients, and the programs whose files are compared, are installed into $XDG_CACHE_HOME/odps-tunnel-interop
 * (default ~/.cache) on first use. ODPS_TUNNEL_FILES=5000 tries more files; see files/files.test.ts.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const write = process.argv.includes('--write')
const options = [
  '--import',
  'tsx',
  '--test',
  '--test-reporter=spec',
  '--test-timeout=600000',
  'test/interop/interop.test.ts',
  'test/interop/files/files.test.ts',
]
const env = { ...process.env, ...(write && { ODPS_TUNNEL_INTEROP_WRITE: '1' }) }
const { status } = spawnSync(process.execPath, options, { cwd: root, stdio: 'inherit', env })
process.exitCode = status ?? 1
