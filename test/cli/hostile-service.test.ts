import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { constants, deflateSync, gzipSync } from 'node:zlib'
import {
  type Answerer,
  errorJson,
  errorXml,
  type HostileTable,
  nasty,
  type Reply,
  startHostileService,
} from './hostile-service.js'
import { type CliBench, type CliResult, cliBench } from './support.js'

/*
 * Every command, fed by a service that means no good: nothing it says is obeyed by the terminal, nothing becomes a path
 * outside the folder that was named, and every command ends, soon and without taking the memory of the machine.
 */

const raw =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u

const maxSeconds = 20

const setUp = async (
  context: TestContext,
  table: HostileTable,
  answer?: Answerer,
): Promise<[CliBench, (args: readonly string[]) => Promise<CliResult>]> => {
  const bench = await cliBench(context)
  const service = await startHostileService(table, answer)
  context.after(() => service.close())
  await mkdir(bench.path('deep/er'), { recursive: true })
  await bench.write(
    'in.csv',
    `${table.columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join()}\n1,2,3\n`,
  )
  await bench.write('plain.csv', 'a,b,c\n1,2,3\n')
  const environment = { ODPS_ENDPOINT: service.endpoint, PATH: process.env['PATH'] ?? '' }
  const run = async (args: readonly string[]): Promise<CliResult> => {
    const started = performance.now()
    const result = await bench.run(args, { environment })
    const what = `odps-tunnel ${args.join(' ')}`
    assert.ok(performance.now() - started < maxSeconds * 1000, what)
    assert.doesNotMatch(result.stdout, raw, what)
    assert.doesNotMatch(result.stderr, raw, what)
    assert.ok(result.code >= 0 && result.code <= 4, `${what}: ${result.code}`)
    return result
  }
  return [bench, run]
}

