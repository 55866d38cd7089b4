import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { CellNotes } from '../../../../lib/cli/formats/cell-notes.js'
import { openDelimited } from '../../../../lib/cli/formats/csv/source.js'
import { writerOf } from '../../../../lib/cli/formats/open-writer.js'
import type { TextOptions } from '../../../../lib/cli/formats/text-options.js'
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

const columnsOf = (...types: readonly string[]): Column[] =>
  types.map((type, i) => ({ name: `c${i}`, type: parseDataType(type), nullable: true }))

type Rows = readonly (readonly unknown[])[]

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const write = async (
  columns: readonly Column[],
  batches: readonly Rows[],
  changes: Partial<TextOptions> = {},
  more: { isResumed?: boolean; firstRow?: number } = {},
): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  const { write: writeCsv } = await writerOf(columns, 'csv', { ...options, ...changes })
  for await (const { bytes } of writeCsv(each(batches), more)) pieces.push(bytes)
  return Buffer.concat(pieces)
}

const readBack = async (
  bytes: Buffer,
  columns: readonly Column[],
  changes: Partial<TextOptions> = {},
): Promise<unknown[]> => {
  const source = await openDelimited(each([bytes]), 'csv', { ...options, ...changes })
  const rows: unknown[] = []
  const fieldOf = columns.map((_, i) => (i < source.fields.length ? i : -1))
  for await (const batch of source.rows({ columns, fieldOf, strict: true })) {
    assert.deepEqual(batch.bad, [])
    rows.push(...batch.rows)
  }
  return rows
}

/*
 * Each text, and how it stands in a file. Python's csv, pandas (keep_default_na=False) and DuckDB (allow_quoted_nulls=false)
 * read these forms to the same texts, alone on their lines and between others.
 */
const forms: readonly (readonly [text: string, form: string])[] = [
  ['plain', 'plain'],
  [' lead', '" lead"'],
  ['trail ', '"trail "'],
  ['\ttab', '"\ttab"'],
  ['tab\t', '"tab\t"'],
  [' ', '" "'],
  ['a b', 'a b'],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['"', '""""'],
  ['a\nb', '"a\nb"'],
  ['a\rb', '"a\rb"'],
  ['\r\n', '"\r\n"'],
  ['\\.', '"\\."'],
  ['\\N', '\\N'],
  ['NULL', 'NULL'],
  ['#x', '#x'],
  ["'q'", "'q'"],
  ['\ufeffx', '"\ufeffx"'],
  ['x\ufeff', '"x\ufeff"'],
  ['好😀', '好😀'],
  ['\u2028', '\u2028'],
  ['x\u0000y', 'x\u0000y'],
  ['\\', '\\'],
  ['=1+1', '=1+1'],
]

