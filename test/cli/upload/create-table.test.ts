import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { parseCell, parseDataType } from '../../../lib/index.js'
import { type CliBench, cliBench } from '../support.js'

/*
 * What `--create` and `infer` promise: a table that is made for a file loads it, and gives back each value as it stood.
 */

const digits = fc.stringMatching(/^\d{1,20}$/)
const sign = fc.constantFrom('', '', '', '-', '+')
const twoDigits = fc.integer({ min: 0, max: 60 }).map(each => String(each).padStart(2, '0'))
const numbers = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.bigInt(-(2n ** 64n), 2n ** 64n).map(String),
  fc.double().map(String),
  fc.float().map(each => String(Math.fround(each))),
  fc.tuple(sign, digits).map(parts => parts.join('')),
  fc
    .tuple(sign, digits, digits)
    .map(([minus, whole, fraction]) => `${minus}${whole}.${fraction.slice(0, 3)}`),
  fc
    .tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: 0, max: 99 }))
    .map(([a, b]) => `${a}.${String(b).padStart(2, '0')}`),
  fc.tuple(digits, fc.constantFrom('e', 'E', 'e+', 'e-'), twoDigits).map(parts => parts.join('')),
  fc.constantFrom(
    '-0',
    '0',
    '0.0',
    '-0.00',
    '1.0',
    '1.10',
    '1.1',
    '1e-7',
    '1e-07',
    '1E400',
    '.5',
    '5.',
    '00123',
    '12e5',
  ),
)
const times = fc.oneof(
  fc.constantFrom('2001-02-28', '2001-02-30', '2001-2-3', '0000-01-01', '9999-12-31'),
  fc
    .tuple(
      ...([
        fc.constantFrom('T', ' '),
        twoDigits,
        twoDigits,
        fc.constantFrom('', ':07', ':07.5', ':07.50', ':07.123456'),
      ] as const),
      fc.constantFrom('', 'Z', '+08:00', ' UTC', '+00', ' CST'),
    )
    .map(([between, hour, minute, rest, zone]) => `2001-02-03${between}${hour}:${minute}${rest}${zone}`),
)
const words = fc.constantFrom(
  'true',
  'false',
  'True',
  'TRUE',
  'NaN',
  'Infinity',
  'null',
  'NULL',
  'a',
  ' a ',
  'é,"',
  '1 ',
  '',
)

/** A column is of one kind mostly, and often of one form. */
const columnOf = (count: number): fc.Arbitrary<readonly string[]> =>
  fc.oneof(numbers, times, words).chain(first =>
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(first) },
        { weight: 3, arbitrary: numbers },
        { weight: 1, arbitrary: fc.oneof(times, words) },
      ),
      {
        minLength: count,
        maxLength: count,
        size: 'max',
      },
    ),
  )

