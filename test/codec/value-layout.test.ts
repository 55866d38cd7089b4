import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layoutOf, wireTypeOf } from '../../lib/codec/value-layout.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'

/* By the encoding of protobuf: 0 is a varint, 1 eight bytes, 2 a length and bytes, 5 four bytes. */
const types: readonly (readonly [type: string, shape: string, wireType: number])[] = [
  ['tinyint', 'int64', 0],
  ['bigint', 'int64', 0],
  ['datetime', 'int64', 0],
  ['date', 'int64', 0],
  ['interval_year_month', 'int64', 0],
  ['boolean', 'boolean', 0],
  ['float', 'float', 5],
  ['double', 'double', 1],
  ['string', 'bytes', 2],
  ['char(3)', 'bytes', 2],
  ['decimal(10,2)', 'bytes', 2],
  ['json', 'bytes', 2],
  ['timestamp', 'instant', 2],
  ['interval_day_time', 'instant', 2],
  ['array<int>', 'array', 2],
  ['map<string,int>', 'map', 2],
  ['struct<a:int>', 'struct', 2],
  ['vector(float,3)', 'vector', 2],
]
for (const [type, shape, wireType] of types)
  test(`${type} lies on the wire as ${shape}`, () => {
    const layout = layoutOf(parseDataType(type))!
    assert.deepEqual([layout.shape, wireTypeOf(layout)], [shape, wireType])
  })

test('only the nanoseconds of an interval may be negative', () => {
  assert.deepEqual(layoutOf({ kind: 'interval_day_time' }), { shape: 'instant', signed: true })
  assert.deepEqual(layoutOf({ kind: 'timestamp_ntz' }), { shape: 'instant', signed: false })
})

test('an unknown type makes every type that holds it unknown', () => {
  for (const type of ['blob', 'array<blob>', 'map<blob,int>', 'map<int,blob>', 'struct<a:int,b:array<blob>>'])
    assert.equal(layoutOf(parseDataType(type)), undefined, type)
})
