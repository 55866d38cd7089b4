import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeArrow } from '../../../../lib/cli/formats/arrow/writer.js'
import type { FormatName } from '../../../../lib/cli/formats/file-format.js'
import { CliError } from '../../../../lib/cli/usage-error.js'
import { IntervalDayTime, IntervalYearMonth, Timestamp } from '../../../../lib/index.js'
import { parseDataType } from '../../../../lib/schema/parse-data-type.js'
import { readBytes } from './values.js'

const columnsOf = (types: readonly string[]) =>
  types.map((type, i) => ({ name: `c${i}`, type: parseDataType(type), nullable: true }))

/** What is written for rows that come in these batches. */
const write = async (
  types: readonly string[],
  batches: readonly (readonly (readonly unknown[])[])[],
  format: FormatName = 'arrow-stream',
): Promise<Buffer> => {
  async function* rows() {
    yield* batches
  }
  const pieces: Uint8Array[] = []
  let count = 0
  for await (const { bytes, rows: done } of writeArrow(columnsOf(types), format)(rows())) {
    pieces.push(bytes)
    count += done
  }
  assert.equal(count, batches.flat().length, 'rows that are complete')
  return Buffer.concat(pieces)
}

/** The values of one column of one type. */
const written = async (type: string, cells: readonly unknown[]): Promise<unknown[]> => {
  const bytes = await write([type], [cells.map(cell => [cell])])
  return (await readBytes(bytes, 'one.arrows'))[0]!.values
}

const far = new Timestamp(253_402_300_799n, 0)
const struct = (a: number, proto: unknown): object =>
  Object.defineProperty({ a }, '__proto__', { value: proto, enumerable: true })

/** Every type, with values at its edges, as rows for files have them; each row ends with what is told apart by `-`. */
const table: readonly (readonly [type: string, ...cells: unknown[]])[] = [
  ['tinyint', -128, 127],
  ['smallint', -32_768, 32_767],
  ['int', -(2 ** 31), 2 ** 31 - 1],
  ['bigint', -(2n ** 63n), 2n ** 63n - 1n],
  ['float', -0, Number.NaN],
  ['double', -0, Number.NEGATIVE_INFINITY],
  ['decimal(38,18)', '12345678901234567890.123456789012345678', '-0.000000000000000001'],
  ['decimal(9,7)', '1E-7', '-1.5e+1'],
  ['decimal', '1E-7', '-123456789012345678901234567890.5'],
  ['string', '\ufeffa好😀\u0000', ''],
  ['varchar(10)', '十个字', '\ufffd'],
  ['char(3)', 'abc', 'd'],
  ['binary', Buffer.from([0, 255, 10]), Buffer.alloc(0)],
  ['boolean', true, false],
  ['datetime', new Date('1969-12-31T23:59:59.999Z'), new Date('9999-12-31T23:59:59.999Z')],
  ['date', '0001-01-01', '9999-12-31'],
  ['timestamp', new Timestamp(-1n, 999_999_000), far],
  ['timestamp', new Timestamp(-1n, 1), new Timestamp(9_000_000_000n, 999_999_999)],
  ['timestamp_ntz', new Timestamp(-62_135_596_800n, 0), far],
  ['interval_day_time', new IntervalDayTime(-1n, 5), new IntervalDayTime(100_000n, 0)],
  ['interval_year_month', new IntervalYearMonth(-13), new IntervalYearMonth(25)],
  ['json', '{"a": 2.50}', '[]'],
  ['array<bigint>', [1n, null, -5n], []],
  ['array<array<decimal(5,2)>>', [['1.50', null], null, []], [[]]],
  [
    'map<string,int>',
    [
      ['k', 1],
      ['k', 2],
      ['', null],
    ],
    [],
  ],
  ['map<decimal(5,2),timestamp>', new Map([['1.10', far]]), new Map()],
  ['struct<a:int,__proto__:string>', struct(1, 'x'), struct(2, null)],
  ['array<struct<t:timestamp_ntz>>', [{ t: new Timestamp(1n, 1) }, null], [{ t: null }]],
  ['vector(float,3)', [1, 0.5, -2], [0, 0, -0]],
]
const types = table.map(([type]) => type)
const rows = [table.map(([, first]) => first), table.map(() => null), table.map(([, , second]) => second)]

