import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { commands } from '../../lib/cli/commands.js'

/*
 * What is loaded before anything is done is most of the time of a start, and grows with every import that somebody adds. Read from the
 * sources, so that no clock is needed.
 */

const lib = fileURLToPath(new URL('../../lib/', import.meta.url))

/** What a file imports by statements that stay when types are gone. */
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b(?! type\b)[^'"`;=]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm,
    ),
  ].map(([, from, alone]) => from ?? alone!)

/** The files of lib, by their paths there, and the packages that come with a file. */
const loadedWith = (start: string): { files: string[]; packages: string[] } => {
  const seen = new Set([join(lib, start)])
  const packages = new Set<string>()
  for (const file of seen)
    for (const name of importsOf(file))
      if (name.startsWith('.')) seen.add(resolve(dirname(file), name.replace(/\.js$/, '.ts')))
      else if (!name.startsWith('node:')) packages.add(name)
  const files = [...seen].map(file => relative(lib, file).replaceAll('\\', '/'))
  return { files: files.sort(), packages: [...packages].sort() }
}

/** Packages that are loaded when they are needed, for what they cost. */
const late = /^(?:undici|protobufjs|hyparquet|hysnappy|cli-progress|iconv-lite|lz4|@toondepauw)/

describe('what is loaded at the start', () => {
  test('of the command line, until a command is known', () => {
    const { files, packages } = loadedWith('cli/main.ts')
    assert.deepEqual(packages, [])
    assert.deepEqual(
      files.filter(file => !file.startsWith('cli/')),
      ['abort.ts', 'check-options.ts', 'errors.ts', 'version.ts'],
    )
    assert.ok(files.length < 30, `${files.length} files`)
  })

  test('of each command, until it runs', () => {
    const source = readFileSync(join(lib, 'cli/commands.ts'), 'utf8')
    const starts = [...source.matchAll(/import\('\.\/([^']+)\.js'\)/g)].map(([, path]) => `cli/${path}.ts`)
    assert.equal(starts.length, commands.length)
    // Conformance makes records before it asks for anything.
    for (const start of starts.filter(path => path !== 'cli/conformance/command.ts'))
      assert.deepEqual(
        loadedWith(start).packages.filter(name => late.test(name)),
        [],
        start,
      )
  })

  test('of the library', () => {
    const { files, packages } = loadedWith('index.ts')
    assert.deepEqual(packages, ['p-limit', 'stream-chain/defs.js'])
    const rooms = /^(?:cli|emulator|arrow|arrow-streams|conformance|codec\/(?:plain|wasm|generated))\//
    // What few programs do is loaded by those that do it.
    const rare = /^(?:copy\/copy-run|upsert\/upsert-session|streaming-upload\/streaming-transaction)\.ts$/
    assert.deepEqual(
      files.filter(file => rooms.test(file) || rare.test(file)),
      [],
    )
  })
})
