import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CellNotes } from '../../../../lib/cli/formats/cell-notes.js'
import { openDelimited } from '../../../../lib/cli/formats/csv/source.js'
import type { TextOptions } from '../../../../lib/cli/formats/text-options.js'
import { compileDatetimePattern } from '../../../../lib/cli/formats/times/datetime-pattern.js'
import { createRecordEncoder, type EncodeOptions } from '../../../../lib/codec/rows/record-encoder.js'
import { TunnelValueError } from '../../../../lib/errors.js'
import type { Column } from '../../../../lib/schema/table-schema.js'
import { columns } from '../../../codec/hand-made-stream.js'

/*
 * Files read in WebAssembly against the same files read record by record, which other tests hold to Python's csv: the same bytes on
 * the wire, the same refusals under the same numbers, however the file is cut.
 */

interface Case {
  readonly columns: readonly Column[]
  readonly fieldOf: readonly number[]
  readonly strict: boolean
  readonly options: TextOptions
  readonly encode: EncodeOptions
}

interface Outcome {
  readonly bytes: string
  readonly refused: unknown[]
  readonly thrown: string | undefined
  /** Records that never were rows. */
  readonly quick: number
}

const optionsOf = (options: Partial<TextOptions>): TextOptions => ({
  ...{ encoding: 'utf-8', timeZone: 'UTC', datetime: undefined, nullText: '', plainNumbers: false },
  ...{ isOdpscmd: false, delimiter: undefined, recordDelimiter: undefined, quote: '"', header: true },
  ...{ notes: new CellNotes() },
  ...options,
})

const cut = async function* (file: Buffer, pieces: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (let i = 0; at < file.length; i++) {
    const size = pieces.length === 0 ? file.length : pieces[i % pieces.length]!
    const chunk = Buffer.allocUnsafeSlow(Math.min(size, file.length - at))
    file.copy(chunk, 0, at)
    lent.add(chunk.buffer)
    yield chunk
    at += size
  }
}

const lent = new WeakSet<ArrayBufferLike>()

/** What is released holds something else at once, as does a file's memory that serves again. */
const overwrite = ({ buffer }: Uint8Array): void => {
  if (lent.delete(buffer)) Buffer.from(buffer).fill('9')
}

const read = async (
  file: Buffer,
  { columns: table, fieldOf, strict, options, encode }: Case,
  isQuick: boolean,
  pieces: readonly number[],
): Promise<Outcome> => {
  const encoder = createRecordEncoder(table, { ...encode, json: 'text' })
  const refused: unknown[] = []
  let thrown: string | undefined
  let quick = 0
  let rowIndex = 0
  try {
    const source = await openDelimited(cut(file, pieces), 'csv', options, 'x.csv', overwrite)
    const plan = { columns: table, fieldOf, strict, records: isQuick ? encode : undefined }
    for await (const batch of source.rows(plan)) {
      refused.push(...batch.bad)
      if (batch.records !== undefined) {
        encoder.append(batch.records)
        quick += batch.records.rows
        rowIndex += batch.records.rows
      }
      for (const [i, row] of batch.rows.entries())
        try {
          encoder.write(row, rowIndex++)
        } catch (error) {
          assert.ok(error instanceof TunnelValueError, String(error))
          refused.push({ ...batch.originOf(i), message: error.message })
        }
    }
  } catch (error) {
    thrown = (error as Error).message
  }
  const bytes = encoder.finish().toString('hex')
  return { bytes, refused: sorted(refused), thrown, quick }
}

/** Whether a record is refused before or behind its neighbours is no difference. */
const sorted = (refused: unknown[]): unknown[] =>
  (refused as { record: number }[]).sort((a, b) => a.record - b.record)

const same = async (file: Buffer, given: Case, pieces: readonly number[] = []): Promise<number> => {
  const expected = await read(file, given, false, [])
  const { quick, ...found } = await read(file, given, true, pieces)
  const { quick: _none, ...wanted } = expected
  assert.deepEqual(found, wanted)
  return quick
}

/** All in one case, in the order of the file. */
const plain = (types: string, options: Partial<TextOptions> = {}, encode: EncodeOptions = {}): Case => {
  const table = columns(types)
  return {
    columns: table,
    fieldOf: table.map((_, i) => i),
    strict: true,
    options: optionsOf(options),
    encode,
  }
}

/** With so many usual ones before each that WebAssembly reads the next: among odd ones alone nearly all are left to the careful way. */
const apart = (texts: readonly string[], usual: string): string[] =>
  texts.flatMap(each => [...new Array<string>(64).fill(usual), each])

