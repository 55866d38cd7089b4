import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { workloadHashes, workloads } from '../../benchmarks/workloads.js'
import { createProtobufDecoder, createRecordDecoder } from '../../lib/codec/rows/record-decoder.js'
import { createProtobufEncoder, createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import type { Column } from '../../lib/schema/table-schema.js'

describe('benchmark workloads', () => {
  for (const { name, columns, row } of workloads)
    for (const create of [createRecordEncoder, createProtobufEncoder])
      test(`${name} by ${create.name}: 1000 rows make the known stream`, () => {
        const encoder = create(columns)
        const hash = createHash('sha256')
        for (let i = 0; i < 1000; i++) {
          encoder.write(row(i), i)
          if (encoder.pendingBytes > 10_000) hash.update(encoder.take())
        }
        assert.equal(hash.update(encoder.finish()).digest('hex'), workloadHashes[name][1000])
      })

  for (const { name, columns, row } of workloads)
    test(`${name}: decodes alike in pieces of any size`, () => {
      const encoder = createRecordEncoder(columns)
      for (let i = 0; i < 1000; i++) encoder.write(row(i), i)
      const bytes = encoder.finish()
      const expected = decode(createProtobufDecoder, columns, bytes, bytes.length)
      assert.equal(expected.length, 1000)
      for (const size of [1000, 16_384, 65_535, 65_536, 65_537, 100_000, bytes.length])
        assert.deepEqual(decode(createRecordDecoder, columns, bytes, size), expected)
    })
})

const decode = (
  create: typeof createRecordDecoder,
  columns: readonly Column[],
  bytes: Buffer,
  size: number,
): unknown[] => {
  const decoder = create(columns)
  const rows: unknown[] = []
  for (let from = 0; from < bytes.length; from += size) decoder.push(bytes.subarray(from, from + size), rows)
  decoder.end()
  return rows
}
