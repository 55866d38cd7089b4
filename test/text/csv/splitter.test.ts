import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { MalformedRecord, quotedNull } from '../../../lib/text/csv/record.js'
import { CsvSplitter } from '../../../lib/text/csv/splitter.js'
import { cutAt } from '../../transforms/csv-files.js'

const usual = {
  delimiter: ',',
  recordDelimiter: undefined,
  quote: '"',
  nullText: 'NULL',
  maxRecordBytes: 1 << 20,
}

const split = (pieces: readonly (string | Buffer)[], changes: object = {}): unknown[] => {
  const splitter = new CsvSplitter({ ...usual, ...changes })
  const records = [...pieces.flatMap(piece => splitter.next(Buffer.from(piece as string))), ...splitter.end()]
  return records.map(record =>
    record instanceof MalformedRecord ? record : record.map(field => (field === quotedNull ? 'NULL' : field)),
  )
}

const reasons = (records: readonly unknown[]): unknown[] =>
  records.map(record => (record instanceof MalformedRecord ? record.reason : record))

describe('splitting CSV', () => {
  const field = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom('', '"', ',', '\n', '\r\n', 'a"b', 'NULL', '好😀', '\ufeff', '\u2028', '\0', ' '),
  )

  test('agrees with csv-parse, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 1, maxLength: 30 }), { maxLength: 60, size: 'max' }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 20, size: 'max' }),
        (records, end, isEnded, isLoose, cuts) => {
          // Quotes inside of a field that does not begin with one are text.
          const needsQuotes = isLoose ? /^"|[,\r\n]/ : /[",\r\n]/
          const text = records
            .map(record =>
              record
                .map(cell => (needsQuotes.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
                .join(','),
            )
            .join(end)
          const whole = isEnded && text !== '' ? text + end : text
          const options = {
            record_delimiter: ['\r\n', '\n'],
            relax_column_count: true,
            relax_quotes: isLoose,
          }
          assert.deepEqual(split(cutAt(Buffer.from(whole), cuts)), parse(whole, options))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('takes delimiters of several characters, cut anywhere', () => {
    const bytes = Buffer.from('a∥b#|#"c∥#|#"∥d#|#')
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.deepEqual(split(cutAt(bytes, [cut]), { delimiter: '∥', recordDelimiter: '#|#' }), [
        ['a', 'b'],
        ['c∥#|#', 'd'],
      ])
  })

  test('leaves bytes that are not UTF-8 as they are', () => {
    const bytes = Buffer.from('a\xff,"\xfe""\xc3",é\n'.replace('é', '\xc3\xa9'), 'latin1')
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.deepEqual(split(cutAt(bytes, [cut])), [
        [Buffer.from('a\xff', 'latin1'), Buffer.from('\xfe"\xc3', 'latin1'), 'é'],
      ])
  })

  test('goes on behind a malformed record', () => {
    const records = split(['a,b\n"c"x,d\r\ne,"f\n'])
    assert.deepEqual(reasons(records), [
      ['a', 'b'],
      'text follows the closing quote of a field',
      'a quote is not closed at the end of the input',
    ])
    assert.equal((records[1] as MalformedRecord).text, '"c"x,d')
  })

  test('says when other records are part of a malformed one', () => {
    const hides = (text: string): boolean[] =>
      (split([text]) as MalformedRecord[]).map(record => record.hidesOthers)
    assert.deepEqual(hides('a,"b'), [false])
    assert.deepEqual(hides('a,"b\n'), [false])
    assert.deepEqual(hides('a,"b\nc,d'), [true])
    assert.deepEqual(hides('a,"b\r\nc,d\r\n'), [true])
  })

  test('takes a record of exactly the length allowed, wherever it is cut', () => {
    for (const end of ['\n', '\r\n', ''])
      for (const [text, isLong] of [
        ['"23456789"', false],
        ['1234567890', false],
        ['"234567890"', true],
        ['12345678901', true],
      ] as const)
        for (let cut = 0; cut <= text.length + end.length; cut++) {
          const records = split(cutAt(Buffer.from(text + end), [cut]), { maxRecordBytes: 10 })
          if (!isLong) assert.equal(records.length, 1)
          assert.equal(records[0] instanceof MalformedRecord, isLong, `${JSON.stringify(text + end)} ${cut}`)
        }
  })

  test('gives up on a record without an end', () => {
    const splitter = new CsvSplitter({ ...usual, maxRecordBytes: 100 })
    const found = Array.from({ length: 30 }, () => splitter.next(Buffer.from('"0123456789'))).flat()
    assert.match((found[0] as MalformedRecord).reason, /longer than 100 bytes/)
  })

  test('takes linear time for what nearly ends', () => {
    const size = 5_000_000
    const long = { maxRecordBytes: 2 * size }
    // Time of this process, however busy the machine is; looked at again and again it would be minutes.
    const started = process.cpuUsage()
    const quotes = `"${'"'.repeat(size)}"`
    assert.equal((split([quotes], long)[0] as string[])[0]!.length, size / 2)
    const delimiters = '|'.repeat(size)
    assert.equal(
      (split([`${delimiters}a`], { ...long, delimiter: '||||#' })[0] as string[])[0]!.length,
      size + 1,
    )
    const pieces = Array.from({ length: 2000 }, () => '"a""b'.repeat(500))
    split(pieces, long)
    assert.ok(process.cpuUsage(started).user < 5_000_000, 'it takes more than linear time')
  })
})
