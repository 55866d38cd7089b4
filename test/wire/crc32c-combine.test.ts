import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checksumShift, combineChecksums } from '../../lib/wire/crc32c-combine.js'
import { crc } from '../codec/hand-made-stream.js'

/* The right value is a bitwise CRC-32C of both parts at once, and the check value that RFC 3720 and others give for nine digits. */

test('checksums of two parts make that of both', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
      const combined = combineChecksums(crc(first), crc(second), checksumShift(second.length))
      assert.equal(combined, crc([...first, ...second]))
    }),
  )
  const digits = Buffer.from('123456789')
  for (let at = 0; at <= digits.length; at++)
    assert.equal(
      combineChecksums(crc(digits.subarray(0, at)), crc(digits.subarray(at)), checksumShift(9 - at)),
      0xe3069283,
    )
})

test('a shift by many bytes is that of its halves, one after the other', () => {
  const first = crc([1, 2, 3])
  for (const bytes of [65_536, 2 ** 31, 2 ** 33 + 1]) {
    const half = Math.floor(bytes / 2)
    const twice = combineChecksums(
      combineChecksums(first, 0, checksumShift(half)),
      0,
      checksumShift(bytes - half),
    )
    assert.equal(combineChecksums(first, 0, checksumShift(bytes)), twice)
  }
})
