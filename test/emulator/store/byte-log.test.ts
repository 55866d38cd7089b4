import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteLog } from '../../../lib/emulator/store/byte-log.js'

test('what is appended is read back, from any place to any place', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3_000_000 }), { maxLength: 4 }),
      fc.boolean(),
      (lengths, trims) => {
        const log = new ByteLog()
        const whole = Buffer.concat(lengths.map((length, i) => Buffer.alloc(length, `${i}abcdefg`)))
        let at = 0
        for (const length of lengths) {
          log.append(whole.subarray(at, at + length))
          at += length
        }
        if (trims) log.trim()
        assert.equal(log.length, whole.length)
        const cuts = [0, 1, 4095, 4096, 12288, Math.floor(whole.length / 2), whole.length].filter(
          cut => cut <= whole.length,
        )
        for (const from of cuts)
          for (const to of cuts.filter(cut => cut >= from))
            assert.ok(Buffer.concat([...log.slices(from, to)]).equals(whole.subarray(from, to)))
      },
    ),
    { numRuns: 20 },
  )
})

test('the caller may use its buffer again', () => {
  const log = new ByteLog()
  const bytes = Buffer.from('abc')
  log.append(bytes)
  bytes.fill(0)
  assert.equal(log.read(0, 3).toString(), 'abc')
})
