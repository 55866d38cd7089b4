import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineSplitter } from '../../lib/text/line-splitter.js'
import { Utf8Chunks } from '../../lib/text/utf8-chunks.js'

const cuts = fc.array(fc.nat(60), { maxLength: 8 })

const cut = <T extends string | Buffer>(whole: T, at: readonly number[]): T[] => {
  const edges = [0, ...at.filter(i => i < whole.length).sort((a, b) => a - b), whole.length]
  return edges.slice(1).map((to, i) => whole.slice(edges[i], to) as T)
}

test('any text in any pieces comes through, whole characters at a time', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), cuts, fc.boolean(), (text, at, asBytes) => {
      const chunks = new Utf8Chunks('test')
      const parts = asBytes ? cut(Buffer.from(text), at) : cut(text, at)
      const whole = parts.map(part => chunks.next(part).toString())
      chunks.end()
      assert.equal(whole.join(''), text)
    }),
    { numRuns: 500 },
  ))

test('bytes that are not UTF-8 are refused, wherever they are cut', () =>
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), cuts, (bytes, at) => {
      const valid = Buffer.from(Buffer.from(bytes).toString()).equals(bytes)
      const chunks = new Utf8Chunks('test')
      const feed = () => {
        for (const part of cut(Buffer.from(bytes), at)) chunks.next(part)
        chunks.end()
      }
      if (valid) feed()
      else assert.throws(feed, { code: 'ODPS_INVALID_VALUE' })
    }),
    { numRuns: 1000 },
  ))

test('lines are the same in any pieces', () =>
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\r', '\t'), maxLength: 9 })),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      cuts,
      (lines, lineEnd, ended, at) => {
        const text = lines.join(lineEnd) + (ended ? lineEnd : '')
        const expected = text.split('\n').map(line => line.replace(/\r$/, ''))
        if (text === '' || text.endsWith('\n')) expected.pop()
        const splitter = new LineSplitter('test', 1000)
        const found = cut(Buffer.from(text), at).flatMap(part => splitter.next(part))
        assert.deepEqual([...found, ...splitter.end()], expected)
      },
    ),
    { numRuns: 500 },
  ))