describe('Arrow as it is written', () => {
  /* pyarrow reads golden/written.* to what stands beside them: `python arrow.py written.arrow --note`. */
  for (const [name, format] of [
    ['written.arrow', 'arrow'],
    ['written.arrows', 'arrow-stream'],
  ] as const)
    test(`${name} is what pyarrow was given to read`, async () => {
      const path = fileURLToPath(new URL(`../golden/${name}`, import.meta.url))
      const bytes = await write(types, [rows.slice(0, 1), rows.slice(1)], format)
      if (process.env['ARROW_GOLDEN'] === 'write') await writeFile(path, bytes)
      assert.ok(bytes.equals(await readFile(path)), 'with ARROW_GOLDEN=write it is written anew')
    })

  test('many rows are several batches, the last one too', async () => {
    const many = Array.from({ length: 25_001 }, (_, i) => [BigInt(i), `text ${i}`])
    for (const format of ['arrow', 'arrow-stream'] as const) {
      const bytes = await write(['bigint', 'string'], [many.slice(0, 7), many.slice(7)], format)
      const [ids, texts] = await readBytes(bytes, format === 'arrow' ? 'x.arrow' : 'x.arrows')
      assert.deepEqual(
        ids!.values,
        many.map(([id]) => String(id)),
      )
      assert.equal(texts!.values[25_000], Buffer.from('text 25000').toString('hex'))
    }
  })

  test('wide rows end a batch early', async () => {
    const wide = Array.from({ length: 10 }, () => ['x'.repeat(5 * 2 ** 20)])
    let pieces = 0
    async function* batches() {
      yield wide
    }
    for await (const { rows: done } of writeArrow(columnsOf(['string']), 'arrow-stream')(batches()))
      if (done > 0) pieces++
    assert.ok(pieces >= 2 && pieces <= 5, `${pieces} batches`)
  })

  test('no rows are a schema and the end', async () => {
    for (const [format, name] of [
      ['arrow', 'x.arrow'],
      ['arrow-stream', 'x.arrows'],
    ] as const)
      assert.deepEqual(await readBytes(await write(['bigint', 'timestamp'], [], format), name), [
        { name: 'c0', values: [] },
        { name: 'c1', values: [] },
      ])
  })
})

describe('TIMESTAMP in Arrow', () => {
  const micros = '1000000'
  const year9999 = '253402300799000000'

  test('is in microseconds, which hold any year, unless its first values have nanoseconds', async () => {
    assert.deepEqual(await written('timestamp', [null, new Timestamp(1n, 0), far]), [null, micros, year9999])
    assert.deepEqual(await written('timestamp', [new Timestamp(1n, 1)]), ['1000000001'])
  })

  test('waits for its first value, however many NULLs come before', async () => {
    const nulls = Array.from({ length: 30_000 }, () => [null, 1n])
    const bytes = await write(['timestamp', 'bigint'], [nulls, [[new Timestamp(1n, 1), 2n]]])
    const [times, ids] = await readBytes(bytes, 'x.arrows')
    assert.deepEqual(times!.values.slice(-2), [null, '1000000001'])
    assert.equal(ids!.values.length, 30_001)
  })

  test('that no unit holds together with the others is refused by row and column', async () => {
    const fine = new Timestamp(1n, 1)
    await assert.rejects(written('timestamp', [fine, null, far]), error => {
      assert.ok(error instanceof CliError)
      assert.match(error.message, /^row 2, column 'c0' .*1677 to 2262/)
      assert.match(error.next!, /--columns/)
      return true
    })
    const many = Array.from({ length: 10_000 }, () => [new Timestamp(1n, 0)])
    await assert.rejects(write(['timestamp'], [many, [[fine]]]), /^CliError.*|row 10000, column 'c0'/)
  })
})

describe('cells without a form in Arrow are refused by row and column', () => {
  const notUtf8 = Buffer.from([0xff])
  for (const [type, cells, message] of [
    ['string', ['a', null, notUtf8], /^row 2, column 'c0' .*not UTF-8/],
    ['varchar(3)', [notUtf8], /^row 0, column 'c0' .*not UTF-8/],
    ['json', [notUtf8], /^row 0, .*not UTF-8/],
    ['array<string>', [['a'], [], null, ['b', notUtf8], ['c']], /^row 3, column 'c0' .*not UTF-8/],
    ['array<array<char(3)>>', [[], [['a'], []], [[], ['b', 'c'], [notUtf8]]], /^row 2, .*not UTF-8/],
    [
      'map<string,int>',
      [
        [['a', 1]],
        [
          ['b', 2],
          [notUtf8, 3],
        ],
      ],
      /^row 1, .*not UTF-8/,
    ],
    ['map<string,int>', [[], [[null, 1]]], /^row 1, .*key of a MAP is NULL/],
    ['struct<a:string>', [{ a: 'x' }, null, { a: notUtf8 }], /^row 2, .*not UTF-8/],
    ['decimal(5,2)', ['1.23', '1.234'], /^row 1, .*more than 2 fraction digits/],
    ['decimal(5,2)', ['1000'], /^row 0, .*more than 5 digits/],
    ['decimal(5,2)', ['1e-3'], /^row 0, .*more than 2 fraction digits/],
    ['decimal(5,2)', [null, 'NaN'], /^row 1, .*not a number/],
    ['tinyint', [1, 128], /^row 1, .*8 bits/],
    ['date', ['2001-02-30x'], /^row 0, column 'c0'/],
    ['datetime', [new Date(Number.NaN)], /^row 0, .*not a time/],
    ['vector(float,2)', [[1, 2], [1]], /^row 1, .*1 elements, not 2/],
  ] as const)
    test(`${type}: ${message.source}`, async () => {
      await assert.rejects(written(type, cells), error => {
        assert.ok(error instanceof CliError, String(error))
        assert.match(error.message, message)
        return true
      })
    })
})
