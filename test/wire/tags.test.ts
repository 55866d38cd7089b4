import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checksumField,
  countField,
  endMetricsField,
  endRecordField,
  endRecordTag,
  endRecordTagBytes,
  tagBytes,
  tagOf,
} from '../../lib/wire/tags.js'

/* By Google's protobuf for Python: wire_format.PackTag(field, type), and _EncodeVarint of it. */
for (const [field, wireType, hex] of [
  [1, 0, '08'],
  [1, 2, '0a'],
  [2, 5, '15'],
  [15, 0, '78'],
  [16, 0, '8001'],
  [endRecordField, 0, '80c0ff7f'],
  [endMetricsField, 2, '82f0ff7f'],
  [countField, 0, 'f0ffff7f'],
  [checksumField, 0, 'f8ffff7f'],
] as const)
  test(`field ${field} of wire type ${wireType} has the tag ${hex}`, () =>
    assert.equal(Buffer.from(tagBytes(tagOf(field, wireType))).toString('hex'), hex))

test('the tag that ends a record is known beforehand', () => {
  assert.equal(endRecordTag, 0x1fffc00 * 8)
  assert.equal(Buffer.from(endRecordTagBytes).toString('hex'), '80c0ff7f')
})

test('the largest field has a tag that is not negative', () =>
  assert.equal(tagOf(2 ** 29 - 1, 5), 4_294_967_293))