const rowCount = 4
const sized = { minLength: rowCount, maxLength: rowCount, size: 'max' } as const
const dates = fc.date({ min: new Date('0000-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })

/** Columns whose values are all of one form. */
const alike = fc.oneof(
  fc.array(fc.integer().map(String), sized),
  fc.array(fc.bigInt(-(2n ** 62n), 2n ** 62n).map(String), sized),
  fc.array(
    fc.tuple(fc.nat(9999), twoDigits).map(([whole, cents]) => `${whole}.${cents}`),
    sized,
  ),
  fc.array(
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map(each => (Object.is(each, -0) ? '-0' : String(each))),
    sized,
  ),
  fc.array(
    dates.map(date => date.toISOString().slice(0, 10)),
    sized,
  ),
  fc.array(
    dates.map(date => date.toISOString()),
    sized,
  ),
  fc.array(
    dates.map(date => `${date.toISOString().slice(0, 19).replace('T', ' ')}.123456`),
    sized,
  ),
  fc.array(
    dates.map(date => `${date.toISOString().slice(0, 23)}001+08:00`),
    sized,
  ),
  fc.array(fc.constantFrom('true', 'false'), sized),
  fc.array(fc.constantFrom('True', 'False'), sized),
)

const tables = fc.array(fc.oneof(alike, columnOf(rowCount)), { minLength: 40, maxLength: 40, size: 'max' })

const isTime = (type: string): boolean => /^(datetime|timestamp)/.test(type)

/** A text and what came of it: the same text, or for a time the same instant. */
const assertKept = (type: string, was: string, is: string): void => {
  if (type === 'boolean') assert.equal(is, was.toLowerCase())
  else if (isTime(type))
    assert.deepEqual(parseCell(is, parseDataType(type)), parseCell(was, parseDataType(type)))
  else assert.equal(is, was, type)
}

const inferred = async (bench: CliBench, path: string): Promise<string[]> => {
  const { stdout } = await bench.ok(['infer', path, '--json'])
  return JSON.parse(stdout).columns.map((column: { type: string }) => column.type)
}

/** The columns of a table as texts, read by another reader of CSV. */
const textsOf = async (bench: CliBench, table: string): Promise<string[][]> => {
  const { stdout } = await bench.ok(['download', table, '-', '--format', 'csv', '--no-header'])
  const records = parse(stdout) as string[][]
  return records[0]!.map((_, i) => records.map(record => record[i]!))
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

const endOnFailure = { endOnFailure: true, seed: 20_010_203 }

describe('a table made for a file', () => {
  for (const [format, delimiter] of [
    ['csv', ','],
    ['tsv', '\t'],
  ] as const)
    test(`${format}: each text reads back as it stood, and so it does from a file with types`, async context => {
      const bench = await cliBench(context)
      const seen = new Set<string>()
      let run = 0
      await fc.assert(
        fc.asyncProperty(tables, async columns => {
          const table = `t${run++}`
          const lines = [
            columns.map((_, i) => `c${i}`),
            ...Array.from({ length: rowCount }, (_, row) => columns.map(column => quoted(column[row]!))),
          ]
          const text = lines.map(line => `${line.join(delimiter)}\n`).join('')
          const path = await bench.write(`f.${format}`, text)
          const types = await inferred(bench, path)
          await bench.ok(['upload', path, table, '--create'])
          const texts = await textsOf(bench, table)
          for (const [i, type] of types.entries()) {
            seen.add(type.replace(/\(.*/, ''))
            for (const [row, is] of texts[i]!.entries()) assertKept(type, columns[i]![row]!, is)
            assert.equal(new Set(texts[i]).size, new Set(columns[i]).size, `${type}: ${columns[i]}`)
          }
          for (const typed of ['parquet', 'arrow', 'arrow-stream']) {
            const file = bench.path(`f.${typed}`)
            await bench.ok(['download', table, file, '--format', typed])
            await bench.ok(['upload', file, `${table}_${typed.length}`, '--format', typed, '--create'])
            assert.deepEqual(await textsOf(bench, `${table}_${typed.length}`), texts, typed)
          }
        }),
        { ...endOnFailure, numRuns: 6 },
      )
      for (const type of ['bigint', 'decimal', 'double', 'string', 'date', 'boolean'])
        assert.ok(seen.has(type), `no column was ${type}: ${[...seen]}`)
    })

  const isJsonNumber = (text: string): boolean => /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)
  const jsonAlike = alike.map(texts =>
    texts.map(text => (isJsonNumber(text) || /^(?:true|false)$/.test(text) ? text : JSON.stringify(text))),
  )
  /** Values of JSON, mostly of one kind, in the spellings that files have. */
  const jsonNumbers = fc.oneof(
    numbers.filter(isJsonNumber),
    fc.constantFrom('1.0', '2.50', '-0', '1e400', '123456789012345678901234567890'),
  )
  const jsonStrings = fc.oneof(words, times, numbers).map(text => JSON.stringify(text))
  const jsonOthers = fc.constantFrom(
    'true',
    'false',
    '{"a" : 2.50}',
    '[1.0, null]',
    '"\\ud800"',
    '"NaN"',
    '{}',
  )
  const jsonMixed = fc
    .oneof(jsonNumbers, jsonStrings, jsonOthers)
    .chain(first =>
      fc.array(
        fc.oneof(
          { weight: 4, arbitrary: fc.constant(first) },
          { weight: 2, arbitrary: jsonNumbers },
          { weight: 1, arbitrary: jsonStrings },
          { weight: 1, arbitrary: jsonOthers },
        ),
        { minLength: rowCount, maxLength: rowCount, size: 'max' },
      ),
    )

  for (const format of ['ndjson', 'json'])
    test(`${format}: each value reads back as it was written`, async context => {
      const bench = await cliBench(context)
      let run = 0
      const seen = new Set<string>()
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(jsonAlike, jsonMixed), { minLength: 40, maxLength: 40, size: 'max' }),
          async columns => {
            const table = `t${run++}`
            const records = Array.from(
              { length: rowCount },
              (_, row) => `{${columns.map((column, i) => `"c${i}": ${column[row]}`).join(', ')}}`,
            )
            const text = format === 'json' ? `[${records.join(',')}]` : records.join('\n')
            const path = await bench.write(`f.${format}`, text)
            const types = await inferred(bench, path)
            await bench.ok(['upload', path, table, '--create'])
            const texts = await textsOf(bench, table)
            for (const [i, type] of types.entries()) {
              seen.add(type.replace(/\(.*/, ''))
              for (const [row, is] of texts[i]!.entries()) {
                const was = columns[i]![row]!
                assertKept(type, type !== 'json' && was.startsWith('"') ? JSON.parse(was) : was, is)
              }
            }
          },
        ),
        { ...endOnFailure, numRuns: 6 },
      )
      for (const type of ['bigint', 'decimal', 'double', 'string', 'date', 'boolean', 'json'])
        assert.ok(seen.has(type), `no column was ${type}: ${[...seen]}`)
    })
})

/** pyarrow.parquet.write_table of timestamp('us') [0, 253402300800000000], without compression, statistics and dictionary. */
const yearTenThousand = Buffer.from(
  'UEFSMRUAFSwVLCwVBBUAFQYVBhwAAAACAAAABAEAAAAAAAAAAABgc8wMRIQDFQQZLDUAGAZzY2hlbWEVAgAVBCUCGAFhJRRMjBIcLAAAAAAAFgQZHBkcJgAcFQQZJQYAGRgBYRUAFgQWUhZSJghJHBUAFQAVAgA8KQYZJgAEAAAAFlIWBCYIFlIAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRkcHAAAAIUAAABQQVIx',
  'base64',
)

describe('a file that would not load', () => {
  const tableIsMissing = async (bench: CliBench): Promise<void> => {
    const { stderr } = await bench.run(['count', 't'])
    assert.match(stderr, /ODPS_NO_SUCH_TABLE|does not exist|no such table/i)
  }

  const lines = (count: number, line: string, last: string): string => `${`${line}\n`.repeat(count)}${last}\n`
  const refused: readonly (readonly [name: string, content: string | Uint8Array, reason: RegExp])[] = [
    ['malformed.ndjson', lines(1, '{"a":1}', '{"a":'), /record 2: the text isn't JSON/],
    ['late.ndjson', lines(25_000, '{"a":1}', '{"a":NaN}'), /record 25001: the text isn't JSON/],
    ['twice.ndjson', lines(1, '{"a":1}', '{"a":1,"A":2}'), /record 2: has a duplicate key/],
    ['lists.ndjson', '[1,2]\n', /record 1: is an array, which has no column names/],
    ['bad.ndjson', 'x\n', /record 1: the text isn't JSON: it has U\+0078/],
    ['bad.json', '[x]', /record 1: the text isn't JSON/],
    ['short.csv', lines(25_000, 'a,b', '1'), /record 25000: has 1 field, not 2/],
    ['empty.json', '[]', /has no columns/],
    [
      'utf-16.csv',
      Buffer.from('a\n1\n', 'utf16le'),
      /a name contains NUL, as in UTF-16\n.*--encoding utf-16le/,
    ],
    ['long.csv', `a,b\n1,x\n2,${'é'.repeat(2 ** 22 + 1)}\n`, /record 2, column 'b': 8388610 bytes are over/],
    [
      'long.ndjson',
      `{"a":1}\n{"a":1,"b":"${'x'.repeat(2 ** 23 + 1)}"}\n`,
      /record 2, column 'b': 8388609 bytes/,
    ],
    ['deep.json', `[{"a":["${'x'.repeat(2 ** 23)}"]}]`, /record 1, column 'a': 8388612 bytes are over/],
    ['year-10000.parquet', yearTenThousand, /record 2, column 'a': .*covers the years 0000 to 9999/],
  ]
  for (const [name, content, reason] of refused)
    test(`${name} is refused before the table is created`, async context => {
      const bench = await cliBench(context)
      const path = await bench.write(name, content)
      const { code, stderr } = await bench.run(['upload', path, 't', '--create'])
      assert.notEqual(code, 0)
      assert.match(stderr, reason)
      await tableIsMissing(bench)
    })

  test('the second of two files counts too', async context => {
    const bench = await cliBench(context)
    const one = await bench.write('1.csv', 'a,b\n1,x\n')
    const days = await bench.write('days.csv', 'd\n2024-01-01\n')
    const late = await bench.write('late.csv', 'd\n+012024-01-01\n')
    const { stderr: beyond } = await bench.run(['upload', days, late, 't', '--create'])
    assert.match(beyond, /late\.csv, record 1, column 'd': DATE covers the years 0000 to 9999/)
    await tableIsMissing(bench)
    for (const [text, reason] of [
      ['a,b\n1.5,x\n', /2\.csv, record 1, column 'a'/],
      ['a,c\n1,x\n', /2\.csv has 'c'/],
    ] as const) {
      const two = await bench.write('2.csv', text)
      const { code, stderr } = await bench.run(['upload', one, two, 't', '--create'])
      assert.notEqual(code, 0)
      assert.match(stderr, reason)
      await tableIsMissing(bench)
    }
  })

  test('a column with the name of the partition is refused', async context => {
    const bench = await cliBench(context)
    const path = await bench.write('f.csv', 'a,PT\n1,x\n')
    const { stderr } = await bench.run(['upload', path, 't/pt=x', '--create', '--create-partition'])
    assert.match(stderr, /has the column 'PT', which is also the name of a partition column/)
    await tableIsMissing(bench)
  })

  test('neither --explain nor --scan only creates a table', async context => {
    const bench = await cliBench(context)
    const path = await bench.write('f.csv', 'a,b\n1,x\n')
    await bench.ok(['upload', path, 't', '--create', '--explain'])
    await bench.ok(['upload', path, 't', '--create', '--scan', 'only'])
    await tableIsMissing(bench)
  })

  test('--resume never creates a table: no upload into one that is missing was interrupted', async context => {
    const bench = await cliBench(context)
    const path = await bench.write('f.csv', 'a,b\n1,x\n')
    const { code, stderr } = await bench.run(['upload', path, 't', '--create', '--resume'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /there is no table t, so no upload to it can be resumed\n {2}next: Leave --resume out/,
    )
    await tableIsMissing(bench)
  })

  test('no table is created by an upload whose journal cannot be written', async context => {
    const bench = await cliBench(context)
    const path = await bench.write('f.csv', 'a,b\n1,x\n')
    for (const folder of [path, `${path}/journal`]) {
      const { code, stderr } = await bench.run(['upload', path, 't', '--create', '--session-dir', folder])
      assert.equal(code, 1)
      assert.ok(stderr.includes(`the transfer journal in ${folder} cannot be written: `), stderr)
      assert.match(stderr, /\n {2}next: .*--session-dir <folder>/)
      await tableIsMissing(bench)
    }
  })

  test('a table that the service refuses is a failed transfer', async context => {
    const bench = await cliBench(context)
    const path = await bench.write('f.csv', 'a,b\n1,x\n')
    bench.emulator.setFaults([
      { action: 'submitInstance', times: 99, fault: { status: 403, code: 'NoPermission' } },
    ])
    assert.equal((await bench.run(['upload', path, 't', '--create'])).code, 1)
    const { state, error } = JSON.parse((await bench.ok(['sessions', 'list', '--json'])).stdout)
    assert.deepEqual([state, /NoPermission/.test(error)], ['failed', true])
  })

  test('what can be read only once says what to do with the table that was made for its beginning', async context => {
    const bench = await cliBench(context)
    const stdin = lines(20_000, '{"a":1}', '{"a":"x"}')
    const { code, stderr } = await bench.run(['upload', '-', 't', '--create', '--format', 'ndjson'], {
      stdin,
    })
    assert.equal(code, 3)
    assert.match(stderr, /stdin, record 20001, column 'a'|-, record 20001, column 'a'/)
    assert.match(stderr, /the table t was created by this upload and has no rows.*DROP TABLE t;/)
    assert.deepEqual(await bench.rows('t'), [])
  })
})

describe('names of columns', () => {
  for (const [name, text, made] of [
    ['f.csv', 'a b,a-b,A_B\n1,2,3\n', ['a_b', 'a_b_2', 'a_b_3']],
    ['f.csv', 'a_2,a,a,A\n1,2,3,4\n', ['a_2', 'a', 'a_3', 'a_4']],
    ['f.csv', 'Order Date,,2024,\u5206\u533a\n1,2,3,4\n', ['order_date', '_', '_2024', '\u5206\u533a']],
    ['f.ndjson', '{"a b":1,"a-b":2,"A_B":3}\n', ['a_b', 'a_b_2', 'a_b_3']],
    ['f.json', '[{"Order Date":1,"__proto__":2," x ":3}]', ['order_date', '__proto__', 'x']],
  ] as const)
    test(`${name} with ${JSON.stringify(text)}`, async context => {
      const bench = await cliBench(context)
      const path = await bench.write(name, text)
      await bench.ok(['upload', path, 't', '--create'])
      const { stdout } = await bench.ok(['download', 't', '-', '--format', 'csv'])
      assert.equal(stdout, `${made.join()}\n${made.map((_, i) => i + 1).join()}\n`)
      // The same file again, into the table that is there now.
      await bench.ok(['upload', path, 't', '--create'])
      assert.equal((await bench.rows('t')).length, 2)
    })

  test('a key that only a late record has is a column, under its own name', async context => {
    const bench = await cliBench(context)
    const text = `${'{"a b":1}\n'.repeat(5000)}{"a-b":2,"late":"x"}\n`
    const path = await bench.write('f.ndjson', text)
    await bench.ok(['upload', path, 't', '--create'])
    const { stdout } = await bench.ok(['download', 't', '-', '--format', 'csv'])
    assert.equal(stdout, `a_b,a_b_2,late\n${'1,,\n'.repeat(5000)},2,x\n`)
  })
})

test('infer says of numbers that become text how to keep their values instead, and what digits in quotes are', async context => {
  const bench = await cliBench(context)
  const csv = await bench.write('f.csv', 'a,b\n1.5,1\n2.50,\n')
  const { stderr, stdout } = await bench.ok(['infer', csv])
  assert.match(stdout, /`?a`? STRING/i)
  assert.match(stderr, /a +STRING +2 values: numbers spelled in a way .* make the column DOUBLE/)
  assert.match(stderr, /b +BIGINT +1 value, 1 NULL: whole numbers/)
  const json = await bench.write('f.ndjson', '{"a":"1","b":"true"}\n{"a":"2","b":"false"}\n')
  const why = (await bench.ok(['infer', json])).stderr
  assert.match(why, /a +STRING +2 values: text\n *b +STRING +2 values: text/)
})
