import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AnswerJson } from '../../lib/session/answer-json.js'

const json = (fields: object): AnswerJson => new AnswerJson(fields, 'Asking')

const unexpected = (run: () => unknown, message: RegExp): void =>
  assert.throws(run, { code: 'ODPS_UNEXPECTED_ANSWER', message })

describe('an answer of the service', () => {
  test('is an object', () => {
    for (const other of [null, [], 'text', 7])
      unexpected(() => new AnswerJson(other, 'Asking'), /^Asking: the response is not a JSON object$/)
  })

  test('text is text; an empty one is missing', () => {
    assert.equal(json({ a: 'x' }).text('a'), 'x')
    for (const fields of [{}, { a: '' }, { a: null }]) {
      assert.equal(json(fields).optionalText('a'), undefined)
      unexpected(() => json(fields).text('a'), /has no a$/)
    }
    unexpected(() => json({ a: 7 }).optionalText('a'), /has a a that is not text/)
  })

  test('counts may be text; -1 means unknown', () => {
    assert.deepEqual(
      [7, '7', 0, -1, '', null].map(a => json({ a }).optionalCount('a')),
      [7, 7, 0, undefined, undefined, undefined],
    )
    for (const a of [1.5, 'x', 2 ** 53, {}]) unexpected(() => json({ a }).count('a'), /not a whole number/)
    unexpected(() => json({ a: -1 }).count('a'), /has no a/)
  })

  test('times are seconds, 0 unknown', () => {
    assert.deepEqual(json({ a: 1_735_787_045 }).optionalTime('a'), new Date('2025-01-02T03:04:05Z'))
    for (const a of [0, -1, 'x', null, undefined]) assert.equal(json({ a }).optionalTime('a'), undefined)
  })

  test('lists are lists of objects', () => {
    assert.deepEqual(
      json({ a: [{ b: 'x' }] })
        .list('a')
        .map(item => item.text('b')),
      ['x'],
    )
    assert.deepEqual(json({}).list('a'), [])
    unexpected(() => json({ a: {} }).list('a'), /not a list/)
    unexpected(() => json({ a: [1] }).list('a'), /not a JSON object/)
  })
})
