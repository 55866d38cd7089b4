import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { version } from '../../lib/version.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Record<string, unknown>

const lock = JSON.parse(read('package-lock.json')) as {
  version: string
  packages: Record<string, { resolved?: string; dependencies?: object; optionalDependencies?: object }>
}

/** What the library needs to run, and the rooms that may import it. */
const dependencies: Readonly<Record<string, readonly string[]>> = {
  'cli-progress': ['cli'],
  'fast-string-width': ['cli'],
  'iconv-lite': ['cli'],
  hyparquet: ['cli'],
  'hyparquet-compressors': ['cli'],
  'hyparquet-writer': ['cli'],
  hysnappy: ['compression'],
  'p-limit': ['upload'],
  protobufjs: ['wire', 'codec'],
  snappy: ['compression'],
  'stream-chain': ['transforms'],
  tinyglobby: ['cli'],
  undici: ['http', 'options', 'cli', 'emulator'],
}

/** Loaded on first use; absent in most installations. */
const optionalPeers: Readonly<Record<string, readonly string[]>> = {
  '@toondepauw/node-zstd': ['compression'],
  '@duckdb/node-api': ['emulator'],
  'apache-arrow': ['arrow-streams'],
  'lz4-napi': ['compression'],
}

/** By package, the rooms of lib that import it. */
const importedPackages = (): Map<string, Set<string>> => {
  const rooms = new Map<string, Set<string>>()
  for (const file of readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const room = file.split(/[\\/]/)[0]!.replace(/\.ts$/, '')
    const imports = read(join('lib', file)).matchAll(
      /(?:\bfrom |^import |\bimport\(|\boptionalPackage<\w+>\(|\bimportNamed\()'([^'.][^']*)'/gm,
    )
    for (const [, specifier = ''] of imports) {
      if (specifier.startsWith('node:')) continue
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
      rooms.set(name, (rooms.get(name) ?? new Set()).add(room))
    }
  }
  return rooms
}

describe('package.json', () => {
  test('is an ES module for Node 20.19 and later', () => {
    assert.equal(manifest['name'], 'odps-tunnel')
    assert.equal(manifest['type'], 'module')
    assert.equal(manifest['license'], 'Apache-2.0')
    assert.deepEqual(manifest['engines'], { node: '>=20.19.0' })
    assert.equal(manifest['sideEffects'], false)
  })

  test('exports the library, Arrow and the emulator, types first', () => {
    assert.deepEqual(manifest['exports'], {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './arrow': { types: './dist/arrow-streams/index.d.ts', default: './dist/arrow-streams/index.js' },
      './emulator': { types: './dist/emulator/index.d.ts', default: './dist/emulator/index.js' },
      './package.json': './package.json',
    })
    assert.match(JSON.stringify(manifest['exports']), /^\{"\.":\{"types"/)
    assert.deepEqual(manifest['bin'], { 'odps-tunnel': 'dist/cli/main.js' })
  })

  test('ships dist and the documentation, built when it is packed', () => {
    const files = ['dist', 'docs', '!docs/api', 'AGENTS.md', 'CHANGELOG.md', 'llms.txt']
    assert.deepEqual(manifest['files'], files)
    const scripts = manifest['scripts'] as Record<string, string>
    assert.equal(scripts['prepack'], 'npm run build')
    for (const name of ['install', 'preinstall', 'postinstall', 'prepare'])
      assert.equal(scripts[name], undefined)
  })

  test('depends on exactly these packages', () => {
    assert.deepEqual(Object.keys(manifest['dependencies'] as object).sort(), Object.keys(dependencies).sort())
  })

  test('has optional peers only, and tests with them', () => {
    const peers = Object.keys(optionalPeers).sort()
    assert.deepEqual(Object.keys(manifest['peerDependencies'] as object).sort(), peers)
    assert.deepEqual(
      manifest['peerDependenciesMeta'],
      Object.fromEntries(peers.map(name => [name, { optional: true }])),
    )
    const dev = manifest['devDependencies'] as Record<string, string>
    for (const name of peers)
      assert.equal(dev[name], (manifest['peerDependencies'] as Record<string, string>)[name])
  })

  test('lib imports each of them, from its rooms, and nothing else', () => {
    const allowed = { ...dependencies, ...optionalPeers }
    const imported = importedPackages()
    assert.deepEqual([...imported.keys()].sort(), Object.keys(allowed).sort())
    for (const [name, rooms] of imported)
      for (const room of rooms) assert.ok(allowed[name]?.includes(room), `lib/${room} imports ${name}`)
  })

  test('has the version that lib/version.ts and the changelog name', () => {
    assert.equal(version, manifest['version'])
    assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'))
  })

  test('the lock file names no registry and agrees with the manifest', () => {
    assert.equal(lock.version, manifest['version'])
    assert.deepEqual(lock.packages['']?.dependencies, manifest['dependencies'])
    const resolved = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)
    assert.deepEqual(resolved, [])
  })

  test('the lock file is complete: npm ci refuses one that lacks packages of other platforms', () => {
    const missing: string[] = []
    for (const [path, entry] of Object.entries(lock.packages))
      for (const name of Object.keys(entry.optionalDependencies ?? {}))
        if (!(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages))
          missing.push(name)
    assert.deepEqual(missing, [])
  })
})
