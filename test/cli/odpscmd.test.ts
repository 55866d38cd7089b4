import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startEmulator } from '../../lib/emulator/index.js'
import { Tunnel } from '../../lib/tunnel.js'
import { type CliBench, cliBench } from './support.js'

/** The machine is nine hours east of UTC. */
const environment = { TZ: 'Asia/Tokyo' }

const benchWith = async (
  context: Parameters<typeof cliBench>[0],
  columns: Readonly<Record<string, string>>,
  rows: readonly unknown[] = [],
): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns })
  if (rows.length > 0) await bench.fill('t', rows)
  return bench
}

describe('behind the word tunnel', () => {
  test('a file has no header and no quotes, an empty field is NULL, and times are of the machine', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string', at: 'datetime' })
    const path = await bench.write('f.txt', '1,"x",2001-02-03 04:05:06\n2,"a""b",\n3,,2001-02-03 04:05:06\n')
    await bench.ok(['tunnel', 'upload', path, 't'], { environment })
    const at = new Date('2001-02-02T19:05:06Z')
    assert.deepEqual(await bench.rows('t'), [
      [1n, '"x"', at],
      [2n, '"a""b"', null],
      [3n, null, at],
    ])
    await bench.ok(['tunnel', 'download', 't', bench.path('out')], { environment })
    assert.equal(await bench.read('out'), '1,"x",2001-02-03 04:05:06\n2,"a""b",\n3,,2001-02-03 04:05:06\n')
  })

  test('a lone quote swallows nothing', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    const path = await bench.write('f.csv', '1,"\n2,a"b\n3,""\n')
    await bench.ok(['tunnel', 'u', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [
      [1n, '"'],
      [2n, 'a"b'],
      [3n, '""'],
    ])
  })

  test('without it our own defaults stay', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string', at: 'datetime' })
    const path = await bench.write('f.csv', 'id,name,at\n1,"x",2001-02-03 04:05:06\n')
    await bench.ok(['upload', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [[1n, 'x', new Date('2001-02-03T04:05:06Z')]])
    await bench.ok(['download', 't', bench.path('out.csv')], { environment })
    assert.equal(await bench.read('out.csv'), 'id,name,at\n1,x,2001-02-03T04:05:06.000Z\n')
  })

  test('-cf true has quotes, and -h true a header', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    const path = await bench.write('f.csv', 'id,name\n1,"a, ""b"""\n')
    await bench.ok(['tunnel', 'upload', '-cf', 'true', '-h', 'true', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [[1n, 'a, "b"']])
    await bench.ok(['tunnel', 'd', '-cf', 'true', '-h', 'true', 't', bench.path('out.csv')], { environment })
    assert.equal(await bench.read('out.csv'), 'id,name\n1,"a, ""b"""\n')
  })

  test('-cf false turns quotes off without the word, too', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    await bench.ok(['upload', '-cf', 'false', await bench.write('f.csv', 'id,name\n1,"x"\n'), 't'])
    assert.deepEqual(await bench.rows('t'), [[1n, '"x"']])
  })

  test('-ss false loads a file without a header: what is missing is NULL, what is too much is dropped', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    const path = await bench.write('f.txt', '1,a\n2\n3,c,more\n')
    await bench.ok(['tunnel', 'upload', '-ss', 'false', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [
      [1n, 'a'],
      [2n, null],
      [3n, 'c'],
    ])
  })

  test('-mbr alone lets no bad record pass', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    const path = await bench.write('f.txt', '1\nx\n')
    const { code } = await bench.run(['tunnel', 'upload', '-mbr', '5', path, 't'], { environment })
    assert.equal(code, 3)
    await bench.ok(['tunnel', 'upload', '-mbr', '5', '-dbr', 'true', path, 't'], { environment })
    assert.equal(bench.emulator.rowCount('t'), 1)
  })

  test('-bs 100, the default there, is taken', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    await bench.ok(['tunnel', 'upload', '-bs', '100', await bench.write('f.txt', '1\n'), 't'], {
      environment,
    })
    assert.equal(bench.emulator.rowCount('t'), 1)
  })

  test('-tz wins over the machine, in the spellings of Java', async context => {
    for (const [zone, instant] of [
      ['GMT+8', '2001-02-02T20:05:06.000Z'],
      ['GMT-03:30', '2001-02-03T07:35:06.000Z'],
      ['UTC', '2001-02-03T04:05:06.000Z'],
      ['America/New_York', '2001-02-03T09:05:06.000Z'],
    ] as const) {
      const bench = await benchWith(context, { at: 'datetime' })
      const path = await bench.write('f.txt', '2001-02-03 04:05:06\n')
      await bench.ok(['tunnel', 'upload', '-tz', zone, path, 't'], { environment })
      assert.deepEqual(await bench.rows('t'), [[new Date(instant)]], zone)
    }
  })

  test('a zone of the machine that is none is refused, where odpscmd takes GMT', async context => {
    const bench = await benchWith(context, { at: 'datetime' })
    const path = await bench.write('f.txt', '2001-02-03 04:05:06\n')
    const odd = { environment: { TZ: 'CST6CDT5,M3.2.0,M11.1.0' } }
    const { code, stderr } = await bench.run(['tunnel', 'upload', path, 't'], odd)
    assert.equal(code, 2)
    assert.match(
      stderr,
      /the zone of this machine: 'CST6CDT5,M3\.2\.0,M11\.1\.0' is no known time zone\n.*--timezone/,
    )
    await bench.ok(['tunnel', 'upload', '-tz', 'UTC', path, 't'], odd)
  })
})

