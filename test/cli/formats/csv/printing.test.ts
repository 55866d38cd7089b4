import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CellNotes } from '../../../../lib/cli/formats/cell-notes.js'
import { writerOf } from '../../../../lib/cli/formats/open-writer.js'
import type { FileBatch } from '../../../../lib/cli/formats/row-writer.js'
import type { TextOptions } from '../../../../lib/cli/formats/text-options.js'
import { compileDatetimePattern } from '../../../../lib/cli/formats/times/datetime-pattern.js'
import { createRecordDecoder, type DecodeOptions } from '../../../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../../../lib/codec/rows/record-encoder.js'
import { PrintedRows, type RecordPrinting } from '../../../../lib/codec/rows/record-printing.js'
import { StreamTotals } from '../../../../lib/codec/stream/totals.js'
import { ByteWindow } from '../../../../lib/codec/stream/window.js'
import { type Column, type DataType, parseDataType, Timestamp } from '../../../../lib/index.js'
import { cellOf } from '../../../codec/arbitrary-rows.js'
import { columnsOf, loadVectors, streamOf } from '../../../codec/golden-vectors.js'
import { printedKinds, provePrints, randomBits } from '../../../wire/double-prints.js'

/*
 * Records become text in two ways, and the careful one says what is right: it is held to Python's csv, DuckDB and Java by the tests of its own.
 * Here the same stream goes through both, whole, in pieces and damaged, and files, refusals and notes have to be the same.
 */

const options: TextOptions = {
  delimiter: undefined,
  recordDelimiter: undefined,
  quote: '"',
  header: false,
  nullText: '',
  encoding: 'utf-8',
  timeZone: 'UTC',
  datetime: undefined,
  plainNumbers: false,
  isOdpscmd: false,
  notes: new CellNotes(),
}

const fileValues: DecodeOptions = { string: 'exact', map: 'pairs', json: 'text' }

interface Outcome {
  readonly bytes: string
  /** Whether a row was refused; of those before it in its batch, text alone is written. */
  readonly isRefused: boolean
  readonly error: string | undefined
  readonly notes: readonly string[]
}

/** How many rows came as text in all tests. */
let printedRows = 0

const decode = (
  columns: readonly Column[],
  stream: Uint8Array,
  cuts: readonly number[],
  printing: RecordPrinting | undefined,
  more: DecodeOptions,
): { batches: FileBatch[]; error: unknown } => {
  const batches: FileBatch[] = []
  try {
    const decoder = createRecordDecoder(columns, { ...fileValues, ...more, printing })
    for (const [i, to] of [...cuts, stream.length].entries()) {
      const items: unknown[] = []
      try {
        decoder.push(stream.subarray(i === 0 ? 0 : cuts[i - 1], to), items)
      } finally {
        batches.push(items as FileBatch)
      }
    }
    decoder.end()
  } catch (error) {
    return { batches, error }
  }
  return { batches, error: undefined }
}

