import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { init, parse } from 'es-module-lexer'

const lib = fileURLToPath(new URL('../../lib/', import.meta.url))
const benchmarks = fileURLToPath(new URL('../../benchmarks/', import.meta.url))

/** What each room may import besides itself. Files directly in lib/ are rooms of their own. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  version: [],
  'internal-options': ['errors'],
  'load-once': [],
  xml: [],
  abort: [],
  'check-options': ['errors'],
  diagnostics: ['errors'],
  tracing: [],
  'stream-chunks': [],
  'taken-options': [],
  schema: ['errors', 'check-options'],
  wire: ['errors'],
  values: ['errors'],
  codec: ['wire', 'values', 'schema', 'errors'],
  compression: ['wire', 'errors', 'diagnostics'],
  arrow: ['compression', 'wire', 'values', 'schema', 'errors'],
  text: ['codec', 'values', 'wire', 'schema', 'errors', 'check-options'],
  budget: ['abort', 'errors'],
  http: ['abort', 'budget', 'compression', 'errors', 'diagnostics', 'load-once', 'stream-chunks', 'xml'],
  session: [
    'abort',
    'load-once',
    'codec',
    'compression',
    'http',
    'wire',
    'schema',
    'errors',
    'diagnostics',
    'check-options',
    'xml',
    'tracing',
  ],
  upload: [
    'abort',
    'budget',
    'load-once',
    'connection',
    'session',
    'text',
    'codec',
    'compression',
    'http',
    'schema',
    'errors',
    'diagnostics',
    'check-options',
    'internal-options',
    'tracing',
  ],
  download: [
    'abort',
    'budget',
    'connection',
    'session',
    'codec',
    'compression',
    'http',
    'wire',
    'schema',
    'errors',
    'diagnostics',
    'check-options',
    'tracing',
  ],
  upsert: [
    'load-once',
    'abort',
    'budget',
    'connection',
    'upload',
    'session',
    'codec',
    'compression',
    'http',
    'values',
    'wire',
    'schema',
    'errors',
    'diagnostics',
    'tracing',
    'xml',
    'check-options',
  ],
  'streaming-upload': [
    'load-once',
    'upload',
    'budget',
    'tracing',
    'abort',
    'connection',
    'session',
    'codec',
    'compression',
    'http',
    'schema',
    'errors',
    'diagnostics',
    'check-options',
  ],
  catalogue: ['session', 'http', 'schema', 'errors', 'check-options', 'xml'],
  copy: [
    'load-once',
    'catalogue',
    'upload',
    'download',
    'session',
    'codec',
    'compression',
    'connection',
    'options',
    'wire',
    'schema',
    'errors',
    'abort',
    'diagnostics',
    'check-options',
  ],
  conformance: [
    'catalogue',
    'session',
    'codec',
    'compression',
    'arrow',
    'http',
    'options',
    'values',
    'schema',
    'errors',
    'version',
    'abort',
    'xml',
  ],
  transforms: ['text', 'codec', 'values', 'schema', 'errors', 'check-options'],
  'arrow-streams': [
    'upload',
    'download',
    'query',
    'session',
    'arrow',
    'codec',
    'compression',
    'connection',
    'options',
    'schema',
    'errors',
    'abort',
    'diagnostics',
    'check-options',
    'stream-chunks',
  ],
  options: ['budget', 'http', 'errors', 'check-options', 'version'],
  connection: ['options', 'errors', 'check-options', 'taken-options', 'version'],
  query: [
    'abort',
    'internal-options',
    'connection',
    'download',
    'session',
    'http',
    'errors',
    'diagnostics',
    'check-options',
    'tracing',
  ],
  tunnel: [
    'errors',
    'streaming-upload',
    'copy',
    'connection',
    'options',
    'upload',
    'upsert',
    'download',
    'query',
    'catalogue',
    'session',
    'schema',
    'check-options',
    'taken-options',
  ],
  emulator: [
    'load-once',
    'arrow',
    'text',
    'codec',
    'values',
    'compression',
    'wire',
    'schema',
    'errors',
    'check-options',
    'version',
    'xml',
  ],
  index: [
    'tunnel',
    'streaming-upload',
    'upsert',
    'copy',
    'connection',
    'options',
    'upload',
    'download',
    'query',
    'catalogue',
    'session',
    'http',
    'compression',
    'codec',
    'text',
    'values',
    'transforms',
    'schema',
    'errors',
    'version',
    'diagnostics',
    'tracing',
  ],
  cli: [
    'abort',
    'index',
    'conformance',
    'arrow',
    'codec',
    'text',
    'values',
    'schema',
    'transforms',
    'emulator',
    'errors',
    'version',
    'check-options',
    'internal-options',
    'compression',
  ],
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    name => name.endsWith('.ts') && !name.startsWith('wire/assembly/') && !name.includes('node_modules'),
  )

const files = filesIn(lib)

const roomOf = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '')

/** Relative imports of a file, of types too, as paths below the folder. */
const importsOf = async (file: string, folder = lib): Promise<string[]> => {
  await init
  const statements = importStatements(readFileSync(join(folder, file), 'utf8')).map(statement =>
    statement.replace(/^(import|export) type\b/, '$1').replaceAll(/([{,]\s*)type (?=\w)/g, '$1'),
  )
  return parse(statements.join('\n'))[0]
    .map(found => found.specifier ?? '')
    .filter(name => name.startsWith('.'))
    .map(name => relative(folder, join(folder, dirname(file), name)).replace(/\.js$/, '.ts'))
}

const importStatements = (code: string): string[] =>
  [
    ...code.matchAll(/^(?:import|export)\b[^'"`;=]*?from\s+'[^']+'|^import\s+'[^']+'|import\('[^']+'\)/gm),
  ].map(match => match[0])

describe('architecture', () => {
  test('imports go down only', async () => {
    const wrong: string[] = []
    for (const file of files)
      for (const target of await importsOf(file)) {
        const [from, to] = [roomOf(file), roomOf(target)]
        if (from !== to && !arrows[from]?.includes(to)) wrong.push(`${file} -> ${target}`)
      }
    assert.deepEqual(wrong, [])
  })

  for (const folder of [lib, benchmarks])
    test(`no cycles between files of ${relative(join(lib, '..'), folder)}, of types neither`, async () => {
      const edges = new Map<string, string[]>()
      for (const file of filesIn(folder)) edges.set(file, await importsOf(file, folder))
      const done = new Set<string>()
      const visit = (file: string, way: readonly string[]): void => {
        const at = way.indexOf(file)
        assert.equal(at, -1, `cycle: ${[...way.slice(at), file].join(' -> ')}`)
        if (done.has(file)) return
        // What lies outside the folder can't lead back into it: lib imports nothing but itself.
        for (const next of edges.get(file) ?? []) if (edges.has(next)) visit(next, [...way, file])
        done.add(file)
      }
      for (const file of edges.keys()) visit(file, [])
      assert.equal(done.size, edges.size)
    })

  test('every import names a file that exists', async () => {
    for (const file of files)
      for (const target of await importsOf(file)) assert.ok(files.includes(target), `${file} -> ${target}`)
  })

  test('no bags of leftovers', () => {
    assert.deepEqual(
      files.filter(file => /(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(file)),
      [],
    )
  })

  test('nothing is printed outside the command line', () => {
    const printing = files.filter(
      file =>
        roomOf(file) !== 'cli' &&
        /\bconsole\.(log|error|warn|info|debug)\(|process\.std(out|err)/.test(
          readFileSync(join(lib, file), 'utf8'),
        ),
    )
    assert.deepEqual(printing, [])
  })
})
