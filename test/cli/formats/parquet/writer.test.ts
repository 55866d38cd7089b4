import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parquetMetadata } from 'hyparquet'
import { writeParquet } from '../../../../lib/cli/formats/parquet/writer.js'
import { CliError } from '../../../../lib/cli/usage-error.js'
import { IntervalDayTime, IntervalYearMonth, parseDataType, Timestamp } from '../../../../lib/index.js'
import { readPhysical } from '../physical-values.js'

/*
 * What is written is read back by the reader that file.test.ts holds to pyarrow. Expected values are in the form
 * of golden/make_parquet.py: text as hex, decimals as unscaled digits, times as nanoseconds, maps as pairs.
 */

const write = async (
  types: Readonly<Record<string, string>>,
  ...batches: readonly (readonly (readonly unknown[])[])[]
): Promise<Buffer> => {
  const columns = Object.entries(types).map(([name, type]) => ({
    ...{ name, type: parseDataType(type), nullable: true },
  }))
  const source = (async function* () {
    yield* batches
  })()
  const pieces: Uint8Array[] = []
  for await (const { bytes } of writeParquet(columns)(source)) pieces.push(bytes)
  return Buffer.concat(pieces)
}

/** One column, a cell a row, there and back. */
const thereAndBack = async (type: string, ...cells: readonly unknown[]): Promise<unknown[]> => {
  const bytes = await write(
    { c: type },
    cells.map(cell => [cell]),
  )
  return (await readPhysical(bytes))[0]!.values!
}

const hex = (text: string): string => Buffer.from(text).toString('hex')
/** The unit of a time, and the converted type that older readers go by. */
const unitOf = (bytes: Buffer, element = 1): unknown => {
  const { logical_type, converted_type } = parquetMetadata(bytes).schema[element]!
  assert.ok(logical_type?.type === 'TIMESTAMP')
  const isKnownToAll = logical_type.isAdjustedToUTC && logical_type.unit !== 'NANOS'
  assert.equal(converted_type, isKnownToAll ? `TIMESTAMP_${logical_type.unit}` : undefined)
  return logical_type.unit
}

describe('Parquet holds', () => {
  test('0 and -0 apart, however often they come', async () => {
    const [zero, minusZero] = ['0000000000000000', '8000000000000000']
    for (const type of ['double', 'float']) {
      const cells = Array.from({ length: 100 }, (_, i) => [0, -0, null, 1.5][i % 4])
      const expected = cells.map((_, i) => [zero, minusZero, null, '3ff8000000000000'][i % 4])
      assert.deepEqual(await thereAndBack(type, ...cells), expected)
      assert.deepEqual(await thereAndBack(`array<${type}>`, [0, -0, 0], [-0]), [
        [zero, minusZero, zero],
        [minusZero],
      ])
    }
    assert.deepEqual(await thereAndBack('double', Number.NaN, -0, Number.NaN), ['NaN', minusZero, 'NaN'])
  })

  test('few texts many times in little space, also beside doubles', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => [`a text that comes often ${i % 3}`, i % 2 ? 0 : -0])
    const bytes = await write(
      { s: 'struct<t:string>', d: 'double' },
      rows.map(([t, d]) => [{ t }, d]),
    )
    assert.ok(bytes.length < 8000, `${bytes.length}`)
  })

  test('decimals from any text of them', async () => {
    assert.deepEqual(await thereAndBack('decimal(10,7)', '1E-7', '15e-1', '+.5', '1.50', '-0', null, '2.'), [
      '1',
      '15000000',
      '5000000',
      '15000000',
      '0',
      null,
      '20000000',
    ])
    assert.deepEqual(await thereAndBack('decimal(38,18)', '-99999999999999999999.999999999999999999'), [
      '-99999999999999999999999999999999999999',
    ])
    assert.deepEqual(await thereAndBack('decimal', '1.50'), [hex('1.50')])
  })

  test('maps as their pairs', async () => {
    const pairs = [
      ['b', 1n],
      ['__proto__', null],
      ['2', 2n],
      ['1', 3n],
      ['b', 4n],
    ]
    const expected = pairs.map(([key, value]) => [hex(String(key)), value === null ? null : String(value)])
    assert.deepEqual(await thereAndBack('map<string,bigint>', pairs, [], null), [expected, [], null])
    assert.deepEqual(
      await thereAndBack('map<decimal(5,2),binary>', new Map([['1.10', Buffer.from([255])]])),
      [[['110', 'ff']]],
    )
    assert.deepEqual(
      await thereAndBack('array<map<string,array<int>>>', [[['k', [1, null]]], null, []], null),
      [[[[hex('k'), ['1', null]]], null, []], null],
    )
  })

  test('structs by their fields', async () => {
    const cell = Object.fromEntries([['__proto__', 1n]])
    const type = 'struct<`__proto__`:bigint,constructor:string>'
    assert.deepEqual(await thereAndBack(type, { ...cell, constructor: 'c' }, {}, null), [
      ['1', hex('c')],
      [null, null],
      null,
    ])
  })

  test('what Parquet has no type for, as text', async () => {
    assert.deepEqual(await thereAndBack('interval_year_month', new IntervalYearMonth(-13)), [hex('-1-1')])
    assert.deepEqual(await thereAndBack('interval_day_time', new IntervalDayTime(5n)), [
      hex('0 00:00:05.000000000'),
    ])
    assert.deepEqual(await thereAndBack('json', '{"a":[1.0, 1e400]}'), [hex('{"a":[1.0, 1e400]}')])
  })

  test('bytes, text, dates and vectors as they are', async () => {
    assert.deepEqual(await thereAndBack('binary', Buffer.from([0xff, 0]), null), ['ff00', null])
    assert.deepEqual(await thereAndBack('string', '\ufeffa', '\ufffd', ''), ['efbbbf61', 'efbfbd', ''])
    assert.deepEqual(await thereAndBack('date', '0000-01-01', '+010000-01-01'), ['-719528', '2932897'])
    assert.deepEqual(await thereAndBack('vector(float,2)', [0.5, -0]), [
      ['3fe0000000000000', '8000000000000000'],
    ])
  })
})

