import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { createProtobufEncoder } from '../../../../lib/codec/rows/record-encoder.js'
import { parseDataType } from '../../../../lib/schema/parse-data-type.js'
import { Timestamp } from '../../../../lib/values/timestamp.js'
import { givePagesMemory, pagesAt, takePagesMemory } from '../../../../lib/wire/pages-memory.js'
import { columnsOf, type Outcome, outcomeOf, type Way } from './both-ways.js'

/*
 * Pages that become records as they are, held to the way of values: the same records, bad records and refusals. What the values are
 * is said by pyarrow (file.test.ts), and what records are made of them by the vectors of the encoder.
 */

const golden = new URL('../golden/', import.meta.url)
const bytesOf = (name: string): Buffer => readFileSync(new URL(name, golden))
const files = readdirSync(golden).filter(name => name.endsWith('.parquet'))

/** @returns how many records came without values */
const assertSame = async (file: Uint8Array, way: Way, what: string): Promise<Outcome> => {
  const [values, pages] = [await outcomeOf(file, way, false), await outcomeOf(file, way, true)]
  assert.equal(values.fromPages, 0, what)
  assert.deepEqual({ ...pages, fromPages: 0 }, values, what)
  return pages
}

describe('pages that become records', () => {
  test('make the records that values make: each file, all of its columns and each of them', async () => {
    for (const name of files) {
      const file = bytesOf(name)
      const columns = await columnsOf(file)
      const { records, fromPages } = await assertSame(file, { columns }, name)
      if (name.startsWith('pages-')) assert.equal(fromPages, records.length, name)
      for (const column of columns) await assertSame(file, { columns: [column] }, `${name} ${column.name}`)
    }
  })

  test('are kept apart when files are read at the same time', async () => {
    const open = files.filter(name => name.startsWith('pages-')).map(name => bytesOf(name))
    assert.ok(open.length > 1, 'there are several files')
    const alone: Outcome[] = []
    for (const file of open) alone.push(await outcomeOf(file, {}, true))
    assert.deepEqual(await Promise.all(open.map(file => outcomeOf(file, {}, true))), alone)
  })

  test('are taken in another order, with columns left out, and with columns that the file does not have', async () => {
    const file = bytesOf('pages-nulls.parquet')
    const columns = (await columnsOf(file)).reverse().filter((_, i) => i % 3 > 0)
    columns.splice(2, 0, { name: 'missing', type: { kind: 'string' }, nullable: true })
    const { records, fromPages } = await assertSame(file, { columns }, 'other columns')
    assert.equal(fromPages, records.length)
    const required = columns.map(column => ({ ...column, nullable: column.name !== 'missing' }))
    assert.equal((await assertSame(file, { columns: required }, 'a missing column')).fromPages, 0)
  })

  const types =
    'boolean tinyint smallint int bigint float double decimal(5,2) decimal(38,18) decimal(2,2) string varchar(5) char(20) binary date datetime timestamp timestamp_ntz'.split(
      ' ',
    )
  test('fit other columns as values do, or are refused as they are', async () => {
    let fromPages = 0
    for (const name of ['pages-nulls.parquet', 'pages-integers.parquet'])
      for (const column of await columnsOf(bytesOf(name)))
        for (const type of types) {
          const columns = [{ ...column, type: parseDataType(type) }]
          const found = await assertSame(bytesOf(name), { columns }, `${name} ${column.name} as ${type}`)
          fromPages += found.fromPages
        }
    assert.ok(fromPages > 1000, `${fromPages}`)
  })

  test('keep the limits of a session, NULL where it is not allowed, and the zone of times', async () => {
    for (const name of ['pages-nulls.parquet', 'pages-days.parquet', 'pages-duckdb.parquet'])
      for (const column of await columnsOf(bytesOf(name)))
        for (const way of [
          { options: { maxFieldBytes: 20 } },
          { columns: [{ ...column, type: { kind: 'datetime' } }], options: { oldDates: 'refuse' } },
          { columns: [{ ...column, nullable: false }] },
          { columns: [{ ...column, type: { kind: 'datetime' } }], timeZone: 'Asia/Shanghai' },
          { columns: [{ ...column, type: { kind: 'timestamp' } }], timeZone: 'America/New_York' },
        ] satisfies Way[])
          await assertSame(bytesOf(name), { columns: [column], ...way }, `${name} ${column.name}`)
  })
})

describe('a damaged file', () => {
  for (const name of ['pages-fallback.parquet', 'pages-v2.parquet', 'codec-none.parquet'])
    test(`${name} with a byte changed is what it is by way of values`, async () => {
      const whole = bytesOf(name)
      const columns = await columnsOf(whole)
      const step = Math.ceil(whole.length / 40)
      for (let at = 4 + (whole.length % step); at < whole.length - 8; at += step)
        for (const bit of [0x01, 0x80, 0xff]) {
          const bytes = Buffer.from(whole)
          bytes[at] = bytes[at]! ^ bit
          await assertSame(bytes, { columns }, `${name}, byte ${at} ^ ${bit}`)
        }
    })
})

