import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
} from '../../../lib/codec/rows/record-decoder.js'
import { TunnelProtocolError } from '../../../lib/errors.js'
import { columnsOf, loadVectors, type RecordVector, rowsOf, streamOf } from '../golden-vectors.js'
import { all, chunksOf, small } from '../stream/cut-vectors.js'

const spellings = (vector: RecordVector): Buffer[] => {
  const wide = vector.hexWide === undefined ? [] : [Buffer.from(vector.hexWide, 'hex')]
  return [streamOf(vector)!, ...wide]
}

const medium = all.filter(vector => vector.bytes > 350 && vector.bytes <= 16_000 && vector.hex !== undefined)

const isTruncated = (error: unknown): boolean =>
  error instanceof TunnelProtocolError && error.code === 'ODPS_TRUNCATED_STREAM' && error.retryable

for (const [way, create] of [
  ['WebAssembly', createRecordDecoder],
  ['compiled', createCompiledDecoder],
  ['protobufjs', createProtobufDecoder],
] as const)
  describe(`starvation, ${way}`, () => {
    const decode = (vector: RecordVector, chunks: Iterable<Buffer>) => {
      const decoder = create(columnsOf(vector), { json: 'text' })
      const rows: unknown[] = []
      for (const chunk of chunks) {
        // The memory of a chunk serves again as soon as it was taken.
        const bytes = Buffer.from(chunk)
        decoder.push(bytes, rows)
        bytes.fill(0xff)
      }
      return { decoder, rows }
    }

    for (const vector of small)
      test(`${vector.name}: cut anywhere, only whole rows come, and the cut is told`, () => {
        const expected = rowsOf(vector)
        for (const bytes of spellings(vector))
          for (let cut = 0; cut < bytes.length; cut++) {
            const { decoder, rows } = decode(vector, [bytes.subarray(0, cut)])
            assert.deepEqual(rows, expected.slice(0, rows.length))
            assert.throws(() => decoder.end(), isTruncated)
            decoder.push(bytes.subarray(cut), rows)
            decoder.end()
            assert.deepEqual(rows, expected)
          }
      })

    for (const vector of small)
      test(`${vector.name}: chunks of every size`, () => {
        const expected = rowsOf(vector)
        for (const bytes of spellings(vector))
          for (let size = 1; size <= bytes.length; size++) {
            const { decoder, rows } = decode(vector, chunksOf(bytes, size))
            decoder.end()
            assert.deepEqual(rows, expected)
          }
      })

    for (const vector of medium)
      test(`${vector.name}: chunks of many sizes`, () => {
        const expected = rowsOf(vector)
        for (const size of [1, 2, 3, 7, 13, 64, 500, 4096]) {
          const { decoder, rows } = decode(vector, chunksOf(streamOf(vector)!, size))
          decoder.end()
          assert.deepEqual(rows, expected)
        }
      })

    for (const vector of loadVectors('records-long').filter(({ hex, base64 }) => hex ?? base64))
      test(`${vector.name}: values longer than a piece`, () => {
        for (const size of [1000, 65_536, 10_000_000]) {
          const { decoder, rows } = decode(vector, chunksOf(streamOf(vector)!, size))
          decoder.end()
          assert.deepEqual(rows, rowsOf(vector))
        }
      })
  })
