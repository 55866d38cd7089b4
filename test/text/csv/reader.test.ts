import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cellForm } from '../../../lib/text/csv/quick-cells.js'
import { CsvReader, type FirstRecord } from '../../../lib/text/csv/reader.js'
import { MalformedRecord } from '../../../lib/text/csv/record.js'
import { cutAt, pythonFiles } from '../../transforms/csv-files.js'

interface Read {
  readonly header: unknown
  readonly rows: unknown[]
  readonly bad: unknown[]
}

interface Ways {
  readonly first?: FirstRecord
  /** A sign that the scanner does not know, in place of every comma. */
  readonly delimiter?: string
  readonly width?: number | undefined
  readonly nullText?: string
  readonly strictLength?: boolean
}

const read = (pieces: readonly Buffer[], ways: Ways = {}): Read => {
  const { first = 'header', delimiter = ',', nullText = '\\N', strictLength = true } = ways
  const syntax = { delimiter, recordDelimiter: undefined, quote: '"', nullText, maxRecordBytes: 1 << 20 }
  const reader = new CsvReader(syntax, { first, mayHaveMark: true })
  const waiting = [...pieces]
  let begun = reader.begin(waiting.shift() ?? Buffer.alloc(0), false)
  while (begun === undefined && waiting.length > 0) begun = reader.begin(waiting.shift()!, false)
  begun ??= reader.begin(Buffer.alloc(0), true)!
  const { record, rest } = begun
  if (record instanceof MalformedRecord) return { header: record.reason, rows: [], bad: [] }
  const width = ways.width ?? record?.length ?? 0
  const keep = (value: unknown): unknown => value
  const fields = Array.from({ length: width }, (_, cell) => ({
    ...{ cell, form: cellForm.text, parse: keep, parseBytes: keep },
  }))
  reader.setFields({ fields, cells: width, strictLength, notText: 'no text' })
  const batches = [rest, ...waiting].map(each => {
    const batch = reader.next(each)
    return { ...batch, origins: batch.rows.map((_, i) => batch.originOf(i).record) }
  })
  const last = reader.end()
  batches.push({ ...last, origins: last.rows.map((_, i) => last.originOf(i).record) })
  const bad = batches.flatMap(batch => batch.bad.map(({ record, reason }) => [record, reason]))
  const numbers = batches.flatMap(batch => batch.origins)
  const all = [...numbers, ...bad.map(([number]) => number as number)].sort((a, b) => a - b)
  assert.deepEqual(
    all,
    all.map((_, i) => i + 1),
    'records are numbered without a gap',
  )
  return { header: record, rows: batches.flatMap(batch => batch.rows), bad }
}

/** As text, with commas for the sign that the splitter was given. */
const printed = (found: Read): string => {
  const text = JSON.stringify(found, (_key, value: unknown) => {
    if (typeof value === 'symbol') return 'NULL in quotes'
    const bytes = value as { type?: string; data?: number[] } | null
    return bytes?.type === 'Buffer' ? `bytes ${Buffer.from(bytes.data!).toString('latin1')}` : value
  })
  return text.replaceAll('\xc2\xa7', ',').replaceAll('§', ',')
}

/** By the scanner and by the splitter, in one piece and cut anywhere. */
const readEveryWay = (text: string | Buffer, ways: Ways = {}): Read => {
  const bytes = Buffer.from(text as string)
  const whole = read([bytes], ways)
  for (let cut = 0; cut <= bytes.length; cut++)
    assert.deepEqual(read(cutAt(bytes, [cut]), ways), whole, `cut at ${cut}`)
  assert.deepEqual(
    read(
      Array.from(bytes, byte => Buffer.of(byte)),
      ways,
    ),
    whole,
    'byte by byte',
  )
  const slow = Buffer.from(bytes.toString('latin1').replaceAll(',', '\xc2\xa7'), 'latin1')
  const restored = JSON.parse(JSON.stringify(read([slow], { ...ways, delimiter: '§' })).replaceAll('§', ','))
  assert.deepEqual(restored, JSON.parse(JSON.stringify(whole)), 'by the splitter')
  return whole
}

