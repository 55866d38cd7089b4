import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
  type DecodeOptions,
} from '../../lib/codec/rows/record-decoder.js'
import { createProtobufEncoder, createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import { createRecordVerifier } from '../../lib/codec/rows/record-verifier.js'
import { createRecordScanner, type ScannedRecord } from '../../lib/codec/stream/record-scanner.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { type Table, table } from './arbitrary-rows.js'
import { scanRecords } from './scan-records.js'

const encode = (create: typeof createRecordEncoder, { columns, rows }: Table): Buffer => {
  const encoder = create(columns)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}

const decode = (
  create: typeof createRecordDecoder,
  columns: readonly Column[],
  bytes: Buffer,
  options: DecodeOptions = {},
  chunkBytes = bytes.length,
): unknown[] => {
  const decoder = create(columns, options)
  const rows: unknown[] = []
  for (let from = 0; from < bytes.length; from += chunkBytes)
    decoder.push(bytes.subarray(from, from + chunkBytes), rows)
  decoder.end()
  return rows
}

const asObject = (columns: readonly Column[], row: readonly unknown[]): object => {
  const object = {}
  for (const [i, { name }] of columns.entries())
    Object.defineProperty(object, name, {
      value: row[i],
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return object
}

describe('round trip of random schemas', () => {
  for (const limits of [
    { maxColumns: 5, maxRows: 8, numRuns: 400 },
    { maxColumns: 70, maxRows: 3, numRuns: 40 },
  ])
    test(`up to ${limits.maxColumns} columns`, () => {
      fc.assert(
        fc.property(table(limits), fc.integer({ min: 1, max: 200 }), ({ columns, rows }, chunkBytes) => {
          const bytes = encode(createRecordEncoder, { columns, rows })
          assert.deepEqual(encode(createProtobufEncoder, { columns, rows }), bytes)
          assert.deepEqual(decode(createRecordDecoder, columns, bytes), rows)
          assert.deepEqual(decode(createProtobufDecoder, columns, bytes), rows)
          assert.deepEqual(decode(createCompiledDecoder, columns, bytes, {}, chunkBytes), rows)
          assert.deepEqual(decode(createRecordDecoder, columns, bytes, {}, chunkBytes), rows)

          const verifier = createRecordVerifier(columns)
          for (let from = 0; from < bytes.length; from += chunkBytes)
            verifier.push(bytes.subarray(from, from + chunkBytes))
          assert.deepEqual([verifier.rows, verifier.ended], [rows.length, true])

          const objects = rows.map(row => asObject(columns, row))
          assert.deepEqual(encode(createRecordEncoder, { columns, rows: objects as unknown[][] }), bytes)
          assert.deepEqual(decode(createRecordDecoder, columns, bytes, { rowShape: 'object' }), objects)
          assert.deepEqual(decode(createProtobufDecoder, columns, bytes, { rowShape: 'object' }), objects)
        }),
        { numRuns: limits.numRuns, seed: 20_010_203 },
      )
    })

  test('what the options change, they change alike in both ways, and it goes back in', () => {
    const options: fc.Arbitrary<DecodeOptions> = fc.record({
      bigint: fc.constantFrom('bigint', 'string'),
      string: fc.constantFrom('string', 'buffer'),
      json: fc.constant('text'),
    })
    fc.assert(
      fc.property(table({ maxColumns: 5, maxRows: 4 }), options, ({ columns, rows }, choice) => {
        const bytes = encode(createRecordEncoder, { columns, rows })
        const changed = decode(createRecordDecoder, columns, bytes, choice)
        assert.deepEqual(decode(createProtobufDecoder, columns, bytes, choice), changed)
        const again = createRecordEncoder(columns, { json: 'text' })
        for (const [i, row] of changed.entries()) again.write(row, i)
        assert.deepEqual(again.finish(), bytes)
      }),
      { numRuns: 200, seed: 20_010_203 },
    )
  })

  test('a scanner cuts the same records from any chunks', () => {
    fc.assert(
      fc.property(
        table({ maxColumns: 4, maxRows: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (random, chunkBytes) => {
          const bytes = encode(createRecordEncoder, random)
          const scanner = createRecordScanner(random.columns)
          const records: ScannedRecord[] = []
          for (let i = 0; i < bytes.length; i += chunkBytes)
            scanRecords(scanner, bytes.subarray(i, i + chunkBytes), records)
          scanner.end()
          assert.equal(records.length, random.rows.length)
          const joined = Buffer.concat(records.map(record => record.bytes))
          assert.deepEqual(joined, bytes.subarray(0, joined.length))
        },
      ),
      { numRuns: 200, seed: 20_010_203 },
    )
  })
})
