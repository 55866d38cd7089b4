import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Tunnel } from '../../../../lib/tunnel.js'
import { type CliBench, cliBench } from '../../support.js'

/* Files of pyarrow and DuckDB, as golden/make_parquet.py writes them, through the command line. */

const golden = (name: string): string => fileURLToPath(new URL(`../golden/${name}.parquet`, import.meta.url))

/** With the bytes of texts. */
const rowsOf = async ({ emulator }: CliBench, table: string): Promise<unknown[]> => {
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }
  await using tunnel = new Tunnel({ endpoint: emulator.endpoint, project: 'p', credentials })
  const session = await tunnel.createDownloadSession({ table })
  return await session.download(0, session.recordCount, { string: 'buffer', json: 'text' })
}

const utf8 = (text: string): Buffer => Buffer.from(text)
const refusedDuck =
  /'time' \(TIME\(MICROS\) of INT64\), 'interval' \(INTERVAL of FIXED_LEN_BYTE_ARRAY\), 'variant' \(VARIANT\), 'times' \(\[\]\.a: TIME\(MICROS\) of INT64\)/
const heldDuck = 'uuid,enum,json,blob,ubigint,decimal,geometry,timestamp_ms,timestamp_ns,timestamptz,map'

describe('uploading Parquet', () => {
  test('refuses columns that no type holds by name and type, before the table is made', async context => {
    const bench = await cliBench(context)
    const { code, stderr } = await bench.run(['upload', golden('duckdb'), 'made', '--create'])
    assert.equal(code, 1)
    assert.match(stderr, refusedDuck)
    assert.match(stderr, /--columns/)
    assert.match((await bench.run(['schema', 'made'])).stderr, /no table|not found|does not exist/i)
    const inferred = await bench.run(['infer', golden('duckdb')])
    assert.equal(inferred.code, 1)
    assert.equal(inferred.stdout, '')
    assert.match(inferred.stderr, refusedDuck)
  })

  test('makes a table of the columns that --columns names', async context => {
    const bench = await cliBench(context)
    await bench.ok([
      'upload',
      golden('duckdb'),
      'made',
      '--create',
      '--columns',
      heldDuck,
      '--extra-columns',
      'ignore',
    ])
    assert.deepEqual(await rowsOf(bench, 'made'), [
      [
        utf8('00112233-4455-6677-8899-aabbccddeeff'),
        utf8('b'),
        '{"a":1.0}',
        Buffer.from([255, 0]),
        '18446744073709551615',
        '12345678901234567890.12',
        Buffer.from('0101000000000000000000f03f0000000000000040', 'hex'),
        ...(await timesOfDuck()),
        new Map<string, unknown>([
          ['1.10', utf8('x')],
          ['0.10', null],
        ]),
      ],
    ])
  })

  test('refuses types that never fit a column, before any row is sent', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 't',
      columns: { time: 'bigint', ubigint: 'boolean', blob: 'binary', interval: 'string' },
    })
    const { code, stderr } = await bench.run(['upload', golden('duckdb'), 't', '--extra-columns', 'ignore'])
    assert.equal(code, 1)
    assert.match(stderr, /column 'time': TIME\(MICROS\) of INT64 .*BIGINT/)
    assert.match(stderr, /column 'ubigint': uint64 .*BOOLEAN/)
    assert.match(stderr, /column 'interval': INTERVAL .*STRING/)
    assert.doesNotMatch(stderr, /column 'blob'/)
    await bench.ok(['upload', golden('duckdb'), 't', '--columns', 'blob'])
    assert.deepEqual(await rowsOf(bench, 't'), [[null, null, Buffer.from([255, 0]), null]])
  })

  test('keeps bytes, byte order marks and keys, and sets aside a MAP with a key twice', async context => {
    const bench = await cliBench(context)
    const columns = {
      id: 'bigint',
      s: 'string',
      m: 'map<decimal(5,2),binary>',
      p: 'struct<`__proto__`:bigint,`2`:string,`1`:string>',
    }
    await bench.emulator.createTable({
      name: 't',
      columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    })
    const upload = ['upload', golden('odd-values'), 't', '--columns', 'id,s,m,p']
    const refused = await bench.run(upload)
    assert.equal(refused.code, 3)
    assert.match(refused.stderr, /record 2, column 'm': a MAP has a duplicate key/)
    await bench.ok([...upload, '--bad-records', bench.path('bad.json')])
    const struct = (id: bigint, two: string, one: string): object =>
      Object.fromEntries([
        ['__proto__', id],
        ['2', utf8(two)],
        ['1', utf8(one)],
      ])
    assert.deepEqual(await rowsOf(bench, 't'), [
      [
        1n,
        Buffer.from([255, 254]),
        new Map([
          ['1.10', Buffer.from([255])],
          ['0.10', Buffer.alloc(0)],
        ]),
        struct(1n, 'two', 'one'),
      ],
      [3n, utf8('ok'), new Map(), null],
    ])
    const bad = JSON.parse(await bench.read('bad.json')) as { record: number; fields: unknown[] }
    assert.equal(bad.record, 2)
    assert.deepEqual(bad.fields.slice(0, 2), ['2', '\ufeffa'])
    assert.equal(bad.fields[4], '(not read)')
  })

  test('takes times without a zone in the zone of --timezone where an instant is wanted', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 't',
      columns: { timestamp_ns: 'timestamp', timestamptz: 'timestamp' },
    })
    const upload = ['upload', golden('duckdb'), 't', '--columns', 'timestamp_ns,timestamptz']
    await bench.ok([...upload, '--timezone', 'Asia/Shanghai'])
    await bench.ok(upload)
    const { Timestamp } = await import('../../../../lib/index.js')
    const always = new Timestamp(-62_135_596_800n, 0)
    assert.deepEqual(await bench.rows('t'), [
      [new Timestamp(981_173_106n - 28_800n, 789_123_456), always],
      [new Timestamp(981_173_106n, 789_123_456), always],
    ])
  })

  test('reads each file of pyarrow into a table that it makes', async context => {
    const bench = await cliBench(context)
    for (const name of [
      'leaves-2.6-v2-zstd',
      'leaves-1.0',
      'nested-small-pages',
      'old-lists',
      'empty-groups',
    ]) {
      const table = name.replaceAll(/\W/g, '_')
      await bench.ok(['upload', golden(name), table, '--create'])
      assert.ok(bench.emulator.rowCount(table) >= 3)
    }
    assert.deepEqual(await bench.rows('empty_groups'), [
      [1n, 'a', null],
      [null, null, null],
      [3n, '', null],
    ])
  })
})

const timesOfDuck = async (): Promise<unknown[]> => {
  const { Timestamp } = await import('../../../../lib/index.js')
  return [
    new Timestamp(253_402_300_799n, 999_000_000),
    new Timestamp(981_173_106n, 789_123_456),
    new Timestamp(-62_135_596_800n, 0),
  ]
}
