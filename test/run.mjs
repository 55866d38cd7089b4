/* Runs the tests: `npm test`, or `npm test -- codec upload` for those whose path contains one of the words.
 * `npm run test:slow` runs those that play thousands of faults, kill or watch processes, measure memory, or compile.
 * Node gives each file a process, which takes longer to start than most files take to run. So files that change nothing of
 * their process share one, some twenty together; those of the command line don't. A run with words starts each file by itself.
 * (Node 20 takes no patterns after --test.) */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const words = process.argv.slice(2).filter(word => word !== '--slow')
const slowOnly = process.argv.includes('--slow')
const slow = [
  'test/cli/download/download-job.resume',
  'test/cli/emulate.',
  'test/cli/files/byte-',
  'test/cli/hostile-service',
  'test/cli/upload/upload-job.resume',
  'test/cli/watch-output',
  'test/emulator/store/disk-store.kills',
  'test/faults/',
  'test/fuzz/',
  'test/project/docs.snippets',
  'test/project/packed',
  'test/query/play-queries',
  'test/session/memory',
  'test/simulation/agreement',
  'test/simulation/simulation-',
  'test/upload/partitions/many-partitions',
  'test/upload/upload-outcome.reporting',
  'test/upsert/many-upserts',
  'test/upsert/play-upserts',
  'test/wire/records-module',
]
const isSlow = name => slow.some(start => name.startsWith(start))
/** Loaders of a process stay in it, and encoders of other files may have its staging area. */
const needsProcess = name => /\/(without-[^/]*|staging-area\.test\.ts)$/.test(name)
const sharesProcess = name =>
  !needsProcess(name) &&
  /^test\/(arrow|arrow-streams|catalogue|cli\/formats|codec|compression|copy|download|emulator|http|query|schema|session|text|transforms|upload|values|wire)\//.test(
    name,
  )

const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' })
  .map(name => `test/${name.replaceAll('\\', '/')}`)
  .filter(name => name.endsWith('.test.ts') && !name.startsWith('test/interop/'))
  .filter(name => (words.length > 0 ? words.some(word => name.includes(word)) : isSlow(name) === slowOnly))
  .sort()
if (files.length === 0) throw new Error(`no test file has ${words.join(' or ')} in its path`)

const groupFiles = 20
/** Files may wait before they have all their tests; a process whose known tests are done meanwhile would end without the others. */
const groupOf = urls => `import { test } from 'node:test'
let loaded
test('all files are loaded', () => new Promise(resolve => { loaded = resolve }))
for (const url of ${JSON.stringify(urls)}) await import(url)
loaded()
`
const groupFolder = mkdtempSync(join(tmpdir(), 'odps-tunnel-tests-'))
const writeGroups = names => {
  const groups = []
  for (let i = 0; i < names.length; i += groupFiles) {
    const file = join(groupFolder, `group-${groups.length + 1}.test.mjs`)
    const urls = names.slice(i, i + groupFiles).map(name => pathToFileURL(join(root, name)).href)
    writeFileSync(file, groupOf(urls))
    groups.push(file)
  }
  return groups
}
const shared = words.length > 0 ? [] : files.filter(sharesProcess)
const processes = [...files.filter(name => !shared.includes(name)), ...writeGroups(shared)]

const options = [
  '--import',
  'tsx',
  '--import',
  new URL('set-up.mjs', import.meta.url).href,
  // Not --test-force-exit: with it a process ends when its results are read, some of them before they are printed (Node 20).
  '--test',
  // Many tests wait for processes of their own, so that two files at once fill two processors.
  `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`,
  '--test-reporter=spec',
]
// With it the examples of the documentation, which import the package by its name, get it from lib.
const env = { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('tsconfig.json', import.meta.url)) }
const { status } = spawnSync(process.execPath, [...options, ...processes], {
  cwd: root,
  stdio: 'inherit',
  env,
})
rmSync(groupFolder, { recursive: true })
process.exitCode = status ?? 1