/** All files of the bench besides its own, its state and what lies in the folder for output. */
const strays = (bench: CliBench): string[] =>
  readdirSync(bench.folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`.slice(bench.folder.length + 1))
    .filter(name => !/^(state|config|deep\/er\/out)(\/|$)/.test(name))
    .filter(name => !['in.csv', 'plain.csv'].includes(name))

const commandsOf = (bench: CliBench): string[][] => [
  ['schema', 't'],
  ['schema', 't', '--ddl'],
  ['schema', 't', '--json'],
  ['schema', 't', '--ts'],
  ['head', 't'],
  ['head', 't', '--json'],
  ['head', 't', '--columns', nasty],
  ['count', 't'],
  ['count', 't', '--json'],
  ['count', 't', '--by-partition'],
  ['count', 't', '--by-partition', '--json'],
  ['tables', 'list'],
  ['tables', 'list', '--json'],
  ['tables', 'exists', 't'],
  ['tables', 'truncate', 't', '--yes'],
  ['tables', 'drop', 't', '--yes', '--json'],
  ['partitions', 'list', 't'],
  ['partitions', 'list', 't', '--json'],
  ['partitions', 'create', 't/pt=a'],
  ['partitions', 'drop', 't/pt=a', '--yes'],
  ['schemas'],
  ['schemas', '--json'],
  ['query', 'SELECT 1'],
  ['query', 'SELECT 1', bench.path('deep/er/out/query.csv'), '--json'],
  ['query', 'SELECT 1', '--format', 'ndjson', '--hint', `${nasty}=${nasty}`],
  ['execute', 'DROP TABLE t'],
  ['execute', 'DROP TABLE t', '--json'],
  ['copy', 't', 'u'],
  ['copy', 't', 'u', '--create', '--json'],
  ['copy', `t/${nasty}=1`, 'u'],
  ['doctor'],
  ['doctor', 't'],
  ['doctor', 't', '--json', '--read-only'],
  ['download', 't', bench.path('deep/er/out'), '--format', 'csv'],
  ['download', 't', bench.path('deep/er/out/one.ndjson')],
  ['download', 't', bench.path('deep/er/out/two.csv'), '--with-partition-columns', '--json'],
  ['download', 't', bench.path('deep/er/out/three.csv'), '--explain'],
  ['upload', bench.path('in.csv'), 't'],
  ['upload', bench.path('in.csv'), 't', '--explain'],
  ['upload', bench.path('plain.csv'), 't', '--json'],
  ['upload', bench.path('plain.csv'), 't', '--create', '--verbose'],
  ['upsert', bench.path('in.csv'), 't'],
  ['upsert', bench.path('plain.csv'), 't', '--delete', '--json'],
  ['infer', bench.path('in.csv')],
  ['infer', bench.path('in.csv'), '--json'],
  ['sessions'],
  ['sessions', '--json'],
  ['resume'],
  ['config', 'show'],
]

const nastyTable: HostileTable = {
  columns: [
    { name: 'a', type: 'string' },
    { name: nasty, type: 'string' },
    { name: `${nasty}2`, type: 'map<string,array<binary>>' },
  ],
  rows: [
    [nasty, nasty, new Map([[nasty, [Buffer.from(nasty)]]])],
    [Buffer.from('\xff\x1b[2J', 'latin1'), null, null],
  ],
}
/** A statement that ends well, and prints a text. */
const statementEnds = (action: string, text: string): Reply | undefined => {
  if (action === 'tasks')
    return {
      body: '<Instance><Status>Terminated</Status><Tasks><Task Type="SQL"><Name>x</Name><Status>Success</Status></Task></Tasks></Instance>',
    }
  if (action !== 'result') return undefined
  const result = Buffer.from(text).toString('base64')
  return {
    body: `<Instance><Tasks><Task Type="SQL"><Name>x</Name><Result Transform="Base64" Format="text"><![CDATA[${result}]]></Result><Status>Success</Status></Task></Tasks></Instance>`,
  }
}

const isError = ({ code }: CliResult): boolean => code !== 0

describe('text of the service', () => {
  test('is shown, not obeyed', async context => {
    const [bench, run] = await setUp(context, nastyTable)
    for (const args of commandsOf(bench)) await run(args)
    assert.match((await run(['head', 't'])).stdout, /\\u001b\[31m/)
    assert.match((await run(['schema', 't'])).stdout, /\\u202e/)
    const { columns } = JSON.parse((await run(['schema', 't', '--json'])).stdout)
    assert.equal(columns[1].name, nasty)
    assert.deepEqual(strays(bench), [])
    assert.equal(existsSync(bench.path('z')), false)
  })

  test('is shown, not obeyed, when it is what a statement prints or a query gives', async context => {
    const [bench, run] = await setUp(context, nastyTable, action => statementEnds(action, nasty))
    assert.match((await run(['execute', 'DESC t'])).stdout, /x\\u001b\[31m/)
    assert.equal(JSON.parse((await run(['execute', 'DESC t', '--json'])).stdout).text, nasty)
    for (const args of commandsOf(bench)) await run(args)
    // The first row is text as UTF-8, which a file gets as it is.
    const output = bench.path('deep/er/out/query.ndjson')
    await run(['query', 'SELECT 1', output])
    assert.deepEqual(strays(bench), [])
  })

  test('of file names and headers is shown, not obeyed', async context => {
    const [bench, run] = await setUp(context, nastyTable)
    const name = 'x\u001b[31m\u202e\n.csv'
    for (const content of ['a,b\n', '', '"a"x\n', `"${nasty.replaceAll('"', '""')}"\n1\n`, 'a\n"\n']) {
      await bench.write(name, content)
      for (const args of [
        ['infer', bench.path(name)],
        ['infer', bench.path(`no-${name}`)],
        ['upload', bench.path(name), 't'],
        ['upload', bench.path(name), 't', '--create', '--verbose'],
        ['upload', bench.path(name), 't', '--json'],
        ['sessions'],
        [nasty],
        ['upload', `--${nasty}`],
        ['download', `t/${nasty}=1`, bench.path('deep/er/out')],
      ])
        await run(args)
    }
  })

  test('is in JSON with its own meaning', async context => {
    const [, run] = await setUp(context, { ...nastyTable, rows: [nastyTable.rows![0]!] })
    const row = JSON.parse((await run(['head', 't', '--json'])).stdout)
    assert.deepEqual([row['a'], row[nasty]], [nasty, nasty])
  })

  test('of types and names does not end a comment of the TypeScript it becomes', async context => {
    const columns = [{ name: 'a', type: '*/ process.exit() /*' }]
    const [, run] = await setUp(context, { columns, partitionKeys: [{ name: '*/ x() /*', type: 'string' }] })
    const { stdout } = await run(['schema', 't', '--ts'])
    assert.doesNotMatch(stdout.replaceAll(/\/\*[\s\S]*?\*\//g, ''), /process|x\(\)/i)
  })

  for (const [status, code] of [
    [400, 'NoSuchTable'],
    [400, nasty],
    [401, 'Unauthorized'],
    [403, 'NoPermission'],
    [404, 'NoSuchProject'],
    [409, 'StatusConflict'],
  ] as const)
    test(`in errors ${status} ${JSON.stringify(code.slice(0, 12))} is shown, not obeyed`, async context => {
      const [bench, run] = await setUp(context, nastyTable, (_action, url) => ({
        status,
        body: url.pathname.startsWith('/api/') ? errorXml(code) : errorJson(code),
      }))
      for (const args of commandsOf(bench)) {
        const result = await run([...args, '--verbose'].filter((arg, i, all) => all.indexOf(arg) === i))
        const isLocal = /^(infer|sessions|resume|config)$/.test(args[0]!)
        if (!isLocal) assert.ok(isError(result), args.join(' '))
      }
      assert.deepEqual(strays(bench), [])
    })

  for (const body of [
    '',
    '<html>\u001b[31m',
    '{"a":',
    '\u0000\u0001',
    nasty,
    `{"Code":${JSON.stringify(nasty)}}`,
  ])
    test(`that is no document (${JSON.stringify(body.slice(0, 9))}) is shown, not obeyed`, async context => {
      for (const status of [200, 400]) {
        const [bench, run] = await setUp(context, nastyTable, () => ({ status, body }))
        for (const args of commandsOf(bench)) {
          const result = await run(args)
          if (/^(schema|head|count|doctor|download|upload)$/.test(args[0]!))
            assert.ok(isError(result), `${status} ${args.join(' ')}`)
        }
      }
    })
})

