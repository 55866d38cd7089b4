import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tokenize } from '../../../lib/emulator/sql/tokenize.js'

const tokens = (sql: string): string[] =>
  tokenize(sql)
    .slice(0, -1)
    .map(({ kind, text }) => `${kind} ${text}`)

describe('tokens of SQL', () => {
  test('words, names, numbers, strings and signs', () =>
    assert.deepEqual(tokens('select `a b`,1.5e-3 from 2024_orders where x="y";'), [
      ...['word select', 'name a b', 'sign ,', 'number 1.5e-3', 'word from', 'word 2024_orders'],
      ...['word where', 'word x', 'sign =', 'string y', 'sign ;'],
    ]))

  test('numbers of every form', () =>
    assert.deepEqual(tokens('1 1. .5 2e3 10L'), [
      'number 1',
      'number 1.',
      'number .5',
      'number 2e3',
      'word 10L',
    ]))

  test('strings with doubled quotes and escapes', () =>
    assert.deepEqual(tokens(String.raw`'it''s' "a\"b" '\n\u4e2d\q\\'`), [
      ...["string it's", 'string a"b', 'string \n中q\\'],
    ]))

  test('comments and blanks are nothing', () =>
    assert.deepEqual(tokens('a -- to the end, "\n /* of\n two lines */ b'), ['word a', 'word b']))

  test('names with back quotes in them', () => assert.deepEqual(tokens('`a``b`'), ['name a`b']))

  test('each has its place in the text', () => {
    const [, second, end] = tokenize("a 'bc' ")
    assert.deepEqual([second!.from, second!.to, end!.from, end!.kind], [2, 6, 7, 'end'])
  })

  test('what is not closed is refused where it begins', () => {
    for (const [sql, message] of [
      ["a 'b", /\[1,3\].*a string is not closed/],
      ["'a\\'", /\[1,1\].*a string is not closed/],
      ['a\n`b', /\[2,1\].*a back quote is not closed/],
      ['``', /a name is empty/],
      ['a /* b', /a comment is not closed/],
    ] as const)
      assert.throws(() => tokenize(sql), { message }, sql)
  })
})