const digits = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map(each => each.join(''))
const sign = fc.constantFrom('', '', '', '-', '+')
const two = fc.integer({ min: 0, max: 99 }).map(each => String(each).padStart(2, '0'))

const wholeText = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: -(2n ** 63n) - 2n, max: 2n ** 63n + 1n }).map(String) },
  fc.integer({ min: -130, max: 130 }).map(String),
  fc.tuple(sign, digits(22)).map(parts => parts.join('')),
)
const numberText = fc.oneof(
  fc.double().map(String),
  fc.float().map(String),
  fc.double({ noNaN: true }).map(each => each.toPrecision(18)),
  fc.tuple(sign, digits(12), fc.constantFrom('', '.'), digits(12)).map(parts => parts.join('')),
  fc
    .tuple(
      sign,
      digits(3),
      fc.constantFrom('', '.', '.0', '.000'),
      digits(3),
      fc.constantFrom('', 'e', 'E', 'e+', 'e-'),
      digits(3),
    )
    .map(parts => parts.join('')),
  fc.constantFrom(
    '1.',
    '.5',
    '-',
    '1e',
    '0.000',
    '-0',
    '-0.0',
    'NaN',
    '-Infinity',
    '0x1',
    '1_0',
    ' 1',
    '1 ',
    '00012',
  ),
)
const timeText = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('2024', '1999', '1900', '0000', '9999', '1927', '1928', '2007'),
      two.map(each => `20${each}`),
    ),
    fc.constantFrom('01', '02', '03', '10', '12', '13', '00', '2'),
    fc.constantFrom('01', '10', '25', '28', '29', '30', '31', '32', '00', 'x1'),
    fc.constantFrom('T', 'T', ' ', '', 't'),
    fc.constantFrom('00', '02', '01', '23', '24', '5'),
    two,
    fc.constantFrom('', ':00', ':59', ':60', ':07'),
    fc.oneof(
      fc.constantFrom('', '', '.'),
      digits(10).map(each => `.${each}`),
    ),
    fc.constantFrom('', '', 'Z', '+08:00', ' UTC', 'x'),
  )
  .map(([y, mo, d, t, h, mi, s, f, z]) =>
    t === '' ? `${y}-${mo}-${d}` : `${y}-${mo}-${d}${t}${h}:${mi}${s}${f}${z}`,
  )
const wordText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40, size: 'max' }),
  fc.string({ maxLength: 300, size: 'max' }),
  fc.constantFrom(
    '',
    'NULL',
    '\\N',
    '"',
    '"", ""',
    'a"b',
    'two\nlines',
    'cr\r',
    '\r',
    '\r\n',
    'x'.repeat(5000),
    '中文'.repeat(40),
  ),
)
const cellText: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ...{ bigint: wholeText, int: wholeText, smallint: wholeText, tinyint: wholeText },
  ...{ double: numberText, float: numberText, decimal: numberText, 'decimal(9,2)': numberText },
  boolean: fc.constantFrom('true', 'false', 'True', 'FALSE', '0', '1', '2', 'yes', 'tru', 'truex'),
  ...{ string: wordText, 'varchar(20)': wordText, 'char(3)': wordText },
  binary: fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map(each => Buffer.from(each).toString('base64')),
    fc.constantFrom('YQ=', 'YQ==', 'YR==', 'YWI=', 'YWJ=', 'YW=j', '====', 'Y===', '-_8=', 'YWJj\n'),
  ),
  ...{ datetime: timeText, timestamp: timeText, timestamp_ntz: timeText, date: timeText },
}
/** As most programs write them. */
const isoText = fc
  .date({ min: new Date('1600-01-01'), max: new Date('9999-12-30'), noInvalidDate: true })
  .map(each => each.toISOString())