describe('writing CSV', () => {
  test('quotes what any program would read as something else', async () => {
    const rows = forms.map(([text]) => [text])
    const bytes = await write(columnsOf('string'), [rows])
    assert.equal(bytes.toString(), ['c0', ...forms.map(([, form]) => form), ''].join('\n'))
    const pairs = await write(columnsOf('string', 'string'), [forms.map(([text]) => [text, text])])
    assert.equal(pairs.toString(), ['c0,c1', ...forms.map(([, form]) => `${form},${form}`), ''].join('\n'))
  })

  test('a byte order mark at the start of the file is text when it is the first field', async () => {
    const columns = columnsOf('string', 'string')
    for (const encoding of ['utf-8', 'utf-16', 'latin1']) {
      const text = encoding === 'latin1' ? 'ï»¿x' : '\ufeffx'
      const bytes = await write(columns, [[[text, 'y']]], { header: false, encoding })
      assert.deepEqual(await readBack(bytes, columns, { header: false, encoding }), [[text, 'y']])
    }
  })

  test('NULL and an empty text stay apart, in one column too', async () => {
    for (const [nullText, form] of [
      ['', 'c0\n\n""\n\nx\n'],
      ['NULL', 'c0\nNULL\n""\nNULL\nx\n'],
    ] as const) {
      const rows = [[null], [''], [null], ['x']]
      const bytes = await write(columnsOf('string'), [rows], { nullText })
      assert.equal(bytes.toString(), form)
      assert.deepEqual(await readBack(bytes, columnsOf('string'), { nullText }), rows)
    }
    const nulls = [[null], [null]]
    const bare = await write(columnsOf('string'), [nulls], { header: false })
    assert.deepEqual(await readBack(bare, columnsOf('string'), { header: false }), nulls)
  })

  test('whatever is written is read back, by us and by csv-parse', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.string({ unit: fc.constantFrom(...'",;|#\n\r\\N. \t\ufeffa'), maxLength: 5 }),
      fc.constantFrom(...forms.map(([each]) => each)),
    )
    const cases = fc.record({
      rows: fc.integer({ min: 1, max: 4 }).chain(width =>
        fc.array(fc.array(fc.option(text), { minLength: width, maxLength: width }), {
          minLength: 1,
          maxLength: 60,
          size: 'max',
        }),
      ),
      header: fc.boolean(),
      nullText: fc.constantFrom('', '\\N', 'NULL'),
      delimiter: fc.constantFrom(',', ';', '\t', '||', '|#|', '∥'),
      recordDelimiter: fc.constantFrom(undefined, '\r\n', '#|#', '\r'),
      quote: fc.constantFrom('"', "'"),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, ...changes }) => {
        const columns = columnsOf(...rows[0]!.map(() => 'string'))
        const bytes = await write(columns, [rows], changes)
        assert.deepEqual(await readBack(bytes, columns, changes), rows)
        const { delimiter, recordDelimiter = '\n', quote } = changes
        const found = parse(bytes, {
          delimiter,
          quote,
          escape: quote,
          record_delimiter: recordDelimiter,
          bom: true,
        })
        const nullText = (cell: string | null): string => cell ?? changes.nullText
        assert.deepEqual(
          (changes.header ? found.slice(1) : found) as unknown,
          rows.map(row => row.map(nullText)),
        )
      }),
      { numRuns: 100 },
    )
  })

  test('bytes that are not UTF-8 are written as they are, and quoted like text', async () => {
    const columns = columnsOf('string', 'json', 'varchar(9)')
    const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
    const rows = [[latin1('caf\xe9'), latin1('"\xff"'), latin1(' \xc3')]]
    const bytes = await write(columns, [rows])
    assert.deepEqual(bytes, latin1('c0,c1,c2\ncaf\xe9,"""\xff""" " \xc3"\n'.replace(' "', ',"')))
    assert.deepEqual(await readBack(bytes, columnsOf('string', 'string', 'varchar(9)')), rows)
  })

  test('what the encoding does not have is refused by row and column', async () => {
    const columns = columnsOf('bigint', 'string')
    const batches = [
      [
        [1n, 'a'],
        [2n, 'é'],
      ],
      [
        [3n, null],
        [4n, '€'],
      ],
    ]
    for (const encoding of ['latin1', 'gbk', 'ascii'])
      await assert.rejects(write(columns, batches, { encoding }, { isResumed: true, firstRow: 100 }), {
        message: `row ${encoding === 'ascii' ? 101 : 103}, column 'c1' contains a character that ${encoding} does not have`,
        next: /--encoding utf-8 or gb18030/,
      })
    await assert.rejects(write(columns, [[[1n, Buffer.of(0xff)]]], { encoding: 'gb18030' }), {
      message: "row 0, column 'c1' contains bytes that are not UTF-8",
    })
    await assert.rejects(write([{ ...columns[0]!, name: '列' }], [], { encoding: 'latin1' }), {
      message: /column name '列' cannot be written in latin1/,
    })
  })

  test('half a pair of surrogates is refused', async () => {
    await assert.rejects(write(columnsOf('string'), [[['a'], ['x\ud800']]]), {
      message: /^row 1, column 'c0': the text contains a lone surrogate/,
    })
  })

  test('a MAP with equal keys is refused by row and column', async () => {
    const columns = columnsOf('map<string,bigint>')
    const unlike = [
      ['a', 1n],
      ['b', 2n],
    ]
    const rows = [[unlike], [[...unlike, ['a', 3n]]]]
    assert.equal((await write(columns, [rows.slice(0, 1)])).toString(), 'c0\n"{""a"":1,""b"":2}"\n')
    await assert.rejects(write(columns, [rows]), { message: /^row 1, column 'c0': .*duplicate key/ })
  })

  test('UTF-16 has one byte order mark, and none in what is resumed', async () => {
    const many = Array.from({ length: 300_000 }, () => ['x'])
    const bytes = await write(columnsOf('string'), [many, many], { encoding: 'utf-16' })
    assert.equal(bytes.toString('utf16le').lastIndexOf('\ufeff'), 0)
    const rest = await write(columnsOf('string'), [[['x']]], { encoding: 'utf-16' }, { isResumed: true })
    assert.equal(rest.toString('hex'), '78000a00')
  })

  describe('without quotes', () => {
    const bare: Partial<TextOptions> = { quote: undefined }

    test('refuses what has no form that is read back', async () => {
      for (const text of ['a,b', 'a\nb', 'a\rb', '', '\ufeffa'])
        await assert.rejects(write(columnsOf('string', 'string'), [[[text, 'x']]], bare), {
          message: /^row 0, column 'c0': the text (contains a delimiter or a line end|would be read as NULL)/,
        })
      const columns = columnsOf('string', 'string')
      const rows = [
        ['a"b', '"'],
        [' a', null],
      ]
      assert.deepEqual(await readBack(await write(columns, [rows], bare), columns, bare), rows)
      const other = { ...bare, delimiter: '||', recordDelimiter: '#' }
      await assert.rejects(write(columns, [[['x', 'a|']]], { ...other, recordDelimiter: '|#' }), /row 0/)
      assert.equal((await write(columns, [[['a|b', '\r\n']]], other)).toString(), 'c0||c1#a|b||\r\n#')
    })

    test('prints it as it is and counts it where odpscmd does', async () => {
      const notes = new CellNotes()
      const rows = [
        ['a,b', ''],
        ['x\n', null],
        ['', 'y'],
      ]
      const bytes = await write(columnsOf('string', 'string'), [rows], { ...bare, isOdpscmd: true, notes })
      assert.equal(bytes.toString(), 'c0,c1\na,b,\nx\n,\n,y\n')
      assert.deepEqual(
        notes.lines().map(line => line.replace(/: [^:]*$/, '')),
        ["column 'c0', 2 values", "column 'c0', 1 value", "column 'c1', 1 value"],
      )
    })
  })

  test('signs that cannot be told from each other are refused', async () => {
    for (const changes of [
      { nullText: ',' },
      { nullText: 'a"' },
      { nullText: '\n' },
      { delimiter: '\r' },
      { delimiter: 'a"' },
      { quote: ',' },
      { recordDelimiter: '"' },
    ])
      await assert.rejects(
        write(columnsOf('string'), [], changes),
        { name: 'Error', next: /./ },
        JSON.stringify(changes),
      )
  })
})