const outcome = async (
  columns: readonly Column[],
  stream: Uint8Array,
  format: 'csv' | 'tsv' | 'ndjson',
  changes: Partial<TextOptions>,
  isPrinted: boolean,
  { cuts = [], ...more }: DecodeOptions & { readonly cuts?: readonly number[] } = {},
): Promise<Outcome> => {
  const notes = new CellNotes()
  const fileColumns = [...columns, ...(more.partition ?? []).map(({ column }) => column)]
  const { write, printing } = await writerOf(fileColumns, format, { ...options, ...changes, notes })
  const { batches, error } = decode(columns, stream, cuts, isPrinted ? printing : undefined, more)
  for (const item of batches.flat()) if (item instanceof PrintedRows) printedRows += item.rows
  const pieces: Uint8Array[] = []
  let failure: unknown
  try {
    for await (const { bytes } of write(each(batches), { firstRow: 7 })) pieces.push(bytes)
  } catch (error) {
    failure = error
  }
  return {
    bytes: Buffer.concat(pieces).toString('latin1'),
    isRefused: failure !== undefined,
    error: String(failure ?? error),
    notes: [...notes.lines()].sort(),
  }
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const encode = (columns: readonly Column[], rows: readonly (readonly unknown[])[]): Buffer => {
  const encoder = createRecordEncoder(columns, { json: 'text' })
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return Buffer.from(encoder.finish())
}

const sameBothWays = async (
  columns: readonly Column[],
  stream: Uint8Array,
  format: 'csv' | 'tsv' | 'ndjson',
  changes: Partial<TextOptions>,
  more: DecodeOptions & { readonly cuts?: readonly number[] } = {},
): Promise<Outcome> => {
  const careful = await outcome(columns, stream, format, changes, false, more)
  const quick = await outcome(columns, stream, format, changes, true, more)
  if (careful.isRefused) {
    assert.deepEqual({ ...quick, bytes: '', notes: [] }, { ...careful, bytes: '', notes: [] })
    assert.ok(
      quick.bytes.startsWith(careful.bytes),
      'the file has at least the rows that were printed with care',
    )
  } else assert.deepEqual(quick, careful)
  return quick
}

const namedColumns = (...types: readonly string[]): Column[] =>
  types.map((type, i) => ({ name: `c${i}`, type: parseDataType(type), nullable: true }))

const flatTypes: readonly string[] = [
  ...['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'BOOLEAN', 'STRING', 'BINARY', 'JSON'],
  ...['DATE', 'DATETIME', 'TIMESTAMP', 'TIMESTAMP_NTZ', 'VARCHAR(60)', 'CHAR(9)', 'DECIMAL(20,3)'],
]

/** Text with everything that a file may need quotes, escapes or care for. */
const signs = [
  ...'ab ,;|"\'\\\t\r\n.#',
  '\u0001',
  '\u001f',
  '\u007f',
  '\ufeff',
  '，',
  '\uffef',
  'é',
  '中',
  '😀',
  'NULL',
  'ÿþ',
  'ï»¿',
  'x'.repeat(15),
]
const oddText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...signs), maxLength: 40, size: 'max' }),
  fc.constantFrom(
    '',
    ' ',
    'NULL',
    '\\N',
    '\\.',
    '-',
    'a,b',
    '"',
    'þÿ',
    'ÿþ1',
    'ï»¿1',
    'ï»',
    '\ufeff1',
    'ff',
    '7',
  ),
  fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.from(bytes)),
)

const near = (instant: number): fc.Arbitrary<number> =>
  fc.integer({ min: -200_000, max: 200_000 }).map(seconds => instant + seconds)

/** Whenever, and around the turns of clocks, days, years and the calendar. */
const seconds = fc.oneof(
  fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
  fc.integer({ min: 0, max: 2_000_000_000 }),
  fc
    .constantFrom(
      0,
      -62_167_219_200,
      253_402_300_799,
      1_711_846_800,
      1_729_994_400,
      -2_177_481_943,
      -1_325_491_200,
    )
    .chain(near),
)
const clipped = (value: number): number => Math.min(Math.max(value, -62_167_219_200), 253_402_300_799)
const nanos = fc.oneof(
  fc.constantFrom(0, 0, 1, 999_999_999, 120_000_000),
  fc.integer({ min: 0, max: 999_999_999 }),
)

const anyCell = (type: DataType): fc.Arbitrary<unknown> => {
  switch (type.kind) {
    case 'string':
      return oddText
    case 'json':
      return fc.constantFrom('{"a": 1}', '[1,\n2]', '"x"', '1e3', '{')
    case 'datetime':
      return fc.tuple(seconds, nanos).map(([s, n]) => new Date(clipped(s) * 1000 + Math.floor(n / 1e6)))
    case 'timestamp':
    case 'timestamp_ntz':
      return fc.tuple(seconds, nanos).map(([s, n]) => new Timestamp(clipped(s), n))
    case 'double':
    case 'float':
      return fc.oneof(
        cellOf(type),
        fc.integer({ min: -1e7, max: 1e7 }).map(value => value / 1000),
        fc.constantFrom(0, -0, 1e21, 123e-20, 1e-7, 2 ** 40, 0.1, 16777216, 2 ** -20, 4194304.25),
      )
    default:
      return cellOf(type)
  }
}

/** A value of each of `flatTypes`, NULL, and some odd ones. */
const oneOfEach: readonly (readonly unknown[])[] = [
  [
    ...[1, -300, 70_000, 2n ** 40n, 0.1, 1e-9, true, 'a,"b"\n中，', Buffer.from('xyz'), '{"a":[1]}'],
    ...['2024-02-29', new Date(1e12), new Timestamp(1, 5), new Timestamp(-1, 0), 'v', 'c', '-1.500'],
  ],
  flatTypes.map((_, i) => (i % 3 === 0 ? null : i === 7 ? '' : undefined)).map(cell => cell ?? null),
  [
    ...[-1, 1, -1, -1n, Number.NaN, -0, false, Buffer.of(0xff), Buffer.alloc(0), '1'],
    ...['0000-01-01', new Date(-1), new Timestamp(0, 0), new Timestamp(0, 1), '\ufeff', ' ', '0.001'],
  ],
]

interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly unknown[])[]
}

const tables = (types: readonly string[]): fc.Arbitrary<Table> =>
  fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 12, size: 'max' }).chain(chosen => {
    const columns = namedColumns(...chosen)
    const row = fc.tuple(...columns.map(({ type }) => fc.option(anyCell(type), { freq: 6 })))
    return fc.array(row, { maxLength: 60, size: 'max' }).map(rows => ({ columns, rows }))
  })

const patterns = [
  ...[
    'yyyy-MM-dd HH:mm:ss',
    'yyyy/M/d H:m:s.SSS',
    "dd.MM.yyyy'T'HH:mm:ssXXX",
    'yyyyMMddHHmmssSSSSSSSSS Z',
    'yy-MM-dd',
  ],
  ...[
    'y-MM-dd hh:mm:ss a',
    'yyyyy-MM-dd x',
    'yyy-MM-dd,HH',
    "MM '中'",
    'HH:mm',
    `yyyy-MM-dd'${'long text '.repeat(50)}'HH`,
    'a hh',
    'yyyy-MM-dd ',
    'X yyyy',
    'yyyy-MM-dd HH:mm:ssXXXXX',
  ],
].flatMap(pattern => {
  try {
    return [compileDatetimePattern(pattern)]
  } catch {
    return []
  }
})

const zones = [
  'UTC',
  '+08:00',
  '-03:30',
  'Asia/Shanghai',
  'America/New_York',
  'Europe/Amsterdam',
  'GMT+8',
  '+00:00:30',
]

const anyOptions: fc.Arbitrary<Partial<TextOptions>> = fc.record({
  delimiter: fc.constantFrom(undefined, undefined, ';', '|', '\u0001', '||', '，', ' ', 'x', '\t'),
  recordDelimiter: fc.constantFrom(undefined, undefined, '\r\n', '\u0002', '\r', '#\n'),
  quote: fc.constantFrom('"', '"', "'", undefined),
  nullText: fc.constantFrom('', '', 'NULL', '\\N', '-', 'true', 'ff'),
  timeZone: fc.constantFrom(...zones),
  datetime: fc.constantFrom(undefined, ...patterns),
  plainNumbers: fc.boolean(),
  encoding: fc.constantFrom('utf-8', 'utf-8', 'utf-8', 'gb18030'),
  isOdpscmd: fc.constantFrom(false, false, true),
})

const cutsOf = (length: number, at: readonly number[]): number[] =>
  at.map(each => each % (length + 1)).sort((a, b) => a - b)