describe('partitions', () => {
  const partitionKeys = [{ name: 'pt', type: 'string' }]
  const columns = [{ name: 'a', type: 'string' }]
  const evil = [
    '../../../x',
    '..',
    '.',
    '/etc/x',
    'a/../../b',
    'a\\..\\b',
    nasty,
    'x'.repeat(5000),
    '%2e%2e%2f',
    'con',
  ]
  for (const value of evil)
    test(`${JSON.stringify(value.slice(0, 20))} becomes no path outside`, async context => {
      const table = { columns, partitionKeys, partitions: [value], rows: [['1'], ['2']] }
      const [bench, run] = await setUp(context, table)
      for (const args of commandsOf(bench)) await run(args)
      assert.deepEqual(strays(bench), [])
    })

  test('a column of a partition becomes no path outside', async context => {
    const name = '../../../x'
    const table = { columns, partitionKeys: [{ name, type: 'string' }], partitions: ['v'], rows: [['1']] }
    const [bench, run] = await setUp(context, table)
    for (const args of commandsOf(bench)) await run(args)
    assert.deepEqual(strays(bench), [])
  })

  test('a listing that never ends is given up', async context => {
    const table = { columns, partitionKeys, partitions: ['v'], rows: [['1']] }
    const list = (marker: string): Reply => ({
      body: `<Partitions><Marker>${marker}</Marker><Partition><Column Name="pt" Value="v"/></Partition></Partitions>`,
    })
    let asked = 0
    const markers: (() => string)[] = [() => 'same', () => (asked % 2 === 0 ? 'a' : 'b'), () => `m${asked}`]
    for (const marker of markers) {
      asked = 0
      const [bench, run] = await setUp(context, table, action => {
        if (action !== 'partitions') return undefined
        asked++
        return list(asked < 500 ? marker() : '')
      })
      for (const args of [
        ['count', 't'],
        ['download', 't', bench.path('deep/er/out'), '--format', 'csv'],
      ])
        assert.ok(isError(await run(args)), args.join(' '))
      assert.ok(asked < 100, String(asked))
    }
  })
})

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))
const tellMemory =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('\\nMAXRSS '+process.resourceUsage().maxRSS+'\\n'))"
/** Answers are read up to 64 MiB, as bytes and as text. */
const mostMegabytes = 512
const megabyte = Buffer.alloc(1 << 20, ' ')

