import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineSchema } from '../../lib/schema/define-schema.js'
import type { TableSchema } from '../../lib/schema/table-schema.js'
import { type ParseCsvOptions, parseCsv } from '../../lib/transforms/parse-csv.js'
import { runChain, slices } from './run-chain.js'

const schema = defineSchema({ id: 'bigint', Name: 'string', at: 'datetime' })
const pairs = defineSchema({ id: 'bigint', name: 'string' })

const parse = (
  text: string | Buffer,
  of: TableSchema = pairs,
  options: ParseCsvOptions = {},
  size = 7,
): Promise<unknown[]> => runChain(slices(text, size), parseCsv(of, options))

const fails = (promise: Promise<unknown>, code: string, message: RegExp, more: object = {}): Promise<void> =>
  assert.rejects(promise, { name: 'TunnelValueError', code, message, ...more })

describe('parseCsv', () => {
  test('reads cells by their types, and NULL', async () => {
    const text = 'id,name,at\n1,a,2001-02-03T04:05:06Z\n\\N,\\N,\\N\n9007199254740993,,2001-02-03 04:05\n'
    assert.deepEqual(await parse(text, schema), [
      [1n, 'a', new Date('2001-02-03T04:05:06Z')],
      [null, null, null],
      [9007199254740993n, '', new Date('2001-02-03T04:05:00Z')],
    ])
  })

  test('reads what Excel writes: byte order mark, CRLF, quotes in quotes, line ends in fields', async () => {
    const text = '\ufeff"id",name\r\n1,"say ""hi"", then\r\nleave"\r\n2,"a,b"\r\n3,"last\nline"'
    const rows = [
      [1n, 'say "hi", then\r\nleave'],
      [2n, 'a,b'],
      [3n, 'last\nline'],
    ]
    for (let size = 1; size <= 40; size++) assert.deepEqual(await parse(text, pairs, {}, size), rows)
  })

  test('reads files with mixed line ends, and without one at the end', async () => {
    assert.deepEqual(await parse('id,name\r\n1,a\n2,b\r\n3,c'), [
      [1n, 'a'],
      [2n, 'b'],
      [3n, 'c'],
    ])
  })

  test('no character breaks at a chunk boundary, in bytes or text', async () => {
    const name = 'é中😀字段'
    const text = `id,name\n1,${name}\n`
    for (let size = 1; size <= 12; size++) {
      assert.deepEqual(await parse(text, pairs, {}, size), [[1n, name]])
      const parts = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.slice(i * size, (i + 1) * size),
      )
      assert.deepEqual(await runChain(parts, parseCsv(pairs)), [[1n, name]])
    }
  })

  test('takes columns in any order and case, with blanks around names', async () => {
    const text = 'AT, id ,NAME\n\\N,1,x\n'
    assert.deepEqual(await parse(text, schema), [[1n, 'x', null]])
  })

  test('names every column that is missing, unknown or there twice', async () => {
    await fails(
      parse('id,nme,when\n1,x,y\n', schema),
      'ODPS_UNKNOWN_COLUMN',
      /^parseCsv: the header names 'nme', 'when', which the table does not have; it lacks 'Name', 'at'\. If/,
    )
    await fails(parse('id,name,ID\n', pairs), 'ODPS_UNKNOWN_COLUMN', /names 'id' twice/)
    await fails(parse('1,x\n', pairs), 'ODPS_UNKNOWN_COLUMN', /set header: false/)
  })

  test('ignores or fills columns when told so', async () => {
    const options = { unknownColumns: 'ignore', missingColumns: 'null' } as const
    assert.deepEqual(await parse('more,name\n1,x\n', schema, options), [[null, 'x', null]])
  })

  test('without a header fields are columns in order', async () => {
    assert.deepEqual(await parse('1,id\n2,name\n', pairs, { header: false }), [
      [1n, 'id'],
      [2n, 'name'],
    ])
  })

  test('tells a NULL from text that reads like it by its quotes', async () => {
    const text = 'id,name\n1,"\\N"\n2,\\N\n\\N,"\\N"\r\n4,"x\\N"\n'
    for (const size of [1, 5, 100])
      assert.deepEqual(await parse(text, pairs, {}, size), [
        [1n, '\\N'],
        [2n, null],
        [null, '\\N'],
        [4n, 'x\\N'],
      ])
    assert.deepEqual(await parse('id,name\n,""\n1,\n', pairs, { nullText: '' }), [
      [null, ''],
      [1n, null],
    ])
  })

  test('passes over blank lines, but in one column they are empty fields', async () => {
    assert.deepEqual(await parse('\nid,name\n\n1,a\r\n\r\n2,b\n\n'), [
      [1n, 'a'],
      [2n, 'b'],
    ])
    const one = defineSchema({ name: 'string' })
    assert.deepEqual(await parse('name\na\n\nb\n', one), [['a'], [''], ['b']])
  })

  test('another delimiter, time zone and form of JSON', async () => {
    const of = defineSchema({ at: 'datetime', j: 'json' })
    const text = 'at;j\n2001-02-03 04:05:06;"{""a"": 1}"\n'
    const options = { delimiter: ';', timeZone: 'Asia/Shanghai' }
    assert.deepEqual(await parse(text, of, options), [[new Date('2001-02-02T20:05:06Z'), { a: 1 }]])
    assert.deepEqual((await parse(text, of, { ...options, json: 'text' }))[0], [
      new Date('2001-02-02T20:05:06Z'),
      '{"a": 1}',
    ])
  })

  test('nothing, or a header alone, are no rows', async () => {
    assert.deepEqual(await parse(''), [])
    assert.deepEqual(await parse('id,name'), [])
    assert.deepEqual(await parse('\ufeff'), [])
  })

  test('a bad cell tells its column and row, but not its text', async () => {
    await fails(
      parse('id,name\n1,a\nsecret,b\n'),
      'ODPS_INVALID_VALUE',
      /^parseCsv: row 1, column 'id': expected a whole number, got (?!.*secret)/,
      { column: 'id', rowIndex: 1 },
    )
    await fails(parse('id,name\n,b\n'), 'ODPS_INVALID_VALUE', /if empty fields mean NULL, set nullText: ''/)
  })

  test('a decimal with more digits than its column is refused, however usual it looks', async () => {
    const of = defineSchema({ d: 'decimal(5,2)' })
    assert.deepEqual(await parse('d\n123.45\n-0.10\n00123.4\n', of), [['123.45'], ['-0.10'], ['00123.4']])
    for (const text of ['1.234', '1234', '-1234.5', '0.0000000000000000001'])
      await fails(parse(`d\n${text}\n`, of), 'ODPS_VALUE_OUT_OF_RANGE', /row 0, column 'd': .*digits/)
  })

  test('rows before a bad one go on', async () => {
    const seen: unknown[] = []
    const keep = (row: unknown) => {
      seen.push(row)
      return row
    }
    for (const text of [
      'id,name\n1,a\n2,b\nx,c\n',
      'id,name\n1,a\n2,b\n3,"c"x\n',
      'id,name\n1,a\n2,b\n3\n',
    ]) {
      seen.length = 0
      await assert.rejects(runChain([Buffer.from(text)], parseCsv(pairs), keep))
      assert.equal(seen.length, 2, text)
    }
  })

  test('broken records are errors without their text', async () => {
    const secret = (error: unknown) =>
      !(error instanceof Error && /secret/.test(`${error.message} ${error.cause}`))
    for (const [text, code, message] of [
      ['id,name\n1\n', 'ODPS_ROW_LENGTH', /row 0 has 1 field, not 2/],
      ['id,name\n1,secret,3\n', 'ODPS_ROW_LENGTH', /row 0 has 3 fields, not 2/],
      [
        'id,name\n1,a\n1,"secret',
        'ODPS_INVALID_ROW',
        /a quote is not closed at the end of the input, in row 1/,
      ],
      ['id,name\n1,"secret"s\n', 'ODPS_INVALID_ROW', /text follows the closing quote of a field, in row 0/],
      ['id,"secret"s\n', 'ODPS_INVALID_ROW', /text follows the closing quote of a field, in the header/],
    ] as const) {
      await fails(parse(text), code, message)
      await assert.rejects(parse(text), secret)
    }
  })

  test('a record that does not end is stopped', async () => {
    const endless = function* () {
      yield 'id,name\n1,"'
      for (;;) yield Buffer.alloc(10_000, 'x')
    }
    await fails(
      runChain(endless(), parseCsv(pairs, { maxLineBytes: 100_000 })),
      'ODPS_FIELD_TOO_LONG',
      /longer than maxLineBytes.*is a quote not closed/,
    )
  })

  test('input that is not UTF-8 is refused', async () => {
    for (const size of [1, 100]) {
      const latin1 = Buffer.from('id,name\n1,caf\xe9\n', 'latin1')
      await fails(parse(latin1, pairs, {}, size), 'ODPS_INVALID_VALUE', /not UTF-8/)
      await fails(
        parse(Buffer.from('\ufeffid,name\n', 'utf16le'), pairs, {}, size),
        'ODPS_INVALID_VALUE',
        /not UTF-8/,
      )
      await fails(
        parse(Buffer.from('id,name\n1,中').subarray(0, -1), pairs, {}, size),
        'ODPS_INVALID_VALUE',
        /UTF-8/,
      )
    }
  })

  test('chunks that are no bytes and no text are refused', () =>
    fails(runChain([{ id: 1 }], parseCsv(pairs)), 'ODPS_INVALID_ROW', /chunks of bytes or text, got object/))

  test('options are checked at once', () => {
    const wrong: [object, string][] = [
      [{ headers: true }, 'ODPS_UNKNOWN_OPTION'],
      [{ header: 1 }, 'ODPS_INVALID_OPTION'],
      [{ delimiter: ',,' }, 'ODPS_INVALID_OPTION'],
      [{ delimiter: '"' }, 'ODPS_INVALID_OPTION'],
      [{ nullText: 'a,b' }, 'ODPS_INVALID_OPTION'],
      [{ timeZone: 'Nowhere/Land' }, 'ODPS_INVALID_OPTION'],
      [{ maxLineBytes: 0 }, 'ODPS_INVALID_OPTION'],
      [{ missingColumns: 'skip' }, 'ODPS_INVALID_OPTION'],
    ]
    for (const [options, code] of wrong) assert.throws(() => parseCsv(pairs, options), { code })
  })
})
