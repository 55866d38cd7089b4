import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alignTable } from '../../../lib/cli/table/aligned.js'

const columns = [
  { title: 'name', isNumeric: false },
  { title: 'n', isNumeric: true },
  { title: 'note', isNumeric: false },
]

describe('a table in columns', () => {
  test('has numbers to the right, and no blanks at the end', () =>
    assert.deepEqual(
      alignTable(columns, [
        ['a', '1', 'x'],
        ['longer', '1000', ''],
      ]),
      ['name       n  note', 'a          1  x', 'longer  1000  '],
    ))

  test('counts what signs take, two columns for wide ones, none for combining ones', () =>
    assert.deepEqual(
      alignTable(columns.slice(0, 2), [
        ['数据', '1'],
        ['e\u0301', '2'],
      ]),
      ['name  n', '数据  1', 'e\u0301     2'],
    ))

  test('shows line ends by signs, hides what steers, and cuts what is long', () => {
    const [, line] = alignTable(columns.slice(0, 1), [['a\nb\tc\r\u001b[1m']])
    assert.equal(line, 'a⏎b→c␍\\u001b[1m')
    assert.equal(alignTable(columns.slice(0, 1), [['x'.repeat(50)]], undefined, 10)[1], 'xxxxxxxxx…')
  })

  test('is painted when it is padded already', () => {
    const seen: [string, number, number][] = []
    alignTable(columns.slice(0, 2), [['a', '1']], (text, row, column) => {
      seen.push([text, row, column])
      return text
    })
    assert.deepEqual(seen, [
      ['name', -1, 0],
      ['n', -1, 1],
      ['a   ', 0, 0],
      ['1', 0, 1],
    ])
  })
})
