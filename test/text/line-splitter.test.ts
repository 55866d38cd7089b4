import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LineSplitter } from '../../lib/text/line-splitter.js'

const linesOf = (chunks: readonly (string | Uint8Array)[], maxLineBytes = 1000): string[] => {
  const splitter = new LineSplitter('here', maxLineBytes)
  const next = (chunk: string | Uint8Array): string[] => {
    if (typeof chunk === 'string') return splitter.next(chunk)
    // Its memory serves again.
    const bytes = Buffer.from(chunk)
    const lines = splitter.next(bytes)
    bytes.fill(0x41)
    return lines
  }
  return [...chunks.flatMap(next), ...splitter.end()]
}

describe('LineSplitter', () => {
  test('cut anywhere, the lines are the same, without mark and line ends', () => {
    const bytes = Buffer.from('\ufeffa\r\n\n好\ufeff\r \nend')
    // python3 -c "print('a\r\n\n好\ufeff\r \nend'.replace('\r\n', '\n').split('\n'))"
    const lines = ['a', '', '好\ufeff\r ', 'end']
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.deepEqual(linesOf([bytes.subarray(0, cut), bytes.subarray(cut)]), lines, `cut at ${cut}`)
    assert.deepEqual(linesOf(Array.from(bytes, byte => Uint8Array.of(byte))), lines)
  })

  test('there is no line behind the last line end', () => {
    assert.deepEqual(linesOf(['a\n']), ['a'])
    assert.deepEqual(linesOf(['\n']), [''])
    assert.deepEqual(linesOf([]), [])
  })

  test('a line that is too long is refused while it comes, by its number', () => {
    const tooLong = { code: 'ODPS_FIELD_TOO_LONG', message: /^here: line 2 is longer than 3 bytes/ }
    assert.deepEqual(linesOf(['a\nabc\n'], 3), ['a', 'abc'])
    assert.throws(() => linesOf(['a\n', 'ab', 'cd'], 3), tooLong)
    const splitter = new LineSplitter('here', 3)
    splitter.next('a\nab')
    assert.throws(() => splitter.next('cd'), tooLong)
  })

  test('bytes that are not UTF-8 are refused, also at the end', () => {
    for (const chunks of [[Uint8Array.of(0xff, 10)], ['a\n', Uint8Array.of(0xe5, 0xa5)]])
      assert.throws(() => linesOf(chunks), { code: 'ODPS_INVALID_VALUE' })
  })
})
