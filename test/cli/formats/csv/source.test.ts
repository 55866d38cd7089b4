import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CellNotes } from '../../../../lib/cli/formats/cell-notes.js'
import { openDelimited } from '../../../../lib/cli/formats/csv/source.js'
import type { TextOptions } from '../../../../lib/cli/formats/text-options.js'
import { compileDatetimePattern } from '../../../../lib/cli/formats/times/datetime-pattern.js'
import { type Column, parseDataType } from '../../../../lib/index.js'

const options: TextOptions = {
  delimiter: undefined,
  recordDelimiter: undefined,
  quote: '"',
  header: true,
  nullText: '',
  encoding: 'utf-8',
  timeZone: 'UTC',
  datetime: undefined,
  plainNumbers: false,
  isOdpscmd: false,
  notes: new CellNotes(),
}

const columnsOf = (types: readonly string[]): Column[] =>
  types.map((type, i) => ({ name: `c${i}`, type: parseDataType(type), nullable: true }))

const types = [
  ...['bigint', 'int', 'smallint', 'tinyint', 'double', 'float', 'decimal(38,18)', 'string', 'boolean'],
  ...['date', 'datetime', 'timestamp', 'timestamp_ntz', 'json', 'binary'],
]

interface Read {
  readonly rows: unknown[]
  readonly bad: unknown[]
  readonly origins: unknown[]
  /** Why it went no further. */
  readonly failure?: string
}

/** DATETIME and BIGINT may come as numbers: an upload takes both. */
const sameForm = (value: unknown, type: string): unknown => {
  if (type === 'datetime' && value instanceof Date) return value.getTime()
  return type === 'bigint' && typeof value === 'bigint' ? Number(value) : value
}

const read = async (
  text: string | Buffer,
  of: readonly string[],
  changes: Partial<TextOptions> = {},
  { cuts = [] as readonly number[], strict = true, format = 'csv' as const } = {},
): Promise<Read> => {
  const bytes = Buffer.from(text as string)
  const at = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  async function* chunks() {
    for (const [i, from] of [0, ...at].entries()) yield bytes.subarray(from, at[i] ?? bytes.length)
  }
  const source = await openDelimited(chunks(), format, { ...options, ...changes })
  const columns = columnsOf(of)
  const fieldOf = columns.map((_, i) => (i < source.fields.length ? i : -1))
  const found = { rows: [] as unknown[], bad: [] as unknown[], origins: [] as unknown[] }
  try {
    for await (const batch of source.rows({ columns, fieldOf, strict })) {
      found.rows.push(...batch.rows.map(row => row.map((cell, i) => sameForm(cell, of[i]!))))
      found.bad.push(...batch.bad)
      found.origins.push(...batch.rows.map((_, i) => batch.originOf(i)))
    }
  } catch (error) {
    // How many rows come before it is a matter of chunks.
    return { rows: [], bad: [], origins: [], failure: String(error) }
  } finally {
    await source.close()
  }
  return found
}

/** A record delimiter that is named leaves only the splitter that knows all syntaxes. */
const readSlowly = (...[text, of, changes, more]: Parameters<typeof read>): Promise<Read> =>
  read(text, of, { ...changes, recordDelimiter: '\n' }, more)

