import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { type FormatCsvOptions, formatCsv } from '../../lib/transforms/format-csv.js'
import { Timestamp } from '../../lib/values/timestamp.js'
import { runChain, runToText } from './run-chain.js'

const schema = defineSchema(
  { id: 'bigint', name: 'string', tags: 'array<string>', at: 'timestamp' },
  { partitionColumns: { month: 'string' } },
)
const pairs = defineSchema({ id: 'bigint', name: 'string' })
const format = (rows: readonly object[], options: FormatCsvOptions = {}, of = pairs): Promise<string> =>
  runToText(rows, formatCsv(of, options))

describe('formatCsv', () => {
  test('prints a header, cells, NULL, and quotes where they are needed', async () => {
    const rows = [
      [1n, 'plain', ['a', null], new Timestamp(0, 1)],
      [null, null, null, null],
      [2n, 'a,b', [], null],
      [3n, 'say "hi"\nor\r', null, null],
      [4n, '\\N', null, null],
      [5n, '', null, null],
    ]
    assert.equal(
      await runToText(rows, formatCsv(schema)),
      [
        'id,name,tags,at',
        '1,plain,"[""a"",null]",1970-01-01T00:00:00.000000001Z',
        '\\N,\\N,\\N,\\N',
        '2,"a,b",[],\\N',
        '3,"say ""hi""\nor\r",\\N,\\N',
        '4,"\\N",\\N,\\N',
        '5,,\\N,\\N',
        '',
      ].join('\n'),
    )
  })

  test('takes object rows', async () => {
    assert.equal(await format([{ NAME: 'x' }, { id: 1n, name: 'y' }]), 'id,name\n\\N,x\n1,y\n')
  })

  test('without rows prints the header alone, or nothing', async () => {
    assert.equal(await format([]), 'id,name\n')
    assert.equal(await format([], { header: false }), '')
  })

  test('its options', async () => {
    const rows = [[1n, '']]
    assert.equal(await format(rows, { header: false }), '1,\n')
    assert.equal(await format(rows, { lineEnd: '\r\n', byteOrderMark: true }), '\ufeffid,name\r\n1,\r\n')
    assert.equal(
      await format(
        [
          [null, ''],
          [2n, null],
        ],
        { nullText: '', delimiter: ';' },
      ),
      'id;name\n;""\n2;\n',
    )
    assert.equal(
      await format(
        [
          [1n, 'NULL'],
          [2n, null],
        ],
        { nullText: 'NULL' },
      ),
      'id,name\n1,"NULL"\n2,NULL\n',
    )
    assert.equal(await format([[1n, '\ufeffx']], { header: false, columns: ['id', 'name'] }), '1,"\ufeffx"\n')
  })

  test('puts any line end in quotes, whatever the line end of the file', async () => {
    for (const text of ['\n', '\r', 'a\n', '\ra', '\r\n'])
      for (const lineEnd of ['\n', '\r\n'] as const)
        assert.equal(await format([[null, text]], { header: false, lineEnd }), `\\N,"${text}"${lineEnd}`)
  })

  test('prints the columns of a download: a list, and partition columns', async () => {
    const options = { columns: ['NAME', 'id'], partitionColumns: true }
    assert.equal(
      await runToText([['x', 1n, '2001-01']], formatCsv(schema, options)),
      'name,id,month\nx,1,2001-01\n',
    )
    assert.throws(() => formatCsv(schema, { columns: ['x'] }), { code: 'ODPS_INVALID_COLUMNS' })
  })

  test('prints times in the zone asked for', async () => {
    const of = defineSchema({ at: 'datetime' })
    const rows = [[new Date('2001-02-03T04:05:06.789Z')]]
    assert.equal(
      await runToText(rows, formatCsv(of, { timeZone: 'Asia/Shanghai', header: false })),
      '2001-02-03T12:05:06.789+08:00\n',
    )
  })

  test('gathers chunks of the size asked for', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => [BigInt(i), 'x'.repeat(96)])
    const chunks = (await runChain(rows, formatCsv(pairs, { chunkBytes: 10_000 }))) as Buffer[]
    assert.ok(chunks.length >= 9 && chunks.length <= 11)
    assert.equal((await runChain(rows, formatCsv(pairs, { chunkBytes: 0 }))).length, 1000)
    assert.equal((await runChain(rows.slice(0, 10), formatCsv(pairs))).length, 1)
  })

  test('a cell or row that does not fit tells its column and row, but not its text', async () => {
    await assert.rejects(
      format([
        [1n, 'a'],
        ['secret', 'b'],
      ]),
      {
        code: 'ODPS_INVALID_VALUE',
        message: /^formatCsv: row 1, column 'id': expected a whole number, got (?!.*secret)/,
        column: 'id',
        rowIndex: 1,
      },
    )
    await assert.rejects(format([[1n]]), { code: 'ODPS_ROW_LENGTH', rowIndex: 0 })
    await assert.rejects(format([{ nme: 1 }]), { code: 'ODPS_UNKNOWN_COLUMN', column: 'nme' })
  })

  test('options are checked at once', () => {
    for (const options of [{ lineEnd: '\r' }, { columns: 'id' }, { chunkBytes: -1 }, { nullText: '"' }])
      assert.throws(() => formatCsv(pairs, options as FormatCsvOptions), { code: 'ODPS_INVALID_OPTION' })
    assert.throws(() => formatCsv(pairs, { null: '' } as FormatCsvOptions), { code: 'ODPS_UNKNOWN_OPTION' })
  })
})
