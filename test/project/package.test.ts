import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { version } from '../../lib/version.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Record<string, unknown>

/** What the library needs to run, and what for. */
const dependencies: Readonly<Record<string, string>> = {
  'csv-parse': 'transforms: reads CSV',
  'csv-stringify': 'transforms: prints CSV',
  'lossless-json': 'transforms: reads integers beyond 2^53 exactly',
  'p-limit': 'streams: upload permits',
  protobufjs: 'wire: the reader and writer of the cold paths',
  snappy: 'compression',
  'stream-chain': 'transforms: marks of flushing and of many values',
  undici: 'http: connections',
}

/** Loaded on first use; absent in most installations. */
const optionalPeers: Readonly<Record<string, string>> = {
  '@toondepauw/node-zstd': 'compression: zstd below Node 22.15',
  'lz4-napi': 'compression: lz4',
}

const packagesImportedBy = (folder: string): Set<string> => {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const names = new Set<string>()
  for (const file of files.filter(name => name.endsWith('.ts')))
    for (const [, from] of read(join(folder, file)).matchAll(
      /(?:\bfrom |^import |\bimport\()'([^'.][^']*)'/gm,
    )) {
      const parts = from!.split('/')
      if (!from!.startsWith('node:')) names.add(parts.slice(0, from!.startsWith('@') ? 2 : 1).join('/'))
    }
  return names
}

describe('package.json', () => {
  test('is an ES module for Node 20.19 and later', () => {
    assert.equal(manifest['name'], 'odps-tunnel')
    assert.equal(manifest['type'], 'module')
    assert.equal(manifest['license'], 'Apache-2.0')
    assert.deepEqual(manifest['engines'], { node: '>=20.19.0' })
    assert.equal(manifest['sideEffects'], false)
  })

  test('exports the library and the emulator, types first', () => {
    assert.deepEqual(manifest['exports'], {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './emulator': { types: './dist/emulator/index.d.ts', default: './dist/emulator/index.js' },
      './package.json': './package.json',
    })
    assert.match(JSON.stringify(manifest['exports']), /^\{"\.":\{"types"/)
    assert.deepEqual(manifest['bin'], { 'odps-tunnel': 'dist/cli/main.js' })
  })

  test('ships dist and the changelog, built when it is packed', () => {
    assert.deepEqual(manifest['files'], ['dist', 'CHANGELOG.md'])
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

  test('lib imports every dependency, and nothing else', () => {
    const known = [...Object.keys(dependencies), ...Object.keys(optionalPeers)].sort()
    assert.deepEqual([...packagesImportedBy('lib')].sort(), known)
  })

  test('has the version that lib/version.ts and the changelog name', () => {
    assert.equal(version, manifest['version'])
    assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'))
  })

  test('the lock file names no registry and agrees with the manifest', () => {
    const lock = JSON.parse(read('package-lock.json')) as {
      version: string
      packages: Record<string, { resolved?: string; dependencies?: object }>
    }
    assert.equal(lock.version, manifest['version'])
    assert.deepEqual(lock.packages['']?.dependencies, manifest['dependencies'])
    const resolved = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)
    assert.deepEqual(resolved, [])
  })
})