async function* forever(chunk: Uint8Array, megabytes = 4096): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < megabytes; i++) yield chunk
}

const manyColumns = (): string => {
  const columns = Array.from({ length: 1_000_000 }, (_, i) => ({ name: `c${i}`, type: 'bigint' }))
  return `<Table><Schema format="Json"><![CDATA[${JSON.stringify({ columns, partitionKeys: [] })}]]></Schema></Table>`
}

// Most of the time is spent in starting processes, which can start side by side.
describe('more than there is room for', { concurrency: 3 }, () => {
  const columns = [{ name: 'a', type: 'string' }]
  const zeros = deflateSync(Buffer.alloc(512 << 20), { level: constants.Z_BEST_SPEED })
  const bombs: [what: string, action: string, reply: () => Reply][] = [
    ['a description without an end', 'table', () => ({ body: forever(megabyte) })],
    ['a million columns', 'table', () => ({ body: manyColumns() })],
    ['a description nested without an end', 'table', () => ({ body: '<a>'.repeat(1_000_000) })],
    [
      'a schema nested without an end',
      'table',
      () => ({
        body: `<Table><Schema format="Json"><![CDATA[{"columns":${'['.repeat(1_000_000)}]]></Schema></Table>`,
      }),
    ],
    ['an error without an end', 'table', () => ({ status: 400, body: forever(megabyte) })],
    [
      'a packed description',
      'table',
      () => ({
        headers: { 'Content-Encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(256 << 20, ' ')),
      }),
    ],
    ['a session without an end', 'createDownload', () => ({ body: forever(megabyte) })],
    ['a session nested without an end', 'createDownload', () => ({ body: '['.repeat(1_000_000) })],
    [
      'rows that unpack without an end',
      'data',
      () => ({
        headers: { 'Content-Encoding': 'deflate' },
        body: zeros,
      }),
    ],
    [
      'one cell without an end',
      'data',
      () => ({ body: forever(Buffer.concat([Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]), megabyte])) }),
    ],
  ]
  for (const [what, action, reply] of bombs)
    test(what, { timeout: 120_000 }, async context => {
      const table = { columns, rows: [['1'], ['2']] }
      const bench = await cliBench(context)
      const made = reply()
      const service = await startHostileService(table, asked => (asked === action ? made : undefined))
      context.after(() => service.close())
      const started = performance.now()
      const child = spawn(
        process.execPath,
        [
          '--max-old-space-size=512',
          '--import',
          'tsx',
          '--import',
          tellMemory,
          main,
          'head',
          't',
          '--retries',
          '0',
        ],
        {
          env: {
            PATH: process.env['PATH'],
            HOME: bench.folder,
            XDG_STATE_HOME: bench.path('state'),
            ODPS_ENDPOINT: service.endpoint,
            ODPS_PROJECT: 'p',
            ALIBABA_CLOUD_ACCESS_KEY_ID: 'a',
            ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'b',
          },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      )
      let stderr = ''
      child.stderr.on('data', chunk => {
        stderr += chunk
      })
      const [code] = await once(child, 'close')
      const megabytes = Number(/MAXRSS (\d+)/.exec(stderr)?.[1] ?? Number.NaN) / 1024
      context.diagnostic(`${((performance.now() - started) / 1000).toFixed(1)} s, ${megabytes.toFixed(0)} MB`)
      assert.equal(code, 1, stderr.slice(0, 500))
      assert.match(stderr, /^odps-tunnel: ODPS_\w+: /m)
      assert.ok(megabytes < mostMegabytes, `${megabytes} MB`)
    })
})
