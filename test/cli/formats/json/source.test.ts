import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type CliBench, cliBench } from '../../support.js'

/*
 * JSON files into a table and out of it. What must arrive is what Python makes of the same text:
 *   json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=list)
 */

const written =
  '{"2": [1.0, 2.50, -0, 1e400, 123456789012345678901234567890], "1": "a  b\\u00e9\\/", "2": null}'
const record = `{"d": 12345678901234567.89, "b": -9223372036854775807, "j": ${written}, "m": {"10": 0.10, "9": 12345678901234567890.123456789012345678}, "l": [3.141592653589793238], "s": {"X": 1.50, "j": [ 1.0 ]}, "f": 1e38, "x": 0.1, "k": -0, "t": "a  b\\t"}`
const columns = {
  d: 'decimal(38,2)',
  b: 'bigint',
  j: 'json',
  m: 'map<bigint,decimal(38,18)>',
  l: 'array<decimal(38,18)>',
  s: 'struct<x:decimal(10,2),j:json>',
  f: 'float',
  x: 'double',
  k: 'json',
  t: 'string',
}
const printed = `{"d":"12345678901234567.89","b":-9223372036854775807,"j":${written},"m":{"10":"0.10","9":"12345678901234567890.123456789012345678"},"l":["3.141592653589793238"],"s":{"x":"1.50","j":[ 1.0 ]},"f":1e+38,"x":0.1,"k":-0,"t":"a  b\\t"}`

/** The text of an NDJSON file as a JSON file, too. */
const both = (lines: readonly string[]): [name: string, text: string][] => [
  ['f.ndjson', lines.map(line => `${line}\n`).join('')],
  ['f.json', `[\n${lines.join(',\n')}\n]`],
]

