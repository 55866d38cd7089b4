import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import type { Emulator } from '../../../lib/emulator/index.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { Timestamp } from '../../../lib/values/timestamp.js'
import { readXml, textAt } from '../../../lib/xml.js'
import { call, TableCalls, withEmulator } from '../emulator-client.js'

type Columns = Readonly<Record<string, string>>

/** Encodes rows by the types given, which need only lie on the wire as those of the table do. */
const upload = async (
  emulator: Emulator,
  columns: Columns,
  rows: readonly unknown[][],
  partition = '',
): Promise<void> => {
  const list = Object.entries(columns)
  const encoder = createRecordEncoder(
    list.map(([name, type]) => ({ name, type: parseDataType(type), nullable: true })),
  )
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  const query = partition === '' ? 'uploads=' : 'uploads=&create_partition='
  await new TableCalls(emulator, undefined, partition).upload([encoder.finish()], query)
}

/** What `?result` says of a query, as bytes. */
const resultOf = async (emulator: Emulator, sql: string, settings = '{}'): Promise<Buffer> => {
  const body = Buffer.from(
    '<Instance><Job><Tasks><SQL><Name>x</Name><Config><Property><Name>settings</Name>' +
      `<Value>${settings}</Value></Property></Config><Query><![CDATA[${sql}]]></Query></SQL></Tasks></Job></Instance>`,
  )
  const sent = await call(emulator.endpoint, 'POST', '/projects/p/instances', { body })
  const id = sent.headers['location']?.split('/').at(-1)
  const reply = await call(emulator.endpoint, 'GET', `/projects/p/instances/${id}?result`)
  return Buffer.from(textAt(readXml(reply.body.toString()), 'Tasks', 'Task', 'Result') ?? '', 'base64')
}

const headOf = async (emulator: Emulator, query = ''): Promise<Buffer> =>
  (await call(emulator.endpoint, 'GET', `/projects/p/tables/t?data${query}`)).body

/** Bytes of text that is written with one character per byte. */
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

const noUtf8 = bytes('\xff\xc3(\xed\xa0\x80"\n\x00\x80')

