import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alignTable } from '../../../lib/cli/table/aligned.js'
import { cutStartToWidth, cutToWidth, padToWidth, widthOf } from '../../../lib/cli/table/width.js'

describe('width', () => {
  // python: wcwidth.wcswidth(text), wcwidth 0.2
  const widths: [text: string, columns: number][] = [
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['a\u0300\u0301b', 2],
    ['中文', 4],
    ['ｆｕｌｌ', 8],
    ['ﾊﾝｶｸ', 4],
    ['한글', 4],
    ['\u1112\u1161\u11ab', 2],
    ['नमस्ते', 4],
    ['ไทย', 3],
    ['👍', 2],
    ['👍🏽', 2],
    ['👨\u200d👩\u200d👧\u200d👦', 2],
    ['🏳\ufe0f\u200d🌈', 2],
    ['🇩🇪', 2],
    ['❤\ufe0f', 2],
    ['1\ufe0f\u20e3', 2],
    ['☂', 1],
    ['①', 1],
    ['…', 1],
    ['█', 1],
  ]
  for (const [text, columns] of widths) test(text, () => assert.equal(widthOf(text), columns))

  test('what is one sign is never cut', () => {
    const family = '👨\u200d👩\u200d👧\u200d👦'
    assert.equal(cutToWidth(`ab${family}cd`, 6), `ab${family}cd`)
    assert.equal(cutToWidth(`ab${family}cd`, 5), `ab${family}…`)
    assert.equal(cutToWidth(`ab${family}cd`, 4), 'ab…')
    assert.equal(cutToWidth('e\u0301e\u0301e\u0301', 2), 'e\u0301…')
    assert.equal(cutStartToWidth(`ab${family}cd`, 5), `…${family}cd`)
    assert.equal(cutStartToWidth(`ab${family}cd`, 4), '…cd')
    assert.equal(cutToWidth('abc', 1), '…')
    assert.equal(cutToWidth('abc', 0), '')
    assert.equal(padToWidth('中', 4), '中  ')
  })

  test('a long text is not measured whole', () => {
    assert.equal(cutToWidth('x'.repeat(50_000_000), 10), `${'x'.repeat(9)}…`)
    assert.equal(cutStartToWidth('x'.repeat(50_000_000), 10), `…${'x'.repeat(9)}`)
    assert.ok(widthOf(cutToWidth('e'.concat('\u0301'.repeat(1_000_000)), 10)) <= 10)
  })
})

test('columns stand under each other, whatever the cells hold', () => {
  const cells = [
    'abc',
    '中文',
    '👨\u200d👩\u200d👧\u200d👦',
    'e\u0301e\u0301',
    'a\nb\tc\rd',
    '\u202eabc',
    '\u001b[2J',
    'x'.repeat(100),
  ]
  const lines = alignTable(
    [
      { title: 'a\u0301', isNumeric: false },
      { title: 'n', isNumeric: true },
    ],
    cells.map((cell, i) => [cell, String(i)]),
  )
  const total = widthOf(lines[0]!)
  for (const line of lines) assert.equal(widthOf(line), total, line)
  assert.match(lines[5]!, /^a⏎b→c␍d +4$/)
  assert.match(lines[6]!, /^\\u202eabc +5$/)
  assert.match(lines[7]!, /^\\u001b\[2J +6$/)
  assert.match(lines[8]!, /^x{39}… +7$/)
})
