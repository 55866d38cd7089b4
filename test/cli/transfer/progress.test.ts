import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { widthOf } from '../../../lib/cli/table/width.js'
import { describeFile, describeLine, type ProgressSnapshot } from '../../../lib/cli/transfer/progress.js'

const snapshotOf = (more: Partial<ProgressSnapshot> = {}): ProgressSnapshot => ({
  files: [{ name: 'a', done: 250_000, total: 1_000_000 }],
  rows: 123_456_789,
  rawBytes: 5e12,
  wireBytes: 3e12,
  inFlight: 16,
  retries: 12,
  badRecords: 345_678,
  ...more,
})

describe('the line that sums up', () => {
  const started = performance.now() - 3_700_000

  test('has all of it where there is room', () =>
    assert.match(
      describeLine(snapshotOf(), started, 199),
      /^123,456,789 rows, 25 %, [\d.]+ [KMG]iB\/s, [\d.]+ [KMG]iB\/s on the wire, 16 in flight, 12 retries, 345,678 bad, ETA \d:\d\d:\d\d$/,
    ))

  for (const columns of [199, 119, 99, 79, 59, 39, 19, 12])
    test(`fits ${columns} columns, and the time that is left stays`, () => {
      const line = describeLine(snapshotOf(), started, columns)
      assert.ok(line.length <= columns, line)
      assert.match(line, /ETA \d:\d\d:\d\d$/)
    })

  test('90 columns hold the usual', () => {
    const usual = snapshotOf({ rows: 1_234_567, rawBytes: 2e11, wireBytes: 5e10, retries: 0, badRecords: 0 })
    assert.match(
      describeLine(usual, started, 89),
      /^1,234,567 rows, 25 %, .*\/s, .* on the wire, 16 in flight, ETA /,
    )
  })

  test('one is not many', () => {
    const line = describeLine(snapshotOf({ rows: 1, retries: 1, badRecords: 1 }), started, 199)
    assert.match(line, /^1 row, .* 1 retry, 1 bad, /)
    const none = describeLine(snapshotOf({ rows: 0, retries: 0, badRecords: 0 }), started, 199)
    assert.match(none, /^0 rows, (?!.*(retr|bad))/)
  })

  test('without a known end there is no time that is left', () => {
    const line = describeLine(snapshotOf({ files: [{ name: '-', done: 5, total: undefined }] }), started, 199)
    assert.doesNotMatch(line, /ETA|%/)
  })
})

test('a commit of many partitions takes the place of the time that is left', () => {
  const line = describeLine(snapshotOf({ committing: 3000 }), performance.now(), 199)
  assert.match(line, /, committing 3,000 partitions$/)
  assert.doesNotMatch(line, /ETA/)
})

describe('the line of a file', () => {
  const names = [
    'a.csv',
    '数据'.repeat(30),
    '👨\u200d👩\u200d👧\u200d👦'.repeat(20),
    'e\u0301'.repeat(60),
    '\u001b[31m\u202ex\n.csv',
  ]
  for (const columns of [199, 79, 59, 39, 19])
    for (const name of names)
      test(`${columns} columns, ${JSON.stringify(name.slice(0, 12))}`, () => {
        for (const total of [1000, 0, undefined]) {
          const line = describeFile({ name, done: 421, total }, columns)
          assert.ok(widthOf(line) <= columns, line)
          assert.match(line, total === undefined ? / 421$/ : / %$/)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          assert.doesNotMatch(line, /[\u0000-\u001f\u202e]/)
        }
      })

  test('bars stand under each other', () => {
    const lines = names.map(name => describeFile({ name, done: 421, total: 1000 }, 79))
    const columns = lines.map(line => widthOf(line.slice(0, line.search(/[█░]/))))
    assert.deepEqual(new Set(columns), new Set([29]))
    assert.deepEqual(new Set(lines.map(line => widthOf(line))), new Set([59]))
  })

  test('the end of a long name is shown', () =>
    assert.match(
      describeFile({ name: `${'x'.repeat(50)}-2001-01.csv`, done: 1, total: 2 }, 79),
      /^…x+-2001-01\.csv /,
    ))
})
