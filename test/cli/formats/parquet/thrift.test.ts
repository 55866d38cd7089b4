import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkStruct } from '../../../../lib/cli/formats/parquet/thrift.js'

describe('metadata is refused before it is read', () => {
  const check = (...bytes: number[]): void => checkStruct(Uint8Array.from(bytes), 0)

  test('but not a struct of all kinds of values', () =>
    check(
      0x11,
      0x12,
      0x13,
      5,
      0x15,
      2,
      0x08,
      0x20,
      1,
      65,
      0x19,
      0x21,
      1,
      2,
      0x1c,
      0x00,
      0x17,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    ))

  test('when a text has a length below zero, which would be read for ever', () =>
    assert.throws(() => check(0x18, 0xfb, 0xff, 0xff, 0xff, 0x0f, 0), /beyond its end/))

  test('when a list is longer than the bytes', () =>
    assert.throws(() => check(0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0), /beyond its end/))

  test('when it is nested too deeply', () =>
    assert.throws(() => check(...new Array(10_000).fill(0x1c)), /too deep/))

  test('when lists are nested too deeply', () =>
    assert.throws(() => check(0x19, ...new Array(10_000).fill(0x19)), /too deep/))

  test('when it does not end', () => assert.throws(() => check(0x15, 2), /beyond its end/))
  test('when a value is of no known type', () => assert.throws(() => check(0x1b, 0), /type 11/))
})
