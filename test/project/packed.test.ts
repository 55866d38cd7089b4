import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { version } from '../../lib/version.js'
import { unnamedTypes } from './public-types.js'
import { pages, snippetsOf } from './snippets.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const consumer = fileURLToPath(new URL('./consumer/', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
/** What the documentation shows: it must compile with the package that users get. */
const snippets = pages.flatMap(snippetsOf)
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
describe('the packed package', { timeout: 180_000 }, () => {
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
      .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.includes('assembly'))
      .map(name => `dist/${name.replaceAll('\\', '/').slice(0, -3)}.d.ts`)
    const entries = ['index', 'arrow-streams/index', 'emulator/index', 'cli/main'].map(
      name => `dist/${name}.js`,
    )
    const docs = (await readdir(join(root, 'docs'), { recursive: true, withFileTypes: true }))
      .filter(entry => entry.isFile())
      .map(entry => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .filter(name => !name.startsWith('docs/api/'))
    const expected = [
      ...['AGENTS.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'llms.txt', 'package.json'],
      ...docs,
      ...built,
      ...entries,
    ]
    // What the entries share or load later, under names that tell of the content.
    const isPart = (name: string): boolean => /^dist\/parts\/[\w-]+\.js$/.test(name)
    assert.deepEqual(files.filter(name => !isPart(name)).sort(), expected.sort())
    assert.ok(files.some(isPart), 'parts')
  })

  test('is imported as an ES module', async () => {
    const code = `
      import { version, Tunnel, createUploadStream } from 'odps-tunnel'
      import { startEmulator } from 'odps-tunnel/emulator'
      import { createArrowDownloadStream } from 'odps-tunnel/arrow'
      import manifest from 'odps-tunnel/package.json' with { type: 'json' }
      console.log([version, manifest.version, typeof Tunnel, typeof createUploadStream, typeof startEmulator, typeof createArrowDownloadStream].join())`
    const printed = await node(project, '--no-warnings', '--input-type=module', '--eval', code)
    assert.equal(printed, `${version},${version},function,function,function,function\n`)
  })

  /** What is found and read before the first line of an entry runs: of a start, most is the number of files. */
  const filesOf = async (entry: string, found = new Set<string>()): Promise<Set<string>> => {
    if (found.has(entry)) return found
    found.add(entry)
    const text = await readFile(entry, 'utf8')
    for (const [, path] of text.matchAll(/^(?:import|.*\} from) "(\..*)"/gm))
      await filesOf(join(entry, '..', path!), found)
    return found
  }

  test('is loaded from few files', async () => {
    const entry = join(project, 'node_modules/odps-tunnel/dist/index.js')
    const count = (await filesOf(entry)).size
    assert.ok(count > 1 && count <= 8, `${count} files`)
  })

  test('loads the conformance checks for no other command', async () => {
    const dist = join(project, 'node_modules/odps-tunnel/dist')
    const [commands] = (await readdir(join(dist, 'parts'))).filter(name => name.startsWith('commands-'))
    const files = await filesOf(join(dist, 'parts', commands!))
    const texts = await Promise.all([...files].map(file => readFile(file, 'utf8')))
    assert.ok(texts.some(text => text.includes('// lib/cli/table/schema-command.ts')))
    assert.ok(!texts.some(text => text.includes('// lib/conformance/run-checks.ts')))
  })

  test('calls its classes and functions by their names', async () => {
    const code = `
      for (const entry of ['odps-tunnel', 'odps-tunnel/emulator', 'odps-tunnel/arrow'])
        for (const [name, value] of Object.entries(await import(entry)))
          if (typeof value === 'function' && value.name !== name) console.log(name, value.name)`
    assert.equal(await node(project, '--no-warnings', '--input-type=module', '--eval', code), '')
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

  test('gives out every type that its declarations name', () => {
    const entries = ['dist/index.d.ts', 'dist/emulator/index.d.ts'].map(file => join(root, file))
    assert.deepEqual(unnamedTypes(...entries), [])
  })

  test('shows no types of stream-chain', async () => {
    const naming: string[] = []
    for (const file of files.filter(name => name.endsWith('.d.ts')))
      if ((await readFile(join(root, file), 'utf8')).includes("'stream-chain")) naming.push(file)
    assert.deepEqual(naming, [])
  })

  test('compiles against every @types/node, libraries checked, as does every example of the documentation', async t => {
    for (const name of ['consumer.ts', 'consumer.cts', 'absent-packages.d.ts', 'tsconfig.json'])
      await writeFile(join(project, name), await readFile(join(consumer, name)))
    for (const { file, code } of snippets) await writeFile(join(project, file), code)
    // stream-chain's own declarations do not pass the check of libraries with @types/node below 25.
    const documented = {
      extends: './tsconfig.json',
      compilerOptions: { skipLibCheck: true },
      files: ['absent-packages.d.ts', ...snippets.map(({ file }) => file)],
    }
    await writeFile(join(project, 'tsconfig.docs.json'), JSON.stringify(documented))
    await mkdir(join(project, 'node_modules/@types'), { recursive: true })
    const link = join(project, 'node_modules/@types/node')
    for (const major of nodeTypes)
      await t.test(`@types/node ${major}`, async () => {
        await rm(link, { recursive: true, force: true })
        await symlink(join(project, `node_modules/types-node-${major}`), link, 'junction')
        const programs = await Promise.all(['tsconfig.json', 'tsconfig.docs.json'].map(compile))
        for (const lines of programs) {
          assert.deepEqual(
            lines.filter(line => line.includes('error TS')),
            [],
          )
          assert.ok(
            lines.some(line => line.endsWith(`/types-node-${major}/index.d.ts`)),
            'the wrong @types/node was read',
          )
        }
        const read = (ending: string): boolean => programs[0]!.some(line => line.endsWith(ending))
        assert.ok(read('/undici/types/dispatcher.d.ts') && read('/odps-tunnel/dist/emulator/index.d.ts'))
      })
  })

  test('compiles with the package apache-arrow, whose types record batches have then', async () => {
    await writeFile(join(project, 'arrow-consumer.ts'), await readFile(join(consumer, 'arrow-consumer.ts')))
    await writeFile(
      join(project, 'tsconfig.arrow.json'),
      JSON.stringify({
        extends: './tsconfig.json',
        // Its own declarations do not pass the check of libraries.
        compilerOptions: { skipLibCheck: true, lib: ['es2022', 'dom'] },
        files: ['arrow-consumer.ts'],
      }),
    )
    await symlink(
      join(root, 'node_modules/apache-arrow'),
      join(project, 'node_modules/apache-arrow'),
      'junction',
    )
    const lines = await compile('tsconfig.arrow.json')
    assert.deepEqual(
      lines.filter(line => line.includes('error TS')),
      [],
    )
    await rm(join(project, 'node_modules/apache-arrow'))
  })

  test('names apache-arrow in the declarations of one file only, which the main entry does not reach', async () => {
    const naming: string[] = []
    for (const file of files.filter(name => name.endsWith('.d.ts')))
      if (/['"]apache-arrow['"]/.test(await readFile(join(root, file), 'utf8'))) naming.push(file)
    assert.deepEqual(naming, ['dist/arrow-streams/apache-arrow.d.ts'])
    const imports: string[] = []
    for (const file of files.filter(
      name => name.endsWith('.d.ts') && !name.startsWith('dist/arrow-streams/'),
    ))
      if ((await readFile(join(root, file), 'utf8')).includes('arrow-streams')) imports.push(file)
    assert.deepEqual(imports, [])
  })

  /** The errors, and the files that were read. */
  const compile = async (config: string): Promise<string[]> => {
    const printed = await node(project, tsc, '-p', config, '--listFiles').catch(
      (error: { stdout: string }) => error.stdout,
    )
    return printed.split(/\r?\n/)
  }
})