const usualText: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ...cellText,
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  ...{ int: fc.integer().map(String), smallint: fc.integer({ min: -32768, max: 32767 }).map(String) },
  tinyint: fc.integer({ min: -128, max: 127 }).map(String),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  decimal: fc.tuple(fc.integer(), digits(18)).map(parts => parts.join('.')),
  'decimal(9,2)': fc.integer({ min: -999_999_999, max: 999_999_999 }).map(each => (each / 100).toFixed(2)),
  boolean: fc.constantFrom('true', 'false'),
  ...{
    'varchar(20)': fc.string({ unit: 'grapheme', maxLength: 12 }),
    'char(3)': fc.string({ maxLength: 3 }),
  },
  binary: fc.uint8Array({ maxLength: 20 }).map(each => Buffer.from(each).toString('base64')),
  datetime: fc.oneof(
    isoText,
    isoText.map(each => each.slice(0, 19).replace('T', ' ')),
  ),
  timestamp: fc.tuple(isoText, digits(9)).map(([each, more]) => `${each.slice(0, 19)}.${more}Z`),
  timestamp_ntz: fc.tuple(isoText, digits(9)).map(([each, more]) => `${each.slice(0, 19)}.${more}`),
  date: isoText.map(each => each.slice(0, 10)),
}
const types = Object.keys(cellText)
const pieces = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 5 })

const quoted = (text: string, always: boolean): string =>
  always || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** Texts of cells by column, NULL as undefined. */
const tableOf = (names: readonly string[], usual: number): fc.Arbitrary<(string | undefined)[][]> => {
  const cells = names.map(name =>
    fc.oneof(
      { weight: usual, arbitrary: usualText[name]! },
      { weight: 1, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: cellText[name]! },
    ),
  )
  return fc.array(fc.tuple(...cells), { minLength: 1, maxLength: 30, size: 'max' })
}

interface Drawn {
  readonly file: Buffer
  readonly given: Case
}

const drawn: fc.Arbitrary<Drawn> = fc
  .record({
    names: fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 7, size: 'max' }),
    seed: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    isOrdered: fc.boolean(),
    nullable: fc.array(fc.constantFrom(true, true, true, false), { minLength: 7, maxLength: 7 }),
    nullText: fc.constantFrom('', '', 'NULL', '\\N', '0', 'nothing', 'longer than 8'),
    lineEnd: fc.constantFrom('\n', '\n', '\r\n'),
    timeZone: fc.constantFrom('UTC', 'UTC', '+08:00', 'America/New_York', 'Asia/Shanghai'),
    pattern: fc.constantFrom(
      undefined,
      undefined,
      'yyyy-MM-dd HH:mm:ss',
      "yyyy-MM-dd'T'HH:mm:ss.SSS",
      'yyyy-MM-dd',
    ),
    isOdpscmd: fc.constantFrom(false, false, true),
    quote: fc.constantFrom('"', '"', undefined),
    strict: fc.constantFrom(true, true, false),
    always: fc.boolean(),
    oldDates: fc.constantFrom('accept' as const, 'refuse' as const),
    maxFieldBytes: fc.constantFrom(undefined, 8, 100),
    usual: fc.constantFrom(1, 10, 100),
    more: fc.constantFrom('', '', '\n\n', '"open', 'a,b\n', '\xff'),
  })
  .chain(all => tableOf(all.names, all.usual).map(table => ({ ...all, table })))
  .map(all => {
    const { names, seed, isOrdered, nullable, nullText, lineEnd, always, table, more } = all
    const places = names.map((_, i) => i)
    if (!isOrdered) places.sort((a, b) => (seed[a]! % 97) - (seed[b]! % 97))
    // A field that no column wants, and a column that has none.
    const skipped = isOrdered && seed[7]! % 3 === 0
    const lines = table.map(cells =>
      [
        ...places.map(i =>
          cells[i] === undefined ? nullText : quoted(cells[i], always || cells[i] === nullText),
        ),
        ...(skipped ? ['skipped'] : []),
      ].join(','),
    )
    const header = [...places.map(i => `c${i}`), ...(skipped ? ['other'] : [])]
    const table_ = columns(names.map((name, i) => `c${i}:${name}`).join(' ')).map((column, i) => ({
      ...column,
      nullable: nullable[i]!,
    }))
    const end = seed[6]! % 4 === 0 ? '' : lineEnd
    const file = Buffer.concat([
      Buffer.from([header.join(','), ...lines].join(lineEnd) + end),
      Buffer.from(more, 'latin1'),
    ])
    const { timeZone, pattern, isOdpscmd, quote, strict, oldDates, maxFieldBytes } = all
    const options = optionsOf({
      ...{ nullText, timeZone, isOdpscmd, quote },
      datetime: pattern === undefined ? undefined : compileDatetimePattern(pattern, { takesTail: isOdpscmd }),
    })
    const encode = { oldDates, ...(maxFieldBytes !== undefined && { maxFieldBytes }) }
    return {
      file,
      given: { columns: table_, fieldOf: names.map((_, i) => places.indexOf(i)), strict, options, encode },
    }
  })

