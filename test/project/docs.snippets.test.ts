import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { pages, snippetsOf } from './snippets.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const execute = promisify(execFile)

describe('snippets of the documentation', { timeout: 300_000 }, () => {
  const snippets = pages.flatMap(snippetsOf)
  let folder = ''
  let emulator: Emulator

  before(async () => {
    emulator = await startEmulator()
    folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-docs-'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(compilerOptions()))
    for (const { file, code } of snippets) await writeFile(join(folder, file), code)
  })

  after(async () => {
    await emulator.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Only paths: that they compile is seen with the package that users get. */
  const compilerOptions = () => ({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: {
        'odps-tunnel': [join(root, 'lib/index.ts')],
        'odps-tunnel/arrow': [join(root, 'lib/arrow-streams/index.ts')],
        'odps-tunnel/emulator': [join(root, 'lib/emulator/index.ts')],
      },
    },
  })

  test('README runs whole', () => {
    const skipped = snippets.filter(({ file, isRun }) => file.startsWith('README') && !isRun)
    assert.deepEqual(skipped, [])
    assert.ok(snippets.some(({ file }) => file.startsWith('README')))
  })

  for (const page of pages) {
    const own = snippetsOf(page).filter(({ isRun }) => isRun)
    if (own.length > 0)
      test(`${page} runs`, async () => {
        const columns = { origin: 'string', destination: 'string', delay: 'bigint' }
        await emulator.dropTable('flights')
        await emulator.createTable({ name: 'flights', columns, partitionColumns: { month: 'string' } })
        await emulator.addPartition('flights', 'month=2001-02')
        await emulator.dropTable('customers')
        const customer = { id: 'bigint', name: 'string', city: 'string' }
        await emulator.createTable({ name: 'customers', columns: customer, primaryKey: ['id'] })
        await writeFile(join(folder, 'flights.csv'), 'origin,destination,delay\nSFO,JFK,-3\nJFK,SFO,\\N\n')
        const runner = `${page.replaceAll(/\W/g, '-')}.run.ts`
        await writeFile(join(folder, runner), own.map(({ file }) => `await import('./${file}')\n`).join(''))
        await execute(process.execPath, ['--import', 'tsx', runner], {
          cwd: folder,
          timeout: 60_000,
          env: {
            ...process.env,
            NODE_TEST_CONTEXT: '',
            TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
            ODPS_ENDPOINT: emulator.endpoint,
            ODPS_PROJECT: emulator.project,
            ALIBABA_CLOUD_ACCESS_KEY_ID: 'any',
            ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'any',
          },
        })
      })
  }
})