describe('project.table', () => {
  test('is a table of another project, there and back, and in the journal', async context => {
    const emulator = await startEmulator({ projects: ['p', 'q'] })
    context.after(() => emulator.close())
    for (const project of ['p', 'q'])
      await emulator.createTable({ project, name: 't', columns: { id: 'bigint' } })
    const bench = await benchWith(context, { id: 'bigint' })
    const there = { environment: { ...environment, ODPS_ENDPOINT: emulator.endpoint } }
    const path = await bench.write('f.txt', '1\n2\n')
    const { stderr } = await bench.ok(['tunnel', 'upload', path, 'q.t'], there)
    assert.match(stderr, /2 rows committed to q\.t /)
    await bench.ok(['tunnel', 'download', 'q.t', bench.path('out.txt')], there)
    assert.equal(await bench.read('out.txt'), '1\n2\n')
    assert.match((await bench.ok(['sessions'], there)).stdout, / q\.t /)
    await using tunnel = new Tunnel({
      endpoint: emulator.endpoint,
      project: 'p',
      credentials: { accessKeyId: 'a', accessKeySecret: 'b' },
    })
    assert.equal((await tunnel.createDownloadSession({ table: 't' })).recordCount, 0)
  })

  test('is schema.table without the word', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    assert.equal((await bench.run(['download', 'q.t', bench.path('out.csv')])).code, 1)
    const [request] = bench.emulator.requests
    assert.deepEqual([request!.path, request!.query.get('curr_schema')], ['/projects/p/tables/t', 'q'])
  })

  for (const [target, message] of [
    ['.t', /'\.t' names no project/],
    ['p.', /'p\.' names no table/],
  ] as const)
    test(`'${target}' is refused`, async context => {
      const bench = await benchWith(context, { id: 'bigint' })
      const { code, stderr } = await bench.run(['tunnel', 'download', target, bench.path('x')], {
        environment,
      })
      assert.equal(code, 2)
      assert.match(stderr, message)
    })
})

describe('what odpscmd has and we have not is refused with a next step', () => {
  for (const [args, message] of [
    [['tunnel', 'upsert', 'f', 't'], /tunnel upsert is not there yet\n.*MERGE/],
    [['tunnel', 'us', 'f', 't'], /tunnel upsert is not there yet/],
    [['tunnel', 'show', 'log'], /no log of a transfer is kept\n.*sessions show/],
    [['tunnel', 'show', 'bad', '123'], /bad records are kept only in a file that you name\n.*--bad-records/],
    [['tunnel', 's', 'b'], /bad records are kept only/],
    [['tunnel', 'show'], /needs history, log or bad/],
    [['tunnel', 'head', 't'], /odpscmd's tunnel has no command 'head'\n.*leave the word tunnel out/],
    [['tunnel', 'constructor'], /odpscmd's tunnel has no command 'constructor'/],
    [
      ['tunnel', 'download', 'instance://p/2024abc', 'x.csv'],
      /'instance:\/\/p\/2024abc': results of queries cannot be downloaded yet\n.*CREATE TABLE/,
    ],
    [['download', 'INSTANCE://2024abc', 'x.csv'], /results of queries cannot be downloaded yet/],
    [['tunnel', 'upload', '-cf', 'true', '-fd', '|', 'f', 't'], /-cf true and -fd contradict each other/],
    [
      ['tunnel', 'upload', '-cf', 'true', '-rd', '\\u0001', 'f', 't'],
      /-cf true and -rd contradict each other/,
    ],
    [['upload', '-cf', 'true', '--quote', '', 'f', 't'], /--quote '' and --csv-format true contradict/],
    [
      ['upload', '--quote', '"', '--csv-format=false', 'f', 't'],
      /--quote '"' and --csv-format false contradict/,
    ],
    [
      ['tunnel', 'download', '-tz', 'Mars/Base', 't', 'x.csv'],
      /--timezone: 'Mars\/Base' is no known time zone/,
    ],
    [['tunnel', 'download', '-ci', '1,x', 't', 'x.csv'], /positions from 0, as in 0,2,5, and not 'x'/],
  ] as const)
    test(args.join(' '), async context => {
      const bench = await benchWith(context, { id: 'bigint' })
      const path = await bench.write('f.txt', '1\n')
      const { code, stderr, stdout } = await bench.run(
        args.map(arg => (arg === 'f' ? path : arg)),
        { environment },
      )
      assert.match(stderr, message)
      assert.deepEqual([code, stdout], [2, ''])
    })

  test('show history, purge and help are there', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    await bench.ok(['tunnel', 'upload', await bench.write('f', '1\n'), 't'], { environment })
    assert.match((await bench.ok(['tunnel', 'show', 'history'])).stdout, /done +upload/)
    assert.match((await bench.ok(['tunnel', 'show', 'h', '-n', '1'])).stdout, /done +upload/)
    assert.match((await bench.ok(['tunnel', 'purge', '3'])).stderr, /0 transfers forgotten/)
    assert.match((await bench.ok(['tunnel', 'help', 'upload'])).stdout, /^Usage: odps-tunnel upload/)
    assert.match((await bench.ok(['tunnel', 'h'])).stdout, /^Usage: odps-tunnel <command>/)
  })
})
