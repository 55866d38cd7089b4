import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CsvSyntax, MalformedRecord, type SplitRecord } from '../../../lib/text/csv/record.js'
import { RecordCursor } from '../../../lib/text/csv/record-cursor.js'

const syntax: CsvSyntax = {
  delimiter: ',',
  recordDelimiter: undefined,
  quote: '"',
  nullText: '\\N',
  maxRecordBytes: 1000,
}

const recordsOf = (text: string, given: Partial<CsvSyntax> = {}, isLast = true): SplitRecord[] => {
  const cursor = new RecordCursor(text, { ...syntax, ...given }, isLast)
  const records: SplitRecord[] = []
  for (;;) {
    const record = cursor.at < text.length ? cursor.record() : undefined
    if (record === undefined) return records
    records.push(record)
    if (record instanceof MalformedRecord) return records
  }
}

const reasonOf = (text: string, given?: Partial<CsvSyntax>): string => {
  const last = recordsOf(text, given).at(-1)
  assert.ok(last instanceof MalformedRecord, JSON.stringify(last))
  return last.reason
}

describe('records field by field', () => {
  // python3 -c "import csv; print(list(csv.reader(text.splitlines(True), strict=True)))"
  for (const [text, records] of [
    [
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a,"b,""c""\n"\r\nd\n', [['a', 'b,"c"\n'], ['d']]],
    ['a"b,c\n', [['a"b', 'c']]],
    [',\n', [['', '']]],
    ['"",x\n', [['', 'x']]],
    ['a,b', [['a', 'b']]],
  ] as const)
    test(JSON.stringify(text), () => assert.deepEqual(recordsOf(text), records))

  test('signs of several characters', () =>
    assert.deepEqual(recordsOf('a||b|c;;d||e;;', { delimiter: '||', recordDelimiter: ';;' }), [
      ['a', 'b|c'],
      ['d', 'e'],
    ]))

  test('without quotes as a sign, a quote is text', () =>
    assert.deepEqual(recordsOf('"a,b"\n', { quote: undefined }), [['"a', 'b"']]))

  test('a record that has not ended waits for more, unless it is the last', () => {
    for (const text of ['a,b', 'a,"b', 'a,"b"', 'a\r']) assert.deepEqual(recordsOf(text, {}, false), [], text)
  })

  test('what is wrong is said', () => {
    assert.match(reasonOf('"a"b\n'), /quote/)
    assert.match(reasonOf('"a\n'), /quote/)
  })
})