describe('CSV files read as records', () => {
  test('are what the careful way makes of them: any types, forms, quotes, options and chunks', async () => {
    let quick = 0
    await fc.assert(
      fc.asyncProperty(drawn, pieces, async ({ file, given }, sizes) => {
        quick += await same(file, given, sizes)
      }),
      { numRuns: Number(process.env['ODPS_TEST_RUNS'] ?? 400) },
    )
    assert.ok(quick > 1000, `${quick} records were read in WebAssembly`)
  })

  test('with a delimiter that numbers and times have, too: it ends a field wherever it stands outside quotes', async () => {
    // The fields are those of Python's csv.reader.
    for (const [delimiter, types, line, fields] of [
      [' ', 'a:datetime b:string', '2001-02-03 04:05:06 GET', ['2001-02-03', '04:05:06', 'GET']],
      [' ', 'a:timestamp_ntz', '2001-02-03 04:05:06', ['2001-02-03', '04:05:06']],
      [':', 'a:datetime b:string', '2001-02-03T04:05:06:x', ['2001-02-03T04', '05', '06', 'x']],
      ['T', 'a:timestamp', '2001-02-03T04:05:06', ['2001-02-03', '04:05:06']],
      ['.', 'a:double b:double', '1.5.2.5', ['1', '5', '2', '5']],
      ['.', 'a:decimal(9,2)', '1.5', ['1', '5']],
      ['-', 'a:double b:bigint', '1e-5-2', ['1e', '5', '2']],
      ['-', 'a:date b:bigint', '2001-02-03-1', ['2001', '02', '03', '1']],
      ['e', 'a:float', '1e5', ['1', '5']],
      ['1', 'a:bigint', '2012', ['20', '2']],
      ['t', 'a:boolean', 'true', ['', 'rue']],
    ] as const) {
      const given = plain(types, { delimiter, nullText: 'NULL' })
      const names = given.columns.map(column => column.name)
      const file = Buffer.from(`${names.join(delimiter)}\n${line}\n`)
      for (const isQuick of [true, false]) {
        const { refused } = await read(file, given, isQuick, [])
        assert.deepEqual((refused as { fields: unknown }[])[0]?.fields, fields, `${line} ${isQuick}`)
        // With quotes it is text.
        const cell = `"${line.slice(0, line.lastIndexOf(delimiter))}"${line.slice(line.lastIndexOf(delimiter))}`
        if (names.length > 1) await same(Buffer.from(`${names.join(delimiter)}\n${cell}\n`), given)
      }
    }
  })

  test('with a delimiter that values have: as they are read without WebAssembly, in quotes and without', async () => {
    const texts: Readonly<Record<string, readonly string[]>> = {
      bigint: ['7', '-12', '2001', '1234567890123456'],
      double: ['1.5', '-2e-5', '0.125', '1234.5678'],
      'decimal(9,2)': ['1.50', '-20.25', '7'],
      date: ['2001-02-03', '1999-12-31'],
      datetime: ['2001-02-03 04:05:06', '2001-02-03T04:05:06.789Z', '2001-02-03T04:05:06'],
      timestamp_ntz: ['2001-02-03 04:05:06.123456789', '2001-02-03T04:05:06'],
      boolean: ['true', 'false'],
      string: ['plain', 'a b-c.d', 'T', ''],
    }
    const lines = { minLength: 20, maxLength: 20, size: 'max' } as const
    const field = fc
      .constantFrom(...Object.keys(texts))
      .chain(type =>
        fc.record({ type: fc.constant(type), cells: fc.array(fc.constantFrom(...texts[type]!), lines) }),
      )
    let quick = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...' .-:+eTZt0159'),
        fc.array(field, { minLength: 2, maxLength: 6, size: 'max' }),
        fc.array(fc.integer({ min: 0, max: 9 }), lines),
        fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 3 }),
        async (delimiter, fields, luck, pieces) => {
          const given = plain(fields.map(({ type }, i) => `c${i}:${type}`).join(' '), {
            delimiter,
            header: false,
          })
          // One line in ten is left without the quotes that it needs.
          const cellOf = (cell: string, row: number): string =>
            cell.includes(delimiter) && luck[row]! > 0 ? `"${cell}"` : cell
          const file = luck.map((_, row) =>
            fields.map(({ cells }) => cellOf(cells[row]!, row)).join(delimiter),
          )
          quick += await same(Buffer.from(`${file.join('\n')}\n`), given, pieces)
        },
      ),
      { numRuns: Number(process.env['ODPS_TEST_RUNS'] ?? 300) },
    )
    assert.ok(quick > 1000, `${quick} records were read in WebAssembly`)
  })

  test('with a pattern of times that holds a delimiter, a quote or a line end', async () => {
    for (const [pattern, time] of [
      ['yyyy-MM-dd, HH:mm:ss', '2001-02-03, 04:05:06'],
      [`yyyy-MM-dd'"'HH:mm:ss`, '2001-02-03"04:05:06'],
      ["yyyy-MM-dd'\n'HH:mm:ss", '2001-02-03\n04:05:06'],
      ["yyyy-MM-dd'\r\n'HH:mm:ss", '2001-02-03\r\n04:05:06'],
    ] as const) {
      const given = plain('a:datetime b:bigint', { datetime: compileDatetimePattern(pattern) })
      const wanted = await read(
        Buffer.from('a,b\n2001-02-03 04:05:06,7\n'),
        plain('a:datetime b:bigint'),
        true,
        [],
      )
      const quoted = Buffer.from(`a,b\n"${time.replaceAll('"', '""')}",7\n`)
      assert.equal((await read(quoted, given, true, [])).bytes, wanted.bytes, pattern)
      // A quote inside of a field without quotes is text; in one with quotes, a lone one ends it.
      const wrong = pattern.includes('"') ? `"${time}"` : time
      for (const isQuick of [true, false]) {
        const { refused } = await read(Buffer.from(`a,b\n${wrong},7\n`), given, isQuick, [])
        assert.ok(refused.length > 0, wrong)
      }
    }
  })

  test('a FLOAT is the nearest to its digits, as strtof reads them, where a double lies halfway between two', async () => {
    const file = Buffer.from('f\n1.60561865568161\n16777217.0000000001\n16777217\n')
    for (const isQuick of [true, false]) {
      const { bytes } = await read(file, plain('f:float'), isQuick, [])
      // The tag of field 1, and four bytes; what follows a record are its checksum and the next tag.
      const values = [...bytes.matchAll(/0d([0-9a-f]{8})80c0ff7f/g)].map(([, hex]) => hex)
      assert.deepEqual(values, ['e984cd3f', '0100804b', '0000804b'])
    }
  })

  test('cut at every byte', async () => {
    const given = plain('a:bigint b:string c:double d:datetime e:varchar(9)', { nullText: 'NULL' })
    const file = Buffer.from(
      'a,b,c,d,e\r\n1,one,0.5,2024-02-29T01:02:03.004Z,x\n2,"t,w\no",1e300,2024-02-29 01:02:03,é中😀\r\n\n3,"say ""hi""",NULL,NULL,"y"\n4x,bad,1,NULL,z\n5,中文,-12.25,1969-12-31T23:59:59.999Z,NULL',
    )
    for (let at = 1; at < file.length; at++) await same(file, given, [at, file.length])
    await same(file, given, [1])
  })

  test('numbers of each length, with the point at each place', async () => {
    const all = '12345678901234567890'
    const texts: string[] = []
    for (let count = 1; count <= 20; count++)
      for (const sign of ['', '-'])
        for (const number of [
          all.slice(0, count),
          '9'.repeat(count),
          '0'.repeat(count),
          all.slice(0, count).padStart(20, '0'),
        ]) {
          texts.push(sign + number)
          for (let at = 0; at <= count; at++) texts.push(`${sign}${number.slice(0, at)}.${number.slice(at)}`)
        }
    for (const type of ['bigint', 'double'])
      await same(Buffer.from(`a\n${apart(texts, '1').join('\n')}\n`), plain(`a:${type}`), [50_000])
    // No more than sixteen characters, and digits on both sides of a point: what programs write.
    const short = texts.filter(each => /^-?(?=.{1,16}$)\d+\.\d+$/.test(each))
    const wholes = texts.filter(each => /^-?\d{1,18}$/.test(each))
    assert.equal(await same(Buffer.from(`a\n${short.join('\n')}\n`), plain('a:double')), short.length)
    assert.equal(await same(Buffer.from(`a\n${wholes.join('\n')}\n`), plain('a:bigint')), wholes.length)
  })

  test('times with any byte of them another one, and days about the ends of months', async () => {
    const iso = '2024-02-29T23:59:59.789Z'
    const long = Array.from({ length: iso.length }, (_, at) =>
      Array.from('069/:.TZ x', byte => iso.slice(0, at) + byte + iso.slice(at + 1)),
    ).flat()
    const short = long.map(each => each.slice(0, 19).replace('T', ' '))
    const days = [1900, 1999, 2000, 2023, 2024, 9999].flatMap(year =>
      Array.from({ length: 14 * 33 }, (_, i) => {
        const [month, day] = [String(Math.floor(i / 33)), String(i % 33)].map(each => each.padStart(2, '0'))
        return `${year}-${month}-${day}T00:00:00.000Z`
      }),
    )
    const file = (texts: readonly string[]) => Buffer.from(`d\n${texts.join('\n')}\n`)
    const plainTime = '2024-02-29 23:59:59'
    const isDay = days.filter(
      each => !Number.isNaN(Date.parse(each)) && new Date(each).toISOString() === each,
    )
    await same(file(days), plain('d:datetime'))
    assert.equal(await same(file(isDay), plain('d:datetime')), isDay.length)
    const datetime = compileDatetimePattern('yyyy-MM-dd HH:mm:ss')
    for (const type of ['datetime', 'timestamp', 'timestamp_ntz']) {
      await same(file(apart(long, iso)), plain(`d:${type}`, { timeZone: 'Asia/Shanghai' }))
      await same(file(apart(short, plainTime)), plain(`d:${type}`, { datetime }))
    }
  })

  test('a record of many chunks, which stay what they are until it is whole', async () => {
    const long = Array.from({ length: 300_000 }, (_, i) => `part ${i}`).join(' ')
    const file = Buffer.from(`a,b\n1,one\n2,${long}\n3,three\n`)
    await same(file, plain('a:bigint b:string'), [200_000])
    const other = Buffer.from('a,b||1,one||2,"two||and\nmore"||3,three||')
    await same(other, plain('a:bigint b:string', { recordDelimiter: '||' }), [5])
  })

  test('nearly all in WebAssembly, where they are as programs write them', async () => {
    const given = plain(
      'a:bigint b:string c:double d:datetime e:boolean f:decimal(9,2) g:date h:binary i:float',
    )
    const line = (i: number): string =>
      `${i},"text, ${i}",${i / 7},2024-02-28T01:02:03.${String(i % 1000).padStart(3, '0')}Z,${i % 2 === 0},${i}.25,2024-02-29,YQ==,${i}.5\n`
    const file = Buffer.from(`a,b,c,d,e,f,g,h,i\n${Array.from({ length: 5000 }, (_, i) => line(i)).join('')}`)
    assert.equal(await same(file, given), 5000)
    const few = Buffer.concat([file, Buffer.from(`7,"a ""quote""",1,,,,,,\n${line(1)}`)])
    assert.equal(await same(few, given), 5001)
  })

  test('in a zone whose clock changes, and in patterns', async () => {
    const times = Array.from({ length: 400 }, (_, i) => new Date(Date.UTC(2024, 2, 1) + i * 3_600_000 * 1.7))
    const iso = times.map(time => time.toISOString().slice(0, 19).replace('T', ' '))
    for (const timeZone of ['America/New_York', 'Asia/Kolkata', '-03:30', 'Australia/Lord_Howe']) {
      const file = Buffer.from(`d\n${iso.join('\n')}\n`)
      const quick = await same(file, plain('d:datetime', { timeZone }))
      assert.ok(quick > 300, `${quick} of 400 in ${timeZone}`)
    }
    const slashed = iso.map(text => text.replaceAll('-', '/').slice(0, 16)).join('\n')
    const datetime = compileDatetimePattern('yyyy/MM/dd HH:mm')
    assert.equal(await same(Buffer.from(`d\n${slashed}\n`), plain('d:timestamp', { datetime })), 400)
  })

  test('where nearly no record is as it should be', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) =>
      i % 500 === 0 ? `${i}` : i % 3 === 0 ? ` ${i}` : `+${i}`,
    )
    await same(Buffer.from(`a\n${lines.join('\n')}\n`), plain('a:bigint'), [900, 77])
  })

  test('and long ones: texts, records of many chunks, open quotes', async () => {
    const given = plain('a:bigint b:string')
    const long = 'x'.repeat(300_000)
    const lines = `a,b\n1,${long}\n2,"${long}\n${long}"\n3,c\n4,"${'y\n'.repeat(600_000)}"\n5,d\n6,e\n${'7,f\n'.repeat(500_000)}`
    const quick = await same(Buffer.from(lines), given, [262_144])
    assert.ok(quick >= 100_000, `${quick} records were read in WebAssembly`)
    await same(Buffer.from(`${lines}7,"open\n8,f\n`), given, [262_144])
  })
})
