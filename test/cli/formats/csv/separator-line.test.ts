import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { takeSeparatorLine, withSeparator } from '../../../../lib/cli/formats/csv/separator-line.js'
import type { TextOptions } from '../../../../lib/cli/formats/text-options.js'
import { cliBench } from '../../support.js'

async function* piecesOf(bytes: Buffer, cut: number): AsyncGenerator<Buffer, void, undefined> {
  yield bytes.subarray(0, cut)
  yield bytes.subarray(cut)
}

const take = async (text: string, cut: number) => {
  const { separator, bytes } = await takeSeparatorLine(piecesOf(Buffer.from(text), cut))
  const rest: Buffer[] = []
  for await (const piece of bytes) rest.push(piece)
  return [separator, Buffer.concat(rest).toString()]
}

describe('the line in which Excel names the delimiter', () => {
  for (const [text, separator, rest] of [
    ['sep=;\r\na;b\r\n1;2\r\n', ';', 'a;b\r\n1;2\r\n'],
    ['SEP=,\na,b\n', ',', 'a,b\n'],
    ['sep=\t\ra\tb', '\t', 'a\tb'],
    ['sep=§\nä§b\n', '§', 'ä§b\n'],
    ['sep=|', '|', ''],
    ['sep=;', ';', ''],
    // Anything else is a header, or a row.
    ['sep=\nx\n', undefined, 'sep=\nx\n'],
    ['sep=ab\n1\n', undefined, 'sep=ab\n1\n'],
    ['sep=;a\n1\n', undefined, 'sep=;a\n1\n'],
    ['"sep=;"\n1\n', undefined, '"sep=;"\n1\n'],
    ['a\nsep=;\n', undefined, 'a\nsep=;\n'],
    ['', undefined, ''],
  ] as const)
    test(`${JSON.stringify(text)}, wherever it is cut`, async () => {
      for (let cut = 0; cut <= Buffer.byteLength(text); cut++)
        assert.deepEqual(await take(text, cut), [separator, rest])
    })

  test('says what no option says', () => {
    const options = { delimiter: undefined, isOdpscmd: false } as TextOptions
    assert.equal(withSeparator(options, ';', 'f').delimiter, ';')
    assert.equal(withSeparator(options, undefined, 'f').delimiter, undefined)
    assert.equal(withSeparator({ ...options, delimiter: ';' }, ';', 'f').delimiter, ';')
    assert.throws(() => withSeparator({ ...options, delimiter: '|' }, ';', 'f.csv'), {
      message: "f.csv begins with 'sep=;', and --delimiter says '|'",
    })
  })

  test('is no row of a table, with a header or without', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { a: 'string', b: 'string' } })
    const path = await bench.write('of-excel.csv', 'sep=;\r\na;b\r\n"1;2";x,y\r\n')
    await bench.ok(['upload', path, 't'])
    assert.deepEqual(await bench.rows('t'), [['1;2', 'x,y']])
    await bench.ok(['upload', path, 't', '--no-header', '--overwrite'])
    assert.deepEqual(await bench.rows('t'), [
      ['a', 'b'],
      ['1;2', 'x,y'],
    ])
    const { code, stderr } = await bench.run(['upload', path, 't', '--delimiter', ','])
    assert.deepEqual([code, /begins with 'sep=;'/.test(stderr)], [2, true])
  })
})