const badLines = async (bench: CliBench): Promise<{ record: number; column?: string; reason: string }[]> =>
  (await bench.read('bad.ndjson'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

describe('JSON files', () => {
  for (const [name, text] of both([record]))
    test(`${name}: numbers, spellings and keys arrive as they were written, and come back`, async context => {
      const bench = await cliBench(context)
      await bench.emulator.createTable({ name: 't', columns })
      await bench.ok(['upload', await bench.write(name, `\ufeff${text}`), 't'])
      const { stdout } = await bench.ok(['download', 't', '-', '--format', 'ndjson'])
      assert.equal(stdout, `${printed}\n`)
      const again = await bench.write('again.ndjson', stdout)
      await bench.ok(['upload', again, 't', '--overwrite'])
      assert.equal((await bench.ok(['download', 't', '-', '--format', 'ndjson'])).stdout, stdout)
      const file = bench.path('again.json')
      await bench.ok(['download', 't', file])
      assert.equal(await bench.read('again.json'), `[\n${printed}\n]\n`)
      await bench.ok(['upload', file, 't', '--overwrite'])
      assert.equal((await bench.ok(['download', 't', '-', '--format', 'ndjson'])).stdout, stdout)
    })

  const refused: readonly (readonly [type: string, value: string, reason: RegExp])[] = [
    ['double', '1e400', /DOUBLE reaches/],
    ['float', '1e39', /FLOAT reaches/],
    ['array<float>', '[1,1e39]', /\[1\]: FLOAT reaches/],
    ['decimal(10,2)', '0.125', /fraction digits/],
    ['bigint', '9223372036854775808', /BIGINT ranges from/],
    ['bigint', '1.5', /whole number/],
    ['int', '2147483648', /INT ranges from/],
    ['string', '5', /a JSON string for STRING, got a number/],
    ['string', 'true', /got true/],
    ['binary', '1234', /got a number/],
    ['map<string,int>', '{"a":1,"a":2}', /a duplicate key/],
    ['map<string,int>', '[["a",1],["a",2]]', /a duplicate key/],
    ['map<string,int>', '[["a"]]', /pairs/],
    ['struct<a:int>', '{"a":1,"a":2}', /'a', which is a field that it already has/],
    ['struct<a:int>', '{"b":1}', /'b', which isn't a field/],
    ['array<struct<a:int>>', '[{"a":1},{"a":"x"}]', /\[1\]\.a: /],
    ['datetime', '"2001-02-03T04:05:06 CST"', /'CST'/],
    ['json', '{"a":NaN}', /isn't JSON/],
    ['json', '[1,]', /isn't JSON/],
    ['json', '"\t"', /isn't JSON.*U\+0009/],
    ['json', '"\u0001"', /isn't JSON.*U\+0001/],
    ['json', '\ufeff1', /isn't JSON.*U\+FEFF/],
    ['json', "{'a':1}", /isn't JSON/],
    ['json', '1234567890123456"x"', /isn't JSON/],
    ['json', `${'['.repeat(2_000)}${']'.repeat(2_000)}`, /nested deeper than 512/],
    ['json', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, /nested deeper than 512/],
    ['array<int>', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /nested deeper than 512/],
  ]
  for (const [type, value, reason] of refused)
    for (const [name, text] of both(['{"c":null}', `{"c":${value}}`, '{"c":null}']))
      test(`${name}: ${value.slice(0, 40)} is refused for ${type} by its record, and can be set aside`, async context => {
        const bench = await cliBench(context)
        await bench.emulator.createTable({ name: 't', columns: { c: type } })
        const path = await bench.write(name, text)
        const { code, stderr } = await bench.run(['upload', path, 't'])
        assert.equal(code, 3, stderr)
        assert.match(stderr, new RegExp(`${name}, record 2`))
        assert.match(stderr, reason)
        await bench.ok(['upload', path, 't', '--bad-records', bench.path('bad.ndjson')])
        assert.deepEqual(await bench.rows('t'), [[null], [null]])
        const [bad, ...others] = await badLines(bench)
        assert.equal(others.length, 0)
        assert.equal(bad!.record, 2)
        assert.match(bad!.reason, reason)
      })

  test('a record whose text is not UTF-8 is one bad record', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { c: 'string' } })
    for (const [name, text] of both(['{"c":"a"}', '{"c":"caf\xe9"}', '{"c":"b"}'])) {
      const path = await bench.write(name, Buffer.from(text, 'latin1'))
      const { code, stderr } = await bench.run(['upload', path, 't'])
      assert.equal(code, 3)
      assert.match(stderr, /record 2: is not utf-8/)
      await bench.ok(['upload', path, 't', '--overwrite', '--discard-bad-records'])
      assert.deepEqual(await bench.rows('t'), [['a'], ['b']])
      await bench.ok(['upload', path, 't', '--overwrite', '--encoding', 'latin1'])
      assert.deepEqual(await bench.rows('t'), [['a'], ['café'], ['b']])
      const wide = await bench.write(name, Buffer.from(`\ufeff${text}`, 'utf16le'))
      await bench.ok(['upload', wide, 't', '--overwrite'])
      assert.deepEqual(await bench.rows('t'), [['a'], ['café'], ['b']])
    }
  })

  test('a key twice in a record is refused, in any case; an unknown one can be passed over', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { c: 'int', d: 'int' } })
    for (const [line, reason] of [
      ['{"c":1,"c":1,"d":1}', /column 'c': is duplicated/],
      ['{"c":1,"C":1,"d":1}', /column 'C': is duplicated/],
      ['{"c":1,"d":1,"e":1}', /column 'e': is a key for which the table has no column/],
      ['[1]', /has 1 value, the table 2 columns/],
      ['"x"', /neither a JSON object nor an array/],
    ] as const) {
      const lines = [...Array.from({ length: 1000 }, () => '{"c":1,"d":2}'), line]
      const path = await bench.write('f.ndjson', `${lines.join('\n')}\n`)
      const { stderr, code } = await bench.run(['upload', path, 't'])
      assert.equal(code, 3)
      assert.match(stderr, /record 1001/)
      assert.match(stderr, reason)
    }
    const path = await bench.write('f.ndjson', '{"c":1,"d":2,"e":3}\n{"D":4,"c":3,"f":3}\n[5,6]\n')
    await bench.ok(['upload', path, 't', '--extra-columns', 'ignore'])
    assert.deepEqual(await bench.rows('t'), [
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    await bench.ok(['upload', path, 't', '--overwrite', '--columns', 'd', '--missing-columns', 'null'])
    assert.deepEqual((await bench.rows('t')).slice(0, 2), [
      [null, 2],
      [null, 4],
    ])
  })

  test('a key that comes late means the column that infer names after it', async context => {
    const bench = await cliBench(context)
    const early = Array.from({ length: 1000 }, (_, i) => `{"id":${i}}`)
    const late = [
      '{"Late Key":"a","late-key":"b"}',
      '{"late-key":"c"}',
      '{"1st":"d","LATE KEY":"e","日 期":"f"}',
    ]
    const path = await bench.write('f.ndjson', `${[...early, ...late].join('\n')}\n`)
    const rows = [
      [null, 'a', 'b', null, null],
      [null, null, 'c', null, null],
      [null, 'e', null, 'd', 'f'],
    ]
    await bench.ok(['upload', path, 't', '--create'])
    assert.deepEqual((await bench.rows('t')).slice(1000), rows)
    // The table is there now, so nothing but the first records is looked at before; so it is for --resume.
    await bench.ok(['upload', path, 't', '--create', '--overwrite'])
    assert.deepEqual((await bench.rows('t')).slice(1000), rows)
    await bench.ok(['upload', path, 't', '--missing-columns', 'null', '--overwrite'])
    assert.deepEqual((await bench.rows('t')).slice(1000), rows)
    const both = await bench.write(
      'b.ndjson',
      `${[...early, '{"late key":"a"}', '{"late_key":"b"}'].join('\n')}\n`,
    )
    const options = ['--missing-columns', 'null', '--extra-columns', 'ignore']
    await bench.emulator.createTable({ name: 'u', columns: { id: 'bigint', late_key: 'string' } })
    const { stderr, code } = await bench.run(['upload', both, 'u', ...options])
    assert.equal(code, 3)
    assert.match(
      stderr,
      /record 1002, column 'late_key': is a column that the key 'late key' has already set/,
    )
  })

  test('whole numbers in other spellings, epoch milliseconds, times in --timezone, nested JSON in text', async context => {
    const bench = await cliBench(context)
    const types = {
      b: 'bigint',
      i: 'int',
      at: 'datetime',
      ts: 'timestamp',
      l: 'array<array<int>>',
      f: 'double',
    }
    await bench.emulator.createTable({ name: 't', columns: types })
    const line =
      '{"b":1.0,"i":12e1,"at":981173106789,"ts":"2001-02-03 12:05:06","l":["[1]",[2]],"f":"Infinity"}'
    const path = await bench.write('f.ndjson.gz', gzipSync(line))
    await bench.ok(['upload', path, 't', '--timezone', 'GMT+8'])
    const { stdout } = await bench.ok(['download', 't', '-', '--format', 'ndjson'])
    assert.equal(
      stdout,
      '{"b":1,"i":120,"at":"2001-02-03T04:05:06.789Z","ts":"2001-02-03T04:05:06.000000000Z","l":[[1],[2]],"f":"Infinity"}\n',
    )
  })

  test('a JSON file that is none is an error of the file, whatever may be set aside', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { c: 'int' } })
    for (const [text, reason] of [
      ['{"c":1}', /not a JSON array of records/],
      ['[{"c":1},{"c":2}', /not closed/],
      ['[{"c":1}] []', /something follows/],
      ['', /empty/],
    ] as const) {
      const path = await bench.write('f.json', text)
      const { code, stderr } = await bench.run(['upload', path, 't', '--discard-bad-records'])
      assert.equal(code, 3)
      assert.match(stderr, reason)
      assert.deepEqual(await bench.rows('t'), [])
    }
    await bench.run(['upload', await bench.write('f.json', '[{"c":1},]'), 't', '--discard-bad-records'])
    assert.deepEqual(await bench.rows('t'), [[1]])
  })
})

describe('JSON files of a table', () => {
  test('a MAP with equal keys is a list of pairs, which comes back as an error by record and column', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { m: 'map<string,bigint>' } })
    const { writeJson } = await import('../../../../lib/cli/formats/json/writer.js')
    const { parseDataType } = await import('../../../../lib/index.js')
    const column = { name: 'm', type: parseDataType('map<string,bigint>'), nullable: true }
    const rows = [
      [
        [
          ['a', 1n],
          ['b', 2n],
        ],
      ],
      [
        [
          ['a', 1n],
          ['a', 2n],
        ],
      ],
    ]
    let text = ''
    const batches = (async function* () {
      yield rows
    })()
    for await (const { bytes } of writeJson([column], 'ndjson', 'utf-8')(batches)) text += bytes
    assert.equal(text, '{"m":{"a":1,"b":2}}\n{"m":[["a",1],["a",2]]}\n')
    const { code, stderr } = await bench.run(['upload', await bench.write('f.ndjson', text), 't'])
    assert.equal(code, 3)
    assert.match(stderr, /record 2, column 'm': a MAP has a duplicate key/)
    const pairs = await bench.write('f.ndjson', '{"m":[["a",1],["b",null]]}\n{"m":[]}')
    await bench.ok(['upload', pairs, 't'])
    assert.deepEqual(await bench.rows('t'), [
      [
        new Map([
          ['a', 1n],
          ['b', null],
        ]),
      ],
      [new Map()],
    ])
  })

  test('text that is not UTF-8 is an error by row and column, in nested values too', async context => {
    const bench = await cliBench(context)
    for (const [type, value] of [
      ['string', Buffer.from([0xff])],
      ['array<string>', [Buffer.from([0xff])]],
      ['map<string,int>', new Map([[Buffer.from([0xff]), 1]])],
    ] as const)
      for (const format of ['ndjson', 'json']) {
        const name = `t_${type.length}_${format}`
        await bench.emulator.createTable({ name, columns: { id: 'int', c: type } })
        await bench.fill(name, [
          [1, null],
          [2, null],
          [3, value],
        ])
        const path = bench.path(`out.${format}`)
        const { code, stderr } = await bench.run(['download', name, path])
        assert.equal(code, 1)
        assert.match(stderr, /row 2, column 'c': .*UTF-8/)
        assert.match(stderr, /--columns/)
        const { stdout } = await bench.ok(['download', name, '-', '--format', format, '--columns', 'id'])
        assert.equal(JSON.parse(format === 'json' ? stdout : `[${stdout.trim().split('\n')}]`).length, 3)
      }
  })
})