describe('bytes that are not UTF-8', () => {
  const columns = {
    s: 'string',
    c: 'char(3)',
    v: 'varchar(9)',
    b: 'binary',
    a: 'array<string>',
    m: 'map<string,binary>',
    r: 'struct<x:string,y:array<binary>>',
  }
  const odd = bytes('\xff"\\')
  const row = [
    noUtf8,
    bytes('\xff'),
    bytes('\xfe\xfd'),
    noUtf8,
    [odd, null],
    new Map([[odd, odd]]),
    { x: odd, y: [odd] },
  ]
  const cell = '\xff\xc3(\xed\xa0\x80""\n\x00\x80'
  const nested = String.raw`""${'\xff'}\""\\""`
  const line =
    `"${cell}","\xff  ","\xfe\xfd","${cell}","[${nested}, \\N]",` +
    `"{${nested}:${nested}}","{x:${nested}, y:[${nested}]}"`

  test('come out of results and heads as they went in', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns })
      await upload(emulator, columns, [row])
      const expected = bytes(`"s","c","v","b","a","m","r"\n${line}\n`)
      assert.deepEqual(await resultOf(emulator, 'select * from t'), expected)
      assert.deepEqual(await resultOf(emulator, 'select s, c, v, b, a, m, r from t'), expected)
      assert.deepEqual(await headOf(emulator), expected)
      assert.deepEqual(await headOf(emulator, '&linenum=1&cols=b,s'), bytes(`"b","s"\n"${cell}","${cell}"\n`))
    }))

  test('beside the columns of a partition; JSON and DECIMAL too', () =>
    withEmulator(async emulator => {
      await emulator.createTable({
        name: 't',
        columns: { j: 'json', d: 'decimal(38,18)', a: 'array<json>' },
        partitionColumns: { pt: 'string', n: 'bigint', day: 'date' },
      })
      // As a varint 134213632 is 80 c0 ff 7f, the bytes that end a record.
      const partition = 'pt=a,n=134213632,day=2024-02-29'
      const stored = { j: 'string', d: 'string', a: 'array<string>' }
      const json = bytes('"\xff"')
      await upload(emulator, stored, [[json, '1.500', [json]]], partition)
      const line = String.raw`"""${'\xff'}""",1.500,"[""\""${'\xff'}\""""]","a",134213632,"2024-02-29"`
      const expected = bytes(`"j","d","a","pt","n","day"\n${line}\n`)
      assert.deepEqual(await headOf(emulator), expected)
      assert.deepEqual(await resultOf(emulator, 'select * from t'), expected)
      assert.deepEqual(
        await resultOf(emulator, 'select day, j, n from t'),
        bytes('"day","j","n"\n"2024-02-29","""\xff""",134213632\n'),
      )
    }))

  test('equal keys of a MAP stay', () =>
    withEmulator(async emulator => {
      const pairs = new Map([
        [bytes('k'), 1n],
        [bytes('k'), 2n],
      ])
      await emulator.createTable({ name: 't', columns: { m: 'map<string,bigint>', i: 'bigint' } })
      await upload(emulator, { m: 'map<string,bigint>', i: 'bigint' }, [[pairs, 5n]])
      const expected = '"m","i"\n"{""k"":1, ""k"":2}",5\n'
      assert.equal(String(await headOf(emulator)), expected)
      assert.equal(String(await resultOf(emulator, 'select m, i from t')), expected)
    }))

  test('a partition whose value is none of its type is refused', () =>
    withEmulator(async emulator => {
      await emulator.createTable({
        name: 't',
        columns: { a: 'bigint' },
        partitionColumns: { day: 'date' },
      })
      await upload(emulator, { a: 'bigint' }, [[1n]], 'day=yesterday')
      assert.match(String(await headOf(emulator)), /InvalidPartitionSpec/)
      assert.match(String(await resultOf(emulator, 'select * from t')), /partitionspec is not valid/)
    }))
})

