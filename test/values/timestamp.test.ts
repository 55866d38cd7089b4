import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelValueError } from '../../lib/errors.js'
import { Timestamp } from '../../lib/values/timestamp.js'
import { loadVectors, type RecordVector } from '../codec/golden-vectors.js'

const refuses = (run: () => unknown, code: string): void =>
  assert.throws(run, (error: unknown) => error instanceof TunnelValueError && error.code === code)

const valuesOf = (name: string): Record<string, never>[] =>
  loadVectors<RecordVector>('records-scalar')
    .find(vector => vector.name === name)!
    .rows!.map(([cell]) => cell as Record<string, never>)
    .filter(cell => cell !== null)

describe('Timestamp', () => {
  for (const name of ['timestamp', 'timestamp_ntz'])
    test(`prints and parses the reference's ${name} texts`, () => {
      for (const { seconds, nanos, iso } of valuesOf(name)) {
        const value = new Timestamp(seconds!, nanos)
        assert.equal(value.toString(), (iso as unknown as string).replace('Z', ''))
        assert.deepEqual(Timestamp.from(iso!), value)
      }
    })
  test('from a Date and back, before 1970 too', () => {
    for (const ms of [0, 1, -1, 999, -999, -1000, 1_704_164_645_678, -8.64e15, 8.64e15]) {
      const value = Timestamp.from(new Date(ms))
      assert.equal(value.toDate().getTime(), ms)
      assert.ok(value.nanos >= 0)
    }
    assert.equal(new Timestamp(-1, 999_999_999).toDate().getTime(), -1)
  })
  test('with offsets, and printed as JSON', () => {
    assert.deepEqual(Timestamp.from('1970-01-01T08:00:00.5+08:00'), new Timestamp(0, 500_000_000))
    assert.equal(JSON.stringify({ t: new Timestamp(0n) }), '{"t":"1970-01-01T00:00:00.000000000"}')
    assert.deepEqual(Timestamp.from({ seconds: 5n, nanos: 6 }), new Timestamp(5, 6))
  })
  test('prints instants far beyond a Date', () => {
    assert.equal(new Timestamp(8_640_000_000_001n).toString(), '+275760-09-13T00:00:01.000000000')
    refuses(() => new Timestamp(8_640_000_000_001n).toDate(), 'ODPS_VALUE_OUT_OF_RANGE')
  })
  test('refuses what is none', () => {
    refuses(() => new Timestamp(0.5), 'ODPS_INVALID_VALUE')
    refuses(() => new Timestamp(0, 0.5), 'ODPS_INVALID_VALUE')
    refuses(() => new Timestamp(0, -1), 'ODPS_VALUE_OUT_OF_RANGE')
    refuses(() => new Timestamp(0, 1e9), 'ODPS_VALUE_OUT_OF_RANGE')
    refuses(() => Timestamp.from('yesterday'), 'ODPS_INVALID_VALUE')
    refuses(() => Timestamp.from(new Date(Number.NaN)), 'ODPS_INVALID_VALUE')
  })
})

test('text that is a time of no calendar is refused as that', () => {
  assert.throws(() => Timestamp.from('2001-02-29T00:00:00Z'), {
    message: /the text is a day or a time of day that does not exist/,
  })
  assert.throws(() => Timestamp.from('2001-02-28'), { message: /the text is not of the form/ })
})
