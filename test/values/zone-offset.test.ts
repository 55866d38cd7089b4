import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatOffset, offsetOfText } from '../../lib/values/zone-offset.js'

/* Python: datetime.fromisoformat(f'2001-01-01T00:00:00{text}').utcoffset().total_seconds(), and isoformat() for the text. */
test('offsets of ISO 8601 are read', () => {
  for (const [text, seconds] of [
    ['Z', 0],
    ['+00:00', 0],
    ['-00:00', 0],
    ['+08:00', 28_800],
    ['+0530', 19_800],
    ['-08', -28_800],
    ['-03:30', -12_600],
    ['+08:05:43', 29_143],
    ['-080543', -29_143],
    ['+23:59:59', 86_399],
  ] as const)
    assert.ok(offsetOfText(text) === seconds, text)
})

test('so are those with a name in front, as java.time.ZoneId.of reads them', () => {
  for (const [text, seconds] of [
    ['UTC', 0],
    ['GMT', 0],
    ['GMT+8', 28_800],
    ['UTC-03:30', -12_600],
    ['GMT+0530', 19_800],
  ] as const)
    assert.equal(offsetOfText(text), seconds, text)
})

test('anything else is no offset', () => {
  for (const text of ['', 'z', '+8', '+24:00', '+08:60', '08:00', '+08:0', 'CET', 'GMT8', 'UTC+', '+08:00 '])
    assert.equal(offsetOfText(text), undefined, text)
})

test('offsets are printed as ISO 8601 has them', () => {
  for (const [seconds, text] of [
    [0, 'Z'],
    [28_800, '+08:00'],
    [-12_600, '-03:30'],
    [29_143, '+08:05:43'],
    [-2670, '-00:44:30'],
  ] as const)
    assert.equal(formatOffset(seconds), text)
})
