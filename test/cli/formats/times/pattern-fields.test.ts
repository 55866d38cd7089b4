import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePattern } from '../../../../lib/cli/formats/times/pattern-fields.js'
import { UsageError } from '../../../../lib/cli/usage-error.js'

const namesOf = (pattern: string): string[] =>
  parsePattern(pattern).map(part => ('text' in part ? JSON.stringify(part.text) : part.field))

/* As java.time.format.DateTimeFormatter.ofPattern reads it. */
describe('patterns of java.time', () => {
  test('letters are fields, other signs and what is in quotes are text', () => {
    assert.deepEqual(namesOf("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"), [
      ...['year', '"-"', 'month', '"-"', 'day', '"T"', 'hour', '":"', 'minute', '":"', 'second', '"."'],
      ...['fraction', 'offset'],
    ])
    assert.deepEqual(namesOf("hh 'o''clock' a"), ['hour12', '" "', '"o\'clock"', '" "', 'halfDay'])
    assert.deepEqual(namesOf("d''M"), ['day', '"\'"', 'month'])
  })

  test('the text of a pattern is no expression', () => {
    const part = parsePattern('yyyy.MM')[1]!
    assert.match('.', new RegExp(`^${part.expression}$`))
    assert.doesNotMatch('x', new RegExp(`^${part.expression}$`))
  })

  test('what has no meaning, or another one in java.time, is refused', () => {
    for (const [pattern, message] of [
      ['yyyy-MMM', /'MMM' .* is not supported/],
      ['EEE', /'EEE'/],
      ['yyyy yyyy', /has yyyy and yyyy, which are the same/],
      ['uuuu yyyy', /which are the same/],
      ["yyyy'T", /a quote that is not closed/],
      ['yyyy[MM]', /has \[, which is not supported/],
      ['SSSSSSSSSS', /not supported/],
      ['XXXXXX', /not supported/],
      ['aa', /not supported/],
      ['HHH', /not supported/],
    ] as const)
      assert.throws(
        () => parsePattern(pattern),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
        pattern,
      )
  })
})