describe('records printed as text', () => {
  test('CSV is the same as printed with care, whatever the options', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables(flatTypes),
        anyOptions,
        fc.constantFrom('csv' as const, 'tsv' as const),
        fc.array(fc.nat(), { maxLength: 3 }),
        async ({ columns, rows }, changes, format, cuts) => {
          const stream = encode(columns, rows)
          await sameBothWays(columns, stream, format, changes, { cuts: cutsOf(stream.length, cuts) })
        },
      ),
      { numRuns: 100 },
    )
  })

  test('lines of JSON are the same as printed with care', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables(flatTypes),
        fc.array(fc.nat(), { maxLength: 3 }),
        async ({ columns, rows }, cuts) => {
          const stream = encode(columns, rows)
          const named = columns.map((column, i) => ({ ...column, name: i === 0 ? '名"\\ \n' : column.name }))
          await sameBothWays(named, stream, 'ndjson', {}, { cuts: cutsOf(stream.length, cuts) })
        },
      ),
      { numRuns: 50 },
    )
  })

  test('records cut anywhere are the same', async () => {
    const columns = namedColumns(...flatTypes)
    const stream = encode(columns, oneOfEach)
    for (let cut = 0; cut <= stream.length; cut++)
      for (const format of ['csv', 'ndjson'] as const)
        await sameBothWays(columns, stream, format, {}, { cuts: [cut] })
    for (let length = 0; length < stream.length; length += 3)
      await sameBothWays(columns, stream.subarray(0, length), 'csv', {})
  })

  test('a record with any bit changed is refused as by the decoder', async () => {
    const columns = namedColumns(...flatTypes)
    const stream = encode(columns, oneOfEach.slice(0, 2))
    let seen = 0
    for (let bit = 0; bit < 8 * stream.length; bit++) {
      const damaged = Buffer.from(stream)
      damaged[bit >>> 3]! ^= 1 << (bit & 7)
      const { error } = await sameBothWays(columns, damaged, 'csv', {})
      if (error !== 'undefined') seen++
    }
    // Unused bits of a varint mean nothing.
    assert.ok(seen > 7.9 * stream.length, `${seen} of ${8 * stream.length} bits are seen`)
  })

  test('golden vectors are the same, good and malformed', async () => {
    for (const set of ['scalar', 'mixed', 'complex', 'decode-special', 'wide']
      .map(each => `records-${each}`)
      .concat('malformed', 'projection', 'footer'))
      for (const vector of loadVectors(set)) {
        const stream = streamOf(vector)
        if (stream === undefined || stream.length > 100_000) continue
        const { columns: names } = vector
        const all = columnsOf(vector)
        const columns = names ? names.map(name => all.find(column => column.name === name)!) : all
        for (const format of ['csv', 'ndjson'] as const) await sameBothWays(columns, stream, format, {})
      }
  })

  test('columns of the partition follow each row', async () => {
    const columns = namedColumns('BIGINT', 'STRING')
    const stream = encode(columns, [
      [1n, 'a'],
      [null, null],
      [3n, Buffer.of(0xff)],
    ])
    const column = (name: string, type: string): Column => ({
      name,
      type: parseDataType(type),
      nullable: true,
    })
    const partition = [
      { column: column('region', 'STRING'), value: 'a,"b" ' },
      { column: column('day', 'BIGINT'), value: '007' },
    ]
    const csv = await sameBothWays(columns, stream, 'csv', {}, { partition })
    assert.equal(csv.bytes, '1,a,"a,""b"" ",7\n,,"a,""b"" ",7\n3,\xff,"a,""b"" ",7\n')
    const refused = await sameBothWays(
      columns,
      encode(columns, [[1n, 'a']]),
      'csv',
      { quote: undefined },
      { partition },
    )
    assert.match(refused.error ?? '', /column 'region': the text contains a delimiter/)
    const good = encode(columns, [[1n, 'a']])
    const json = await sameBothWays(columns, good, 'ndjson', {}, { partition })
    assert.equal(json.bytes, '{"c0":1,"c1":"a","region":"a,\\"b\\" ","day":7}\n')
  })

  test('what a session or a limit refuses is refused', async () => {
    const columns = namedColumns('DATETIME', 'STRING')
    const rows = [
      [new Date('2020-01-01T00:00:00Z'), 'x'],
      [new Date('1927-12-31T23:59:59.999Z'), 'y'.repeat(300)],
    ]
    const stream = encode(columns, rows)
    const { error } = await sameBothWays(columns, stream, 'csv', {}, { oldDates: 'refuse' })
    assert.match(error ?? '', /DATETIME before 1928/)
    const tooLarge = await sameBothWays(columns, stream, 'csv', {}, { maxRowBytes: 100 })
    assert.match(tooLarge.error ?? '', /larger than the limit of 100 bytes/)
  })

  /** It would be read again and again as it grows, and be held though it is too large already. */
  test('half a record is left for later behind others only, and if it is not too large', async () => {
    const columns = namedColumns('STRING')
    const { printing } = await writerOf(columns, 'csv', options)
    const limits = { maxRowBytes: 100, refusesOldDates: false, partition: [] }
    const stream = encode(columns, [['one'], ['t'.repeat(300)]])
    const behind = stream.indexOf('ttt') - 3
    const ranOut = [
      [0, behind + 50],
      [behind, behind + 50],
      [0, behind + 150],
    ].map(([from, to]) => {
      const window = new ByteWindow(64)
      const printer = printing!.printerOf(columns, limits)!
      window.lend(stream.subarray(from, to))
      printer.readInto(window, new StreamTotals(), [])
      return printer.ranOut
    })
    assert.deepEqual(ranOut, [true, false, false])
  })

  test('a pattern that leaves something out is told of, cell by cell', async () => {
    const datetime = compileDatetimePattern('yyyy-MM-dd HH:mm:ss')
    const columns = namedColumns('DATETIME', 'TIMESTAMP', 'BIGINT')
    const rows = [
      [new Date(1500), new Timestamp(1, 0), 1n],
      [new Date(1001), new Timestamp(1, 1), 1n],
      [null, new Timestamp(2, 0), 1n],
    ]
    const { notes } = await sameBothWays(columns, encode(columns, rows), 'csv', { datetime })
    assert.equal(notes.length, 2)
    assert.match(notes[0] ?? '', /'c0', 2 values/)
    assert.match(notes[1] ?? '', /'c1', 1 value:/)
  })

  /** Rows of each kind of column come as text: else a slow way would pass all of the above. */
  test('plain rows come as text', async () => {
    const rowsOf = (cell: unknown): unknown[][] => Array.from({ length: 40 }, () => [cell])
    const rows: readonly (readonly [string, unknown, Partial<TextOptions>])[] = [
      ...['TINYINT', 'SMALLINT', 'INT', 'BIGINT'].map(type => [type, 7, {}] as const),
      ['DOUBLE', 1e-9, {}],
      ['DOUBLE', Number.NaN, {}],
      ['FLOAT', 0.1, { nullText: 'NULL' }],
      ['BOOLEAN', true, { delimiter: '|' }],
      ['STRING', 'a,"中"，\n', {}],
      ['VARCHAR(9)', '', { nullText: '\\N' }],
      ['BINARY', Buffer.of(1, 2), {}],
      ['DATE', '2024-02-29', {}],
      ['DATETIME', new Date(0), { timeZone: 'Asia/Shanghai' }],
      ['DATETIME', new Date(0), { datetime: compileDatetimePattern('dd.MM.yy HH:mm') }],
      ['TIMESTAMP', new Timestamp(0, 5), { timeZone: '+05:30' }],
      ['TIMESTAMP_NTZ', new Timestamp(0, 5), { timeZone: 'America/New_York' }],
      ['DECIMAL(5,2)', '1.50', {}],
      ...(['DATETIME', 'DOUBLE', 'STRING', 'BINARY'] as const).map(
        (type, i) =>
          [
            type,
            [new Date(1500), 0.25, 'a，', Buffer.from('a')][i],
            { isOdpscmd: true, quote: undefined, plainNumbers: true },
          ] as const,
      ),
    ]
    for (const [type, cell, changes] of rows) {
      const columns = namedColumns(type)
      for (const format of ['csv', 'tsv', 'ndjson'] as const) {
        if (format === 'ndjson' && Object.keys(changes).length > 0) continue
        const before = printedRows
        await sameBothWays(columns, encode(columns, rowsOf(cell)), format, changes)
        const isOdd =
          type === 'DATETIME' &&
          changes.datetime !== undefined &&
          changes.datetime.pattern.startsWith('dd.MM.yy ')
        assert.equal(printedRows - before, isOdd ? 0 : 40, `${type} as ${format}`)
      }
    }
  })

  test('between odd records the others come as text', async () => {
    const columns = namedColumns('STRING', 'BIGINT')
    const rows = Array.from({ length: 5000 }, (_, i) => [
      i % 1000 === 500 ? Buffer.of(0xff, 0x41) : `text ${i}`,
      i,
    ])
    const before = printedRows
    await sameBothWays(columns, encode(columns, rows), 'csv', {})
    assert.ok(printedRows - before < 5000, 'text that is not UTF-8 is printed with care')
  })
})

describe('numbers printed as text', () => {
  for (const kind of Object.keys(printedKinds))
    test(`DOUBLE, ${kind}: the digits are those of String(value)`, () => {
      const { left, wrong } = provePrints(kind, 10_000, 7)
      assert.deepEqual(wrong, [])
      assert.equal(left, 0)
    })

  test('FLOAT, any bits: the fewest digits that read back', async () => {
    const floats = namedColumns('FLOAT')
    const random = randomBits(9)
    const view = new DataView(new ArrayBuffer(4))
    const rows = Array.from({ length: 20_000 }, (_, i) => {
      view.setUint32(0, i % 3 === 0 ? random() & 0x807fffff : random())
      const value = view.getFloat32(0)
      return [i % 5 === 0 ? Math.fround((random() % 100_000) / 1000) : value]
    })
    await sameBothWays(floats, encode(floats, rows), 'csv', {})
  })
})