/** Values of a column, and how the writer is told of them. */
const column = <T>(
  type: ColumnSource['type'] & string,
  value: fc.Arbitrary<T>,
): fc.Arbitrary<Omit<ColumnSource, 'name'>> =>
  fc
    .record({
      pool: fc.array(fc.option(value, { freq: 5 }), { minLength: 1, maxLength: 40 }),
      picks: fc.array(fc.nat(), { minLength: 300, maxLength: 300 }),
      encoding: fc.constantFrom(undefined, 'PLAIN' as const),
    })
    .map(({ pool, picks, encoding }) => ({
      type,
      data: picks.map(pick => pool[pick % pool.length]),
      ...(encoding && { encoding }),
    }))

const anyColumn = fc.oneof(
  column('BOOLEAN', fc.boolean()),
  column('INT32', fc.integer()),
  column('INT64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  column('FLOAT', fc.float({ noNaN: true })),
  column('DOUBLE', fc.double({ noNaN: true })),
  column('STRING', fc.string({ unit: 'binary', maxLength: 60 })),
  column('BYTE_ARRAY', fc.uint8Array({ maxLength: 300 })),
)

test('files of hyparquet-writer, with pages and row groups of any size, make the same records', async () => {
  let fromPages = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyColumn, { minLength: 1, maxLength: 5 }),
      fc.record({
        codec: fc.constantFrom('SNAPPY' as const, 'UNCOMPRESSED' as const),
        pageSize: fc.integer({ min: 20, max: 3000 }),
        rowGroupSize: fc.integer({ min: 20, max: 400 }),
      }),
      async (columns, options) => {
        const columnData = columns.map((each, i) => ({ name: `c${i}`, ...each }))
        const file = new Uint8Array(parquetWriteBuffer({ columnData, ...options }))
        fromPages += (await assertSame(file, {}, 'a random file')).fromPages
      },
    ),
    { numRuns: 60 },
  )
  assert.ok(fromPages > 5000, `${fromPages} of 18000`)
})

/*
 * What the checksum of a long record is taken of is gathered, if the records before were long too. The texts have the sizes at which it is
 * folded in another turn, and at which text is copied in another step; the longest ones do not fit where it is gathered.
 */
test('long records of all kinds, and short ones among them, are those of protobufjs', async () => {
  const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(400)
  const longest = (row: number, every: number): string =>
    letters.slice(0, row % every === 7 ? 6600 + ((row * 7) % 1700) : row % 31)
  const text = (most: number) => (row: number) => letters.slice(row % 26, (row % 26) + (row % most))
  const date = (row: number): Date => new Date(row * 1e9 - 1e11 + row)
  const all: readonly [
    type: string,
    to: string,
    file: (row: number) => unknown,
    cell?: (row: number) => unknown,
  ][] = [
    ['INT32', 'int', row => row - 700],
    ['INT64', 'bigint', row => BigInt.asIntN(64, 0x9e3779b97f4a7c15n * BigInt(row))],
    ['DOUBLE', 'double', row => Math.sin(row)],
    ['FLOAT', 'float', row => Math.fround(Math.cos(row))],
    ['BOOLEAN', 'boolean', row => row % 3 === 0],
    ['STRING', 'string', text(129)],
    ['TIMESTAMP', 'timestamp', date, row => Timestamp.from(date(row))],
    ['TIMESTAMP', 'datetime', date],
    ['STRING', 'string', row => longest(row, 40)],
    ['INT32', 'decimal(38,18)', row => row - 700, row => String(row - 700)],
    ['INT32', 'string', row => (row - 700) ** 2, row => String((row - 700) ** 2)],
    ['DOUBLE', 'bigint', row => row * 2 ** 20],
    ['INT32', 'double', row => row - 700],
    ['DOUBLE', 'float', row => Math.tan(row), row => Math.fround(Math.tan(row))],
    ['STRING', 'string', row => '中文é😀'.repeat(row % 17)],
    ['BYTE_ARRAY', 'binary', row => Buffer.from(text(150)(row))],
    ['STRING', 'string', text(49)],
    ['STRING', 'string', row => longest(row, 80)],
    ['STRING', 'varchar(400)', row => letters.slice(0, row % 2 === 0 ? 100 + (row % 300) : 8)],
  ]
  const isNull = (row: number, i: number): boolean =>
    row % 50 === 49 ||
    (row % 50 === 48 ? i !== 5 : row % 7 === 5 ? (i + row) % 3 === 0 : row % 7 === 3 && i < 14)
  const rows = Array.from({ length: 3000 }, (_, row) => row)
  const columnData = all.map(([type, , file], i) => ({
    ...{ name: `c${i}`, type: type as 'STRING', ...(i % 2 === 0 && { encoding: 'PLAIN' as const }) },
    data: rows.map(row => (isNull(row, i) ? null : file(row))),
  }))
  const columns = all.map(([, to], i) => ({ name: `c${i}`, type: parseDataType(to), nullable: true }))
  const encoder = createProtobufEncoder(columns)
  const wanted = rows.map(row => {
    encoder.write(
      all.map(([, , file, cell = file], i) => (isNull(row, i) ? null : cell(row))),
      row,
    )
    return encoder.take().toString('hex')
  })
  const file = new Uint8Array(parquetWriteBuffer({ columnData, pageSize: 20_000 }))
  // What files before left in the memory does not matter.
  const memory = (await takePagesMemory())!
  memory.reserve(pagesAt + 2 ** 20)
  memory.bytes.fill(0xaa, pagesAt)
  givePagesMemory(memory)
  const { records, fromPages, error } = await outcomeOf(file, { columns }, true)
  assert.equal(error, undefined)
  assert.equal(fromPages, rows.length)
  assert.deepEqual(records, wanted)
})
