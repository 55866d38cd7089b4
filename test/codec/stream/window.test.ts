import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteWindow } from '../../../lib/codec/stream/window.js'

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('ByteWindow', () => {
  test('has what was appended and not dropped, whatever was moved for it', () => {
    const window = new ByteWindow(4, 8)
    window.append(bytes('abcdef'))
    window.drop(4)
    window.append(bytes('ghijklmnopqrstuvwxyz'))
    assert.equal(window.length, 22)
    assert.equal(window.copy(0, 22).toString(), 'efghijklmnopqrstuvwxyz')
    assert.equal(window.byte(2), 'g'.charCodeAt(0))
    assert.ok(window.bytes.length - window.end >= 4, 'behind the last byte there is slack')
  })

  test('a chunk that was lent is copied behind what was there, and kept as far as it was not dropped', () => {
    const target = Buffer.alloc(8, '.')
    const copied = (from: number): string => {
      target.fill('.')
      window.copyTo(target, 1, from)
      return target.toString()
    }
    const window = new ByteWindow(2, 4)
    window.append(bytes('abc'))
    window.drop(1)
    window.lend(bytes('defg'))
    assert.deepEqual([window.length, window.fullLength], [2, 6])
    assert.deepEqual(
      [copied(0), copied(1), copied(2), copied(3)],
      ['.bcdefg.', '.cdefg..', '.defg...', '.efg....'],
    )
    window.drop(1)
    assert.equal(copied(0), '.cdefg..')
    window.drop(2)
    window.keep(1)
    assert.deepEqual([window.length, window.fullLength], [1, 3])
    window.keep()
    window.keep()
    assert.equal(window.copy(0, 3).toString(), 'efg')
    assert.deepEqual([window.length, window.fullLength], [3, 3])
  })

  test('a copy stays when the window goes on', () => {
    const window = new ByteWindow(0, 4)
    window.append(bytes('abcd'))
    const copy = window.copy(0, 4)
    window.drop(4)
    window.append(bytes('wxyz'))
    assert.equal(copy.toString(), 'abcd')
  })

  test('lets the memory of a huge record go', () => {
    const window = new ByteWindow(0)
    window.append(new Uint8Array(6 * 2 ** 20))
    window.drop(6 * 2 ** 20)
    window.append(bytes('a'))
    assert.ok(window.bytes.length < 2 ** 20)
    assert.equal(window.view.getUint8(0), 'a'.charCodeAt(0))
  })

  // The check value of CRC-32C: of '123456789' it is e3069283.
  test('feeds a checksum', () => {
    const window = new ByteWindow(0)
    window.append(bytes('x123456789x'))
    const register = window.crc(-1, 1, 10)
    assert.equal(((register ^ -1) >>> 0).toString(16), 'e3069283')
  })
})
