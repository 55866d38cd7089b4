import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { copyTableSpec } from '../../lib/copy/copy-options.js'
import { downloadStreamSpec } from '../../lib/download/download-options.js'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { tunnelErrorCodes } from '../../lib/errors.js'
import { tunnelOptionSpec } from '../../lib/options.js'
import { executeOptionSpec, queryOptionSpec } from '../../lib/query/query-options.js'
import { formatCsvSpec, parseCsvSpec } from '../../lib/text/csv/csv-options.js'
import { uploadStreamSpec } from '../../lib/upload/upload-options.js'
import { upsertStreamSpec } from '../../lib/upsert/upsert-options.js'
import { pages, read, snippetsOf } from './snippets.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const execute = promisify(execFile)

const headingsOf = (page: string): string[] =>
  [
    ...read(page)
      .replaceAll(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^#+ +(.+)$/gm),
  ].map(match => match[1]!.trim())

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-')

describe('documentation', () => {
  test('relative links and their anchors resolve', () => {
    const broken: string[] = []
    for (const page of [...pages, 'llms.txt']) {
      const text = read(page).replaceAll(/^```[\s\S]*?^```/gm, '')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [path, anchor] = target.split('#') as [string, string?]
        const file = path === '' ? page : join(dirname(page), path)
        const found =
          existsSync(join(root, file)) &&
          (anchor === undefined || headingsOf(file).some(heading => anchorOf(heading) === anchor))
        if (!found) broken.push(`${page}: ${target}`)
      }
    }
    assert.deepEqual(broken, [])
  })

  test('docs/architecture.md names files and folders that are there', () => {
    const text = read('docs/architecture.md')
    const paths = [...text.matchAll(/`((?:[a-z0-9-]+\/)+[a-z0-9-]*(?:\.[a-z.]+)?)`/g)].map(match => match[1]!)
    const isThere = (path: string): boolean =>
      ['', 'lib/'].some(base => ['', '.ts'].some(ending => existsSync(join(root, base + path + ending))))
    assert.ok(paths.length > 50)
    assert.deepEqual(
      paths.filter(path => !isThere(path)),
      [],
    )
  })

  test('every error code has a heading, and no other has one', () => {
    const headings = headingsOf('docs/errors.md').filter(heading => heading.startsWith('ODPS_'))
    assert.deepEqual([...headings].sort(), [...tunnelErrorCodes].sort())
  })

  for (const [page, spec] of Object.entries({
    'docs/upload.md': uploadStreamSpec,
    'docs/download.md': downloadStreamSpec,
    'docs/query.md': { ...queryOptionSpec, ...executeOptionSpec },
    'docs/copy.md': copyTableSpec,
    'docs/upsert.md': upsertStreamSpec,
    'docs/connection.md': tunnelOptionSpec,
    'docs/transforms.md': { ...parseCsvSpec, ...formatCsvSpec },
  }))
    test(`${page} names every option`, () => {
      const text = read(page)
      const missing = Object.keys(spec).filter(name => !new RegExp(`\`${name}\\b`).test(text))
      assert.deepEqual(missing, [])
    })

  test('no page names a path or a host of a machine', () => {
    const named = pages.filter(page => /\/(?:work|home|root)\/|localhost|\.\.\/shared/.test(read(page)))
    assert.deepEqual(named, [])
  })
})

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
