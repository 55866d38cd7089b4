import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
  type DecodeOptions,
} from '../../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import type { Column } from '../../../lib/schema/table-schema.js'
import { columns } from '../hand-made-stream.js'

const ways = { fastest: createRecordDecoder, compiled: createCompiledDecoder, plain: createProtobufDecoder }
const asFileValues: DecodeOptions = { string: 'exact', map: 'pairs', json: 'text' }

const decodeAll = (
  names: readonly Column[],
  rows: readonly unknown[][],
  check: (rows: unknown[]) => void,
) => {
  const encoder = createRecordEncoder(names, { json: 'text' })
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  const bytes = encoder.finish()
  for (const create of Object.values(ways)) {
    const decoder = create(names, asFileValues)
    const decoded: unknown[] = []
    decoder.push(bytes, decoded)
    decoder.end()
    check(decoded)
  }
}

/** The standard's decoder says what is UTF-8. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const textOrBytes = (bytes: Buffer): string | Buffer => {
  try {
    return strict.decode(bytes)
  } catch {
    return bytes
  }
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200, size: 'max' }),
  fc.string({ unit: 'binary', maxLength: 60, size: 'max' }).map(text => Buffer.from(text)),
  // Near misses: surrogates, overlong forms, code points beyond the last, text that was cut.
  fc
    .tuple(
      fc.string({ maxLength: 20 }),
      fc.constantFrom(
        'eda080',
        'c080',
        'e08080',
        'f08080',
        'f4908080',
        'f5',
        'e282',
        'f09f98',
        'efbfbd',
        'efbbbf',
      ),
      fc.string({ maxLength: 20 }),
    )
    .map(([before, hex, after]) =>
      Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)]),
    ),
)

describe('file values', () => {
  test('text that is UTF-8 is a string, other text its bytes, in each way of reading', () => {
    const names = columns('s:string v:varchar(65535) n:bigint')
    fc.assert(
      fc.property(fc.array(fc.tuple(anyBytes, anyBytes), { minLength: 1, maxLength: 12 }), pairs => {
        const rows = pairs.map(([s, v], i) => [Buffer.from(s), Buffer.from(v), BigInt(i)])
        const expected = rows.map(([s, v, n]) => [textOrBytes(s as Buffer), textOrBytes(v as Buffer), n])
        decodeAll(names, rows, decoded => assert.deepEqual(decoded, expected))
      }),
      { numRuns: 300 },
    )
  })

  test('a replacement character and a byte order mark that stand in the data are text', () => {
    decodeAll(columns('s:string'), [['\ufeffa\ufffd'], ['\ufffd']], decoded =>
      assert.deepEqual(decoded, [['\ufeffa\ufffd'], ['\ufffd']]),
    )
  })

  test('text in nested values, in keys and in JSON columns too', () => {
    const bad = Buffer.of(0x61, 0xff)
    const names = columns('a:array<string> m:map<string,string> t:struct<x:string,y:bigint>')
    decodeAll(names, [[[bad, 'é'], new Map([[bad, bad]]), { x: bad, y: 1n }]], ([row]) => {
      const [a, m, t] = row as [unknown, unknown, object]
      assert.deepEqual([a, m, { ...t }], [[bad, 'é'], [[bad, bad]], { x: bad, y: 1n }])
    })
  })

  test('a MAP is its pairs, in the order of the record, equal keys too', () => {
    // 2n and 2 are two keys of a JavaScript Map, and one BIGINT.
    const twice = new Map<unknown, unknown>([
      [2n, 'first'],
      [1n, null],
      [2, 'second'],
    ])
    decodeAll(columns('m:map<bigint,string>'), [[twice], [new Map()]], decoded =>
      assert.deepEqual(decoded, [
        [
          [
            [2n, 'first'],
            [1n, null],
            [2n, 'second'],
          ],
        ],
        [[]],
      ]),
    )
  })
})