describe('reading CSV', () => {
  for (const [text, [header, ...rows]] of pythonFiles)
    test(`${JSON.stringify(text)} is what Python reads`, () => {
      assert.deepEqual(readEveryWay(text, { nullText: 'NULL' }), { header, rows, bad: [] })
    })

  test('a blank line is none of several fields, but the empty field of one', () => {
    assert.deepEqual(readEveryWay('\n\r\na,b\n\n1,2\r\n\r\n3,4\n\n'), {
      header: ['a', 'b'],
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
      bad: [],
    })
    assert.deepEqual(readEveryWay('\na\n\n""\nx\n\n', { nullText: '' }), {
      header: ['a'],
      rows: [[null], [''], ['x'], [null]],
      bad: [],
    })
  })

  test('an empty field in quotes is a record of one field, never a blank line', () => {
    for (const nullText of ['', '\\N']) {
      const { rows, bad } = readEveryWay('a,b\n""\n1,2\n""', { nullText })
      assert.deepEqual(rows, [['1', '2']])
      assert.deepEqual(bad, [
        [1, 'has 1 field, not 2'],
        [3, 'has 1 field, not 2'],
      ])
      assert.deepEqual(readEveryWay('a,b\n""\n\n', { nullText, strictLength: false }).rows, [['', null]])
      assert.deepEqual(readEveryWay('""\nx', { nullText }).rows, [['x']])
    }
  })

  test('a header that cannot be read is told, and nothing is read behind it', () => {
    for (const [text, reason] of [
      ['"a"x,b\n1,2\n', /text follows the closing quote/],
      ['\n"a"x,b\n1,2\n', /text follows the closing quote/],
      ['a,"b\n1,2\n3,4\n', /a quote is not closed at the end of the input, and includes all lines/],
      ['"a', /a quote is not closed/],
    ] as const)
      assert.match(String(readEveryWay(text).header), reason, text)
  })

  test('without a header the first record that can be read says how many fields there are', () => {
    const { rows, bad } = readEveryWay('\n"a"x,b\n1,2\n"c"y\n3,4\n', { first: 'width' })
    assert.deepEqual(rows, [
      ['1', '2'],
      ['3', '4'],
    ])
    assert.deepEqual(
      bad.map(each => (each as unknown[])[0]),
      [1, 3],
    )
    assert.match(String(readEveryWay('"a"x,b\n"c"y', { first: 'width' }).header), /text follows/)
  })

  test('nothing but blank lines are no records, or NULLs of one column', () => {
    for (const text of ['', '\n', '\r\n\n', '\ufeff', '\ufeff\n\n'])
      assert.deepEqual(readEveryWay(text), { header: undefined, rows: [], bad: [] })
    assert.deepEqual(readEveryWay('\n\r\n\n', { first: 'width', nullText: '' }).rows, [
      [null],
      [null],
      [null],
    ])
    assert.deepEqual(readEveryWay('\n\n', { first: 'unused', width: 2 }).rows, [])
  })

  test('one byte order mark is none of the text, at the very start only', () => {
    assert.deepEqual(readEveryWay('\ufeff\ufeffa,b\n\ufeff1,2\n').header, ['\ufeffa', 'b'])
    assert.deepEqual(readEveryWay('\ufeff"a",b\n\ufeff1,2\n').rows, [['\ufeff1', '2']])
    assert.deepEqual(readEveryWay('\ufeff1,2', { first: 'unused', width: 2 }).rows, [['1', '2']])
  })

  test('a lone CR ends records only if it ends the first', () => {
    assert.deepEqual(readEveryWay('a,b\n1,x\ry\n\r,2\n').rows, [
      ['1', 'x\ry'],
      ['\r', '2'],
    ])
    const { rows, bad } = readEveryWay('a,b\r1,2\r3,4\n5,6\r"7\n",8\r')
    assert.deepEqual(rows, [
      ['1', '2'],
      ['7\n', '8'],
    ])
    assert.deepEqual(bad, [
      [2, 'the first record ends with CR alone, and this one contains LF outside quotes'],
    ])
  })

  test('bytes that are not UTF-8 are themselves', () => {
    const bytes = Buffer.from('a,b\n1,caf\xe9\n"\xff""",\xc3\xa9\n2,\xe9', 'latin1')
    const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
    assert.deepEqual(readEveryWay(bytes).rows, [
      ['1', latin1('caf\xe9')],
      [latin1('\xff"'), 'é'],
      ['2', latin1('\xe9')],
    ])
  })

  test('any text at all means the same to the scanner and to the splitter, however it is cut', () => {
    const text = fc.string({
      unit: fc.constantFrom(...',",",\n\r a\\N\ufeff\xe9'),
      maxLength: 40,
      size: 'max',
    })
    const ways = fc.record({
      first: fc.constantFrom('header', 'width', 'unused'),
      width: fc.constantFrom(1, 2, 3),
      nullText: fc.constantFrom('', '\\N', 'a'),
      strictLength: fc.boolean(),
    })
    fc.assert(
      fc.property(text, ways, fc.array(fc.nat(), { maxLength: 5, size: 'max' }), (any, way, cuts) => {
        const bytes = Buffer.from(any, any.includes('\ufeff') ? 'utf8' : 'latin1')
        const isOwnWidth = way.first !== 'unused'
        const ways = isOwnWidth ? { ...way, width: undefined } : way
        const whole = read([bytes], ways)
        assert.deepEqual(read(cutAt(bytes, cuts), ways), whole)
        const splitter = Buffer.from(bytes.toString('latin1').replaceAll(',', '\xc2\xa7'), 'latin1')
        const split = read(cutAt(splitter, cuts), { ...ways, delimiter: '§' })
        assert.equal(printed(split), printed(whole))
      }),
      { numRuns: 3000 },
    )
  })

  test('takes linear time for a record in many pieces', () => {
    // Time of this process, however busy the machine is; looked at again and again it would be minutes.
    const started = process.cpuUsage()
    const piece = Buffer.alloc(1000, 'a""b\n')
    const reader = new CsvReader(
      { delimiter: ',', recordDelimiter: undefined, quote: '"', nullText: '', maxRecordBytes: 1 << 30 },
      { first: 'unused', mayHaveMark: true },
    )
    const { rest } = reader.begin(Buffer.from('a\n"'), false)!
    reader.setFields({
      fields: [{ cell: 0, form: cellForm.text, parse: text => text }],
      ...{ cells: 1, strictLength: true, notText: '' },
    })
    reader.next(rest)
    for (let i = 0; i < 5000; i++) reader.next(piece)
    const rows = [...reader.next(Buffer.from('"\n')).rows, ...reader.end().rows]
    assert.equal(String((rows[0] as string[])[0]).length, 4_000_000)
    assert.ok(process.cpuUsage(started).user < 5_000_000, 'it takes more than linear time')
  })
})
