/* Runs the tests: `npm test`, or `npm test -- codec upload` for those whose path contains one of the words.
 * `npm run test:slow` runs those that play thousands of faults, kill or watch processes, or measure memory.
 * (Node 20 takes no patterns after --test.) */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const words = process.argv.slice(2).filter(word => word !== '--slow')
const slowOnly = process.argv.includes('--slow')
const isSlow = name =>
  /^test\/(faults\/|session\/memory|cli\/(upload\/upload-job\.resume|download\/download-job\.resume|emulate\.|files\/byte-|watch-output))/.test(
    name,
  )
const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' })
  .map(name => `test/${name.replaceAll('\\', '/')}`)
  .filter(name => name.endsWith('.test.ts') && !name.startsWith('test/interop/'))
  .filter(name => (words.length > 0 ? words.some(word => name.includes(word)) : isSlow(name) === slowOnly))
  .sort()
if (files.length === 0) throw new Error(`no test file has ${words.join(' or ')} in its path`)
// Node may spin for ever in its own clean-up, after all is done, when a process has reset connections with requests under
// way (seen on 20.20, in Environment::CleanupHandles): to exit outright avoids it.
const options = [
  '--import',
  'tsx',
  '--import',
  new URL('set-up.mjs', import.meta.url).href,
  '--test',
  '--test-force-exit',
  // Many tests wait for processes of their own, so that two files at once fill two processors.
  `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`,
  '--test-reporter=spec',
]
// With it the examples of the documentation, which import the package by its name, get it from lib.
const env = { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('tsconfig.json', import.meta.url)) }
const { status } = spawnSync(process.execPath, [...options, ...files], { cwd: root, stdio: 'inherit', env })
process.exitCode = status ?? 1
