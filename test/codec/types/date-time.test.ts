import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
} from '../../../lib/codec/rows/record-decoder.js'
import {
  createCompiledEncoder,
  createProtobufEncoder,
  createRecordEncoder,
} from '../../../lib/codec/rows/record-encoder.js'
import { TunnelProtocolError } from '../../../lib/errors.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'

const columns = [
  { name: 'at', type: parseDataType('datetime'), nullable: true },
  { name: 'more', type: parseDataType('array<datetime>'), nullable: true },
]
const [before, first] = [new Date('1927-12-31T23:59:59.999Z'), new Date('1928-01-01T00:00:00Z')]

const streamOf = (rows: readonly unknown[]): Buffer => {
  const encoder = createRecordEncoder(columns)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}

for (const [name, createEncoder, createDecoder] of [
  ['WebAssembly', createRecordEncoder, createRecordDecoder],
  ['compiled', createCompiledEncoder, createCompiledDecoder],
  ['protobufjs', createProtobufEncoder, createProtobufDecoder],
] as const)
  describe(`oldDates: 'refuse', ${name}`, () => {
    test('DATETIME before 1928 is not encoded, later ones are', () => {
      const encoder = createEncoder(columns, { oldDates: 'refuse' })
      encoder.write([first, [first]], 0)
      for (const row of [[before], [null, [first, before]]])
        assert.throws(() => encoder.write([...row, null].slice(0, 2), 1), {
          code: 'ODPS_VALUE_OUT_OF_RANGE',
          message: /before 1928/,
        })
      assert.deepEqual(encoder.finish(), streamOf([[first, [first]]]))
    })

    test('DATETIME before 1928 is not decoded, the rows before it are', () => {
      for (const row of [
        [before, null],
        [null, [first, before]],
      ]) {
        const rows: unknown[] = []
        const decoder = createDecoder(columns, { oldDates: 'refuse' })
        assert.throws(() => decoder.push(streamOf([[first, null], row]), rows), TunnelProtocolError)
        assert.deepEqual(rows, [[first, null]])
      }
    })

    test('by default all pass', () => {
      const rows: unknown[] = []
      createDecoder(columns).push(streamOf([[before, [before]]]), rows)
      assert.deepEqual(rows, [[before, [before]]])
    })
  })

test('of a day or time in a row that no calendar has, this is told', () => {
  for (const [type, text] of [
    ['date', '2001-02-29'],
    ['datetime', '2001-02-29T00:00:00Z'],
    ['timestamp', '2001-01-01T24:00:00Z'],
    ['timestamp_ntz', '2001-01-01T00:00:60'],
  ] as const) {
    const encoder = createRecordEncoder([{ name: 'c', type: parseDataType(type), nullable: true }])
    const error = { code: 'ODPS_INVALID_VALUE', message: / got a day or a time of day that does not exist/ }
    assert.throws(() => encoder.write([text], 0), error, type)
  }
})