describe('the unit of a TIMESTAMP column in Parquet', () => {
  const forEver = new Timestamp(253_402_300_799n, 999_999_000)
  const fine = new Timestamp(1n, 1)
  const micros = new Timestamp(1n, 1000)
  const nanosOf = ({ seconds, nanos }: Timestamp): string => String(seconds * 1_000_000_000n + BigInt(nanos))
  /** More than a row group. */
  const many = Array.from({ length: 50_001 }, () => micros)

  const cases: readonly (readonly [string, readonly Timestamp[], string])[] = [
    ['microseconds where they do', [micros, new Timestamp(-1n, 5000)], 'MICROS'],
    ['nanoseconds where there are some', [micros, fine], 'NANOS'],
    ['microseconds for years that nanoseconds do not reach', [micros, forEver], 'MICROS'],
    ['microseconds for such years after many rows', [...many, forEver], 'MICROS'],
    ['nanoseconds that come after many rows', [...many, fine], 'NANOS'],
  ]
  for (const [what, times, unit] of cases)
    test(`is ${what}`, async () => {
      for (const kind of ['timestamp', 'timestamp_ntz']) {
        const bytes = await write(
          { c: kind },
          times.map(time => [time]),
        )
        assert.equal(unitOf(bytes), unit)
        assert.deepEqual((await readPhysical(bytes))[0]!.values, times.map(nanosOf))
      }
    })

  test('is one for each column, and for those in lists', async () => {
    const rows = [
      ...many.map(time => [time, [time, null]]),
      [forEver, null],
      [null, [fine, micros]],
      [micros, []],
    ]
    const bytes = await write({ a: 'timestamp', b: 'array<timestamp_ntz>' }, rows)
    assert.deepEqual([unitOf(bytes, 1), unitOf(bytes, 4)], ['MICROS', 'NANOS'])
    const [a, b] = await readPhysical(bytes)
    assert.deepEqual(a!.values!.slice(50_000), [nanosOf(micros), nanosOf(forEver), null, nanosOf(micros)])
    assert.deepEqual(b!.values!.slice(50_000), [
      [nanosOf(micros), null],
      null,
      [nanosOf(fine), nanosOf(micros)],
      [],
    ])
    assert.deepEqual(new Set(b!.values!.slice(0, 50_000).map(String)), new Set([`${nanosOf(micros)},`]))
  })

  for (const times of [
    [micros, fine, forEver],
    [forEver, fine],
    [...many, forEver, fine],
    [fine, ...many, forEver],
  ])
    test(`cannot be one for ${times.length} rows with both`, async () => {
      await assert.rejects(
        write(
          { c: 'timestamp' },
          times.map(time => [time]),
        ),
        error =>
          error instanceof CliError &&
          /^row (1|2|50001|50002), column 'c' .*no unit of Parquet/.test(error.message) &&
          /--columns/.test(error.next!),
      )
    })
})

describe('what Parquet cannot hold is refused with its row and column', () => {
  const notUtf8 = Buffer.from([0x61, 0xff])
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['decimal(5,2)', 'NaN', /not a number/],
    ['decimal(5,2)', '', /not a number/],
    ['decimal(5,2)', '1.234', /more than 2 fraction digits/],
    ['decimal(5,2)', '1e3', /more than 5 digits/],
    ['decimal', notUtf8, /not UTF-8/],
    ['string', notUtf8, /not UTF-8/],
    ['varchar(5)', notUtf8, /not UTF-8/],
    ['json', notUtf8, /not UTF-8/],
    ['string', '\ud800', /surrogate/],
    ['array<string>', ['a', notUtf8], /not UTF-8/],
    ['map<string,bigint>', [[notUtf8, 1n]], /not UTF-8/],
    ['struct<a:struct<b:char(3)>>', { a: { b: notUtf8 } }, /not UTF-8/],
    ['map<string,bigint>', [[null, 1n]], /key of a MAP is NULL/],
  ]
  for (const [type, cell, reason] of cases)
    test(`${type}: ${reason}`, async () => {
      await assert.rejects(
        write(
          { id: 'bigint', c: type },
          [[1n, null]],
          [
            [2n, null],
            [3n, cell],
          ],
        ),
        error => {
          assert.ok(error instanceof CliError)
          assert.match(error.message, /^row 2, column 'c' /)
          assert.match(error.message, reason)
          return true
        },
      )
    })

  test('a row is counted from the first of the table', async () => {
    const rows = Array.from({ length: 50_010 }, (_, i) => [i === 50_005 ? notUtf8 : 'a'])
    await assert.rejects(write({ c: 'string' }, rows), /row 50005, column 'c'/)
  })
})
