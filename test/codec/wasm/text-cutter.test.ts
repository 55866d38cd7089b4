import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createProtobufDecoder, createRecordDecoder } from '../../../lib/codec/rows/record-decoder.js'
import { createProtobufEncoder, createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import type { Column } from '../../../lib/schema/table-schema.js'

const columns: Column[] = ['a', 'b'].map(name => ({ name, type: { kind: 'string' }, nullable: true }))
const alphabet = 'abcdefghijklmnopqrstuvwxyz'

const ascii = (length: number, from: number): string =>
  Array.from({ length }, (_, i) => alphabet[(from + i) % alphabet.length]).join('')

const encode = (create: typeof createRecordEncoder, rows: readonly unknown[]): Buffer => {
  const encoder = create(columns)
  for (const row of rows) encoder.write(row, encoder.rows)
  return encoder.finish()
}

const decode = (create: typeof createRecordDecoder, bytes: Buffer, size: number): unknown[] => {
  const decoder = create(columns)
  const rows: unknown[] = []
  for (let from = 0; from < bytes.length; from += size) decoder.push(bytes.subarray(from, from + size), rows)
  decoder.end()
  return rows
}

describe('text of every short length', () => {
  test('ASCII: the same bytes and rows in both ways, in pieces of any size', () => {
    const rows = Array.from({ length: 1200 }, (_, i) => [ascii(i % 151, i), ascii((i * 7) % 43, 3 * i)])
    const bytes = encode(createRecordEncoder, rows)
    assert.deepEqual(bytes, encode(createProtobufEncoder, rows))
    for (const size of [997, 4096, 65_536, bytes.length])
      assert.deepEqual(decode(createRecordDecoder, bytes, size), rows)
    assert.deepEqual(decode(createProtobufDecoder, bytes, bytes.length), rows)
  })

  test('texts that are all short, then longer ones', () => {
    const short = Array.from({ length: 3000 }, (_, i) => [ascii(i % 13, i), null])
    const long = Array.from({ length: 300 }, (_, i) => [ascii(13 + (i % 116), i), ascii(i % 13, i)])
    const rows = [...short, ...long, ...short]
    const bytes = encode(createRecordEncoder, rows)
    for (const size of [10_000, 65_536]) assert.deepEqual(decode(createRecordDecoder, bytes, size), rows)
  })

  test('one character that is not ASCII at every place', () => {
    const rows: string[][] = []
    for (const odd of ['é', '中', '😀'])
      for (const length of [1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 39])
        for (let at = 0; at < length; at++)
          rows.push([`${ascii(at, 0)}${odd}${ascii(length - at - 1, at)}`, ascii(length, at)])
    const bytes = encode(createRecordEncoder, rows)
    assert.deepEqual(bytes, encode(createProtobufEncoder, rows))
    assert.deepEqual(decode(createRecordDecoder, bytes, bytes.length), rows)
  })
})
