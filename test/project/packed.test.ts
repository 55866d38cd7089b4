import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { version } from '../../lib/version.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const consumer = fileURLToPath(new URL('./consumer/', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
/** Versions of @types/node that the declarations must compile with. */
const nodeTypes = [20, 22, 24, 26]

const execute = promisify(execFile)

/** The compiler tells its errors on stdout, which a failed command would otherwise keep to itself. */
const npm = async (cwd: string, ...args: string[]): Promise<string> => {
  const run = execute('npm', args, { cwd, shell: process.platform === 'win32' })
  const { stdout } = await run.catch((error: Error & { stdout: string }) => {
    throw new Error(`${error.message}\n${error.stdout}`)
  })
  return stdout
}

const node = async (cwd: string, ...args: string[]): Promise<string> => {
  const { stdout } = await execute(process.execPath, args, { cwd })
  return stdout
}

/** A project outside of this one, with the tarball installed as its users do. */
describe('the packed package', { timeout: 90_000 }, () => {
  let project = ''
  let files: readonly string[] = []

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'odps-tunnel-packed-'))
    const printed = await npm(root, 'pack', '--silent', '--json', '--pack-destination', project)
    // The build may print before the JSON.
    const [packed] = JSON.parse(printed.slice(printed.indexOf('[\n'))) as [
      { filename: string; files: { path: string }[] },
    ]
    files = packed.files.map(file => file.path)
    const types = nodeTypes.map(major => [`types-node-${major}`, `npm:@types/node@${major}`])
    const dependencies = { 'odps-tunnel': `file:${packed.filename}`, ...Object.fromEntries(types) }
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies }),
    )
    await npm(project, 'install', '--prefix', project, '--prefer-offline', '--no-audit', '--no-fund')
  })

  after(() => rm(project, { recursive: true, force: true }))

  test('holds what it must, and nothing else', async () => {
    const sources = await readdir(join(root, 'lib'), { recursive: true })
    const built = sources
      .filter(name => name.endsWith('.ts') && !name.includes('assembly'))
      .flatMap(name =>
        ['.js', '.d.ts'].map(ending => `dist/${name.replaceAll('\\', '/').slice(0, -3)}${ending}`),
      )
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', ...built]
    assert.deepEqual([...files].sort(), expected.sort())
  })

  test('is imported as an ES module', async () => {
    const code = `
      import { version, Tunnel, createUploadStream } from 'odps-tunnel'
      import { startEmulator } from 'odps-tunnel/emulator'
      import manifest from 'odps-tunnel/package.json' with { type: 'json' }
      console.log([version, manifest.version, typeof Tunnel, typeof createUploadStream, typeof startEmulator].join())`
    const printed = await node(project, '--no-warnings', '--input-type=module', '--eval', code)
    assert.equal(printed, `${version},${version},function,function,function\n`)
  })

  test('is required from CommonJS', async () => {
    const code = `
      const { version, TunnelError } = require('odps-tunnel')
      const { startEmulator } = require('odps-tunnel/emulator')
      console.log([version, typeof TunnelError, typeof startEmulator].join())`
    const printed = await node(project, '--no-warnings', '--input-type=commonjs', '--eval', code)
    assert.equal(printed, `${version},function,function\n`)
  })

  test('moves rows', async () => {
    await writeFile(join(project, 'round-trip.js'), await readFile(join(consumer, 'round-trip.js')))
    assert.equal(await node(project, 'round-trip.js'), '1,a\n2,b\n')
  })

  test('has a command', async () => {
    assert.match(
      await npm(project, 'exec', '--offline', '--', 'odps-tunnel', '--help'),
      /^Usage: odps-tunnel/,
    )
    assert.equal(await npm(project, 'exec', '--offline', '--', 'odps-tunnel', '--version'), `${version}\n`)
  })

  test('shows no types of stream-chain', async () => {
    const naming: string[] = []
    for (const file of files.filter(name => name.endsWith('.d.ts')))
      if ((await readFile(join(root, file), 'utf8')).includes("'stream-chain")) naming.push(file)
    assert.deepEqual(naming, [])
  })

  test('compiles against every @types/node, libraries checked', async t => {
    for (const name of ['consumer.ts', 'consumer.cts', 'tsconfig.json'])
      await writeFile(join(project, name), await readFile(join(consumer, name)))
    await mkdir(join(project, 'node_modules/@types'), { recursive: true })
    const link = join(project, 'node_modules/@types/node')
    for (const major of nodeTypes)
      await t.test(`@types/node ${major}`, async () => {
        await rm(link, { recursive: true, force: true })
        await symlink(join(project, `node_modules/types-node-${major}`), link, 'junction')
        const printed = await node(project, tsc, '-p', 'tsconfig.json', '--listFiles').catch(
          (error: { stdout: string }) => error.stdout,
        )
        const lines = printed.split(/\r?\n/)
        assert.deepEqual(
          lines.filter(line => line.includes('error TS')),
          [],
        )
        const read = (ending: string): boolean => lines.some(line => line.endsWith(ending))
        assert.ok(read(`/types-node-${major}/index.d.ts`), 'the wrong @types/node was read')
        assert.ok(read('/undici/types/dispatcher.d.ts') && read('/odps-tunnel/dist/emulator/index.d.ts'))
      })
  })
})
