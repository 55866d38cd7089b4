import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { workloadHashes, workloads } from '../../benchmarks/workloads.js'
import { createProtobufEncoder, createRecordEncoder } from '../../lib/codec/record-encoder.js'

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
})