describe('times', () => {
  const columns = { d: 'datetime', t: 'timestamp', n: 'timestamp_ntz', y: 'date', a: 'array<datetime>' }
  // (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone)), Python 3.11
  const expected: Readonly<Record<string, readonly string[]>> = {
    UTC: ['2023-11-14 22:13:20', '1900-01-01 00:00:00', '1969-12-31 23:59:59', '2024-03-10 07:00:00'],
    'Asia/Shanghai': [
      '2023-11-15 06:13:20',
      '1900-01-01 08:05:43',
      '1970-01-01 07:59:59',
      '2024-03-10 15:00:00',
    ],
    'America/New_York': [
      '2023-11-14 17:13:20',
      '1899-12-31 19:00:00',
      '1969-12-31 18:59:59',
      '2024-03-10 03:00:00',
    ],
    'Asia/Kolkata': [
      '2023-11-15 03:43:20',
      '1900-01-01 05:21:10',
      '1970-01-01 05:29:59',
      '2024-03-10 12:30:00',
    ],
  }
  const instants = [1_700_000_000_123, -2_208_988_800_000, -1, 1_710_054_000_000]
  const fractions = ['123000000', '000000000', '999000000', '000000000']
  const rows = instants.map(ms => [
    new Date(ms),
    Timestamp.from(new Date(ms)),
    new Timestamp(0, 5),
    '2024-02-29',
    [new Date(ms)],
  ])
  const linesOf = (zone: string): string =>
    [
      '"d","t","n","y","a"',
      ...expected[zone]!.map(
        (text, i) =>
          `"${text}","${text}.${fractions[i]}","1970-01-01 00:00:00.000000005","2024-02-29","[""${text}""]"`,
      ),
      '',
    ].join('\n')

  const withRows = (run: (emulator: Emulator) => Promise<void>, timeZone?: string): Promise<void> =>
    withEmulator(
      async emulator => {
        await emulator.createTable({ name: 't', columns })
        await upload(emulator, columns, rows)
        await run(emulator)
      },
      { timeZone },
    )

  for (const zone of Object.keys(expected)) {
    test(`in ${zone}, by the settings of the job, by SET, by the project`, async () => {
      await withRows(async emulator => {
        const settings = JSON.stringify({ 'odps.sql.timezone': zone })
        assert.equal(String(await resultOf(emulator, 'select * from t', settings)), linesOf(zone))
        const script = `set a.b=c; SET odps.sql.timezone = ${zone.replace('/', ' / ')} ;select * from t;`
        assert.equal(String(await resultOf(emulator, script)), linesOf(zone))
        const shadowed = JSON.stringify({ 'odps.sql.timezone': 'Pacific/Apia' })
        assert.equal(String(await resultOf(emulator, script, shadowed)), linesOf(zone))
        assert.equal(String(await resultOf(emulator, 'select * from t')), linesOf('UTC'))
        assert.equal(String(await headOf(emulator)), linesOf('UTC'))
      })
      await withRows(async emulator => {
        assert.equal(String(await headOf(emulator)), linesOf(zone))
        assert.equal(String(await resultOf(emulator, 'select * from t')), linesOf(zone))
        const project = await call(emulator.endpoint, 'GET', '/projects/p')
        const property = `<Name>odps.sql.timezone</Name><Value>${zone}</Value>`
        assert.ok(project.body.toString().includes(property))
      }, zone)
    })
  }

  test('a zone that is none fails the task', () =>
    withRows(async emulator => {
      const settings = JSON.stringify({ 'odps.sql.timezone': 'Asia/Shangai' })
      assert.match(String(await resultOf(emulator, 'select * from t', settings)), /^ODPS-0420061:.*Shangai/)
      const script = 'set odps.sql.timezone=nowhere; select * from t'
      assert.match(String(await resultOf(emulator, script)), /^ODPS-0420061:.*nowhere/)
    }))

  test('beyond what a Date can hold', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: { d: 'datetime', y: 'date', i: 'bigint' } })
      const last = 8_640_000_000_000_000n
      await upload(emulator, { d: 'bigint', y: 'bigint', i: 'bigint' }, [
        [last, 100_000_000n, 1n],
        [last + 1000n, 100_000_001n, 2n],
        [-last - 1n, -100_000_001n, 3n],
        [2n ** 63n - 1n, 0n, 4n],
        [-(2n ** 63n), 0n, 5n],
      ])
      for (const timeZone of ['UTC', 'Asia/Shanghai', '-12:00']) {
        const settings = JSON.stringify({ 'odps.sql.timezone': timeZone })
        const lines = String(await resultOf(emulator, 'select d, y, i from t', settings)).split('\n')
        assert.equal(lines.length, 7)
        if (timeZone !== 'UTC') continue
        assert.equal(lines[1], '"+275760-09-13 00:00:00","+275760-09-13",1')
        assert.equal(lines[2], '"+275760-09-13 00:00:01","+275760-09-14",2')
        assert.equal(lines[3], '"-271821-04-19 23:59:59","-271821-04-19",3')
      }
      const head = await call(emulator.endpoint, 'GET', '/projects/p/tables/t?data')
      assert.deepEqual([head.status, head.body.toString().split('\n').length], [200, 7])
    }))
})

test('FLOAT has the fewest digits that read back', () =>
  withEmulator(async emulator => {
    const columns = { f: 'float', d: 'double' }
    await emulator.createTable({ name: 't', columns })
    await upload(emulator, columns, [
      [0.1, 0.1],
      [-0, -0],
      [Number.NaN, Number.POSITIVE_INFINITY],
    ])
    assert.equal(String(await headOf(emulator)), '"f","d"\n0.1,0.1\n-0,-0\nNaN,Infinity\n')
  }))
