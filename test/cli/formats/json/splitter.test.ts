import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  ElementCutter,
  LineCutter,
  type RecordBytes,
  TooLong,
} from '../../../../lib/cli/formats/json/splitter.js'

/** Cut anywhere. */
const cut = (cutter: LineCutter | ElementCutter, text: string | Buffer, size: number): RecordBytes[] => {
  const bytes = Buffer.from(text)
  const records: RecordBytes[] = []
  for (let at = 0; at < bytes.length; at += size) records.push(...cutter.next(bytes.subarray(at, at + size)))
  return [...records, ...cutter.end()]
}

const texts = (records: readonly RecordBytes[]): string[] =>
  records.map(record => (record instanceof TooLong ? record.reason : record.toString().trim()))

describe('cutting JSON into records', () => {
  test('the elements of an array, however its bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6, size: 'max' }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom('', ' ', '\n'),
        (values, size, indent) => {
          const text = JSON.stringify(values, undefined, indent)
          const elements = texts(cut(new ElementCutter('f.json'), ` ${text}\n`, size))
          assert.deepEqual(
            elements.map(element => JSON.parse(element)),
            JSON.parse(text),
          )
        },
      ),
      { numRuns: 500, seed: 20_010_203 },
    )
  })

  test('lines, the blank ones passed over', () => {
    for (let size = 1; size < 20; size++)
      assert.deepEqual(texts(cut(new LineCutter(), '{"a":"é"}\r\n\n \t\r\n[1]\n\u00a0\n{}', size)), [
        '{"a":"é"}',
        '[1]',
        '',
        '{}',
      ])
  })

  test('an element that is nothing is a record, so that a comma too many is not passed over', () => {
    const elements = (text: string): string[] => texts(cut(new ElementCutter('f.json'), text, 3))
    assert.deepEqual(elements('[]'), [])
    assert.deepEqual(elements('[ \n ]'), [])
    assert.deepEqual(elements('[1,]'), ['1', ''])
    assert.deepEqual(elements('[,1]'), ['', '1'])
    assert.deepEqual(elements('[1,,2]'), ['1', '', '2'])
    assert.deepEqual(elements('["],[","\\"]",{"a":[1,2]}]'), ['"],["', '"\\"]"', '{"a":[1,2]}'])
  })

  for (const [text, message] of [
    ['{"a":1}', /f\.json cannot be read: it is not a JSON array of records; is it NDJSON/],
    ['[{"a":1}', /not closed at the end/],
    ['[{"a":[1},{"b":2}]', /not closed at the end/],
    ['["a', /not closed at the end/],
    ['[1] 2', /something follows/],
    ['[1]]', /something follows/],
    ['', /empty/],
    [' \n', /empty/],
    ['\u00a0[1]', /not a JSON array/],
  ] as const)
    test(`a file that is ${JSON.stringify(text)} is refused`, () => {
      for (const size of [1, 100])
        assert.throws(() => cut(new ElementCutter('f.json'), text, size), { message, exitCode: 3 })
    })

  test('a record without end is a record that is too long, and the next is read', () => {
    const long = `"${'x'.repeat(100)}"`
    for (const size of [1, 7, 1000]) {
      assert.deepEqual(texts(cut(new LineCutter(50), `1\n${long}\n2\n${long}`, size)), [
        ...['1', 'is longer than 50 bytes', '2', 'is longer than 50 bytes'],
      ])
      assert.deepEqual(texts(cut(new ElementCutter('f.json', 50), `[1,${long},2]`, size)), [
        ...['1', 'is longer than 50 bytes', '2'],
      ])
    }
  })
})