describe('reading CSV right from bytes', () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.string({ minLength: 45, maxLength: 60 }),
    fc.constantFrom(
      '',
      '""',
      '"',
      'a"b',
      '"a""b"',
      '"a,b"',
      '"a\nb"',
      '"a"b',
      'NULL',
      '"NULL"',
      '好😀',
      '\r',
    ),
    fc.integer().map(String),
    fc.bigInt(-(2n ** 63n), 2n ** 63n).map(String),
    fc.double().map(String),
    fc.constantFrom(
      '0',
      '-0',
      '+1',
      '1.',
      '.5',
      '007',
      '1.50',
      '-12.340',
      '128',
      '-129',
      '32768',
      '2147483648',
    ),
    fc.constantFrom(
      '123456789012345',
      '1234567890123456',
      '0.1234567890123456',
      '9007199254740993',
      '1e3',
      ' 7 ',
    ),
    fc.constantFrom(
      'true',
      'false',
      'TRUE',
      '1',
      'truex',
      '2001-02-03',
      '2000-02-29',
      '1900-02-29',
      '2001-13-01',
    ),
    fc.constantFrom(
      '2001-02-03T04:05:06Z',
      '2001-02-03 04:05:06.7',
      '2001-02-03T04:05:06.789Z',
      '2001-02-03T24:00:00Z',
    ),
    fc.constantFrom(
      '1969-12-31T23:59:59.999Z',
      '0001-01-01T00:00:00Z',
      '2001-02-03T04:05:06+08:00',
      '2001-02-03T04:05',
    ),
    fc.constantFrom(
      '2001-02-03T04:05:06.123456789Z',
      '2001-02-03 04:05:06.123456',
      '2001-02-03T04:05:06.',
      '{"a":1}',
      'YQ==',
    ),
  )

  const cases = fc.record({
    columns: fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 5 }),
    records: fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 8 }),
    isEnded: fc.boolean(),
    cuts: fc.array(fc.nat(), { maxLength: 4 }),
    strict: fc.boolean(),
    nullText: fc.constantFrom('', 'NULL', '\\N', '-1', '0'),
    quote: fc.constantFrom('"', "'", undefined),
    delimiter: fc.constantFrom(',', '|', '\t'),
    timeZone: fc.constantFrom('UTC', 'Asia/Shanghai'),
  })

  test('is the same as splitting records first', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ columns, records, isEnded, cuts, ...rest }) => {
        const { strict, ...changes } = rest
        const header = columns.map((_, i) => `c${i}`).join(rest.delimiter)
        const text = [header, ...records.map(record => record.join(rest.delimiter))].join('\n')
        const whole = isEnded ? `${text}\n` : text
        // The splitter keeps a return that ends a record when it was told that records end with LF.
        const safe = whole.replaceAll(/\r(?=\n|$)/g, '')
        const fast = await read(safe, columns, changes, { cuts, strict })
        assert.deepEqual(fast, await readSlowly(safe, columns, changes, { cuts, strict }))
      }),
      { numRuns: 3000 },
    )
  })

  test('takes CRLF, mixed ends, blank lines and a byte order mark, cut anywhere', async () => {
    const text = '\ufeff\r\n\r\nc0,c1\r\n1,a\n\n2,"b\r\nc"\r\n\r\n3,\r\n4,""'
    const rows = [
      [1, 'a'],
      [2, 'b\r\nc'],
      [3, null],
      [4, ''],
    ]
    for (let cut = 0; cut <= Buffer.byteLength(text); cut++) {
      const found = await read(text, ['bigint', 'string'], {}, { cuts: [cut] })
      assert.deepEqual(found.rows, rows)
      assert.deepEqual(found.origins[1], { record: 2, fields: ['2', 'b\r\nc'] })
    }
  })

  test('says where bad records are, and goes on behind them', async () => {
    const { rows, bad, origins } = await read('c0,c1\n1,a\nx,b\n2,"c"d\n3\n4,e\n5,"f', ['bigint', 'string'])
    assert.deepEqual(rows, [
      [1, 'a'],
      [4, 'e'],
    ])
    assert.deepEqual(
      (bad as { record: number; code: string }[]).map(({ record, code }) => [record, code]),
      [
        [2, 'ODPS_INVALID_VALUE'],
        [3, 'ODPS_INVALID_ROW'],
        [4, 'ODPS_ROW_LENGTH'],
        [6, 'ODPS_INVALID_ROW'],
      ],
    )
    assert.deepEqual(origins[1], { record: 5, fields: ['4', 'e'] })
  })

  test('numbers are those that Number reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 50 }),
        async numbers => {
          const texts = numbers.flatMap(number => [
            String(number),
            number.toPrecision(7),
            Math.abs(number) < 1e15 ? number.toFixed(6) : '0',
          ])
          const { rows } = await read(`c0\n${texts.join('\n')}\n`, ['double'])
          assert.deepEqual(
            rows,
            texts.map(text => [Number(text)]),
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  test('days of the calendar are those that Date knows', async () => {
    const days = Array.from({ length: 4000 }, (_, i) => new Date(Date.UTC(1896, 0, 1) + i * 37 * 86_400_000))
    const { rows } = await read(`c0\n${days.map(day => day.toISOString()).join('\n')}`, ['datetime'])
    assert.deepEqual(
      rows,
      days.map(day => [day.getTime()]),
    )
  })

  test('reads times of a pattern', async () => {
    const datetime = compileDatetimePattern('dd/MM/yyyy HH:mm')
    const { rows } = await read('c0\n03/02/2001 04:05\n', ['datetime'], { datetime })
    assert.deepEqual(rows, [[Date.UTC(2001, 1, 3, 4, 5)]])
  })

  test('gives up on a record without an end', async () => {
    const chunk = Buffer.alloc(4 * 2 ** 20, 'x')
    async function* chunks() {
      yield Buffer.from('c0\n1\n"')
      for (let i = 0; i < 33; i++) yield chunk
    }
    const source = await openDelimited(chunks(), 'csv', options)
    const plan = { columns: columnsOf(['string']), fieldOf: [0], strict: true }
    await assert.rejects(async () => {
      for await (const batch of source.rows(plan)) assert.deepEqual(batch.bad, [])
    }, /record 2: a record is longer than 67108864 bytes; is a quote not closed/)
  })
})
