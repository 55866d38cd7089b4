import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
  type RecordDecoder,
} from '../../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { createRecordScanner, type ScannedRecord } from '../../../lib/codec/stream/record-scanner.js'
import { TunnelChecksumError, TunnelError, TunnelProtocolError } from '../../../lib/errors.js'
import { table } from '../arbitrary-rows.js'
import {
  bigint,
  columns,
  crc,
  type Field,
  type HandMadeRecord,
  le,
  raw,
  record,
  stream,
  tag,
  text,
  trailer,
  varint,
  zigzag,
} from '../hand-made-stream.js'
import { scanRecords } from '../scan-records.js'

const good = record(bigint(1, 7))
const ab = columns('a:bigint b:string')

const readers = [
  { way: 'WebAssembly', create: createRecordDecoder },
  { way: 'compiled', create: createCompiledDecoder },
  { way: 'protobufjs', create: createProtobufDecoder },
  { way: 'scanner', create: (all: Parameters<typeof createRecordScanner>[0]) => scanningDecoder(all) },
]

/** A scanner in the clothes of a decoder: it must refuse whatever a decoder refuses. */
const scanningDecoder = (
  all: Parameters<typeof createRecordScanner>[0],
): Pick<RecordDecoder, 'push' | 'end'> => {
  const scanner = createRecordScanner(all)
  return {
    push: (chunk, rows) => scanRecords(scanner, chunk, rows as ScannedRecord[]),
    end: () => scanner.end(),
  }
}

/** Reads to the end; how many rows came, and the error. */
const read = (decoder: Pick<RecordDecoder, 'push' | 'end'>, bytes: Buffer) => {
  const rows: unknown[] = []
  try {
    decoder.push(bytes, rows)
    decoder.end()
  } catch (error) {
    return { rows, error }
  }
  return { rows, error: undefined }
}

const refused = (schema: string, bad: HandMadeRecord, code = 'ODPS_MALFORMED_STREAM'): void => {
  const first: HandMadeRecord = { bytes: [...tag(0x1fffc00, 0), 0], checksum: 0 }
  for (const { way, create } of readers) {
    const { rows, error } = read(create(columns(schema)), stream(first, bad))
    assert.ok(error instanceof TunnelProtocolError, `${way}: ${error}`)
    assert.equal(error.code, code, way)
    assert.match(error.message, /row 1/)
    assert.equal(rows.length, 1, way)
  }
}

const accepted = (schema: string, records: readonly HandMadeRecord[], expected: readonly unknown[]): void => {
  for (const { way, create } of readers) {
    const { rows, error } = read(create(columns(schema)), stream(...records))
    assert.equal(error, undefined, way)
    if (way === 'scanner') assert.equal(rows.length, expected.length)
    else assert.deepEqual(rows, expected, way)
  }
}

describe('fields of a record', () => {
  test('are read in any order', () => {
    accepted(
      'a:bigint b:string',
      [record(text(2, 'x'), bigint(1, 5)), record(bigint(1, 6))],
      [
        [5n, 'x'],
        [6n, null],
      ],
    )
  })
  test('are refused when repeated', () => refused('a:bigint b:string', record(bigint(1, 5), bigint(1, 5))))
  test('are refused when repeated out of order', () =>
    refused('a:bigint b:string', record(bigint(1, 5), text(2, 'x'), bigint(1, 5))))
  test('are refused with number 0', () => refused('a:bigint', record(bigint(0, 5))))
  test('are refused with a number beyond the columns', () => refused('a:bigint', record(bigint(2, 5))))
  for (const wireType of [1, 2, 3, 4, 5, 6, 7])
    test(`are refused with wire type ${wireType} for an integer`, () =>
      refused('a:bigint', record(raw(1, wireType, zigzag(5), le(5, 8)))))
  test('are refused with wire type 0 for text', () =>
    refused('a:string', record(raw(1, 0, [1, 0x78], [0x78]))))
  test('are read with a tag longer than need be', () => {
    const long: Field = { wire: [0x88, 0x00, ...zigzag(5)], fed: [...le(1, 4), ...le(5, 8)] }
    accepted('a:bigint', [record(long)], [[5n]])
  })
})

describe('values', () => {
  const eleven = [...new Array<number>(10).fill(0x80), 0]
  test('a varint of eleven bytes is refused', () => refused('a:bigint', record(raw(1, 0, eleven, le(0, 8)))))
  test('a varint of ten bytes is read', () =>
    accepted('a:bigint', [record(raw(1, 0, [...new Array<number>(9).fill(0x80), 0], le(0, 8)))], [[0n]]))
  for (const [type, value] of [
    ['tinyint', 128],
    ['smallint', -32_769],
    ['int', 2_147_483_648],
    ['int', -(2 ** 40)],
  ] as const)
    test(`${value} is refused as ${type}`, () => refused(`a:${type}`, record(bigint(1, value))))
  test('an element beyond its type is refused', () =>
    refused('a:array<tinyint>', record(raw(1, 2, [1, 0, ...zigzag(200)], le(200, 8)))))
  test('a boolean other than 0 and 1 is refused', () => refused('a:boolean', record(raw(1, 0, [2], [2]))))
  test('a NULL flag other than 0 and 1 is refused', () =>
    refused('a:array<bigint>', record(raw(1, 2, [1, 2, ...zigzag(5)], le(5, 8)))))
  test('a map with fewer values than keys is refused', () =>
    refused('a:map<bigint,bigint>', record(raw(1, 2, [1, 0, ...zigzag(5), 0], le(5, 8)))))
  test('a vector of another length is refused', () =>
    refused('a:vector(float,2)', record(raw(1, 2, [1, 0, 0, 0, 0], [0, 0, 0, 0]))))
  test('negative nanos of a timestamp are refused', () =>
    refused('a:timestamp', record(raw(1, 2, [...zigzag(5), ...zigzag(-1)], [...le(5, 8), ...le(-1, 4)]))))
  test('nanos of a second or more are refused', () =>
    refused(
      'a:interval_day_time',
      record(raw(1, 2, [...zigzag(5), ...zigzag(1e9)], [...le(5, 8), ...le(1e9, 4)])),
    ))
  test('nanos beyond 32 bits are refused', () =>
    refused(
      'a:interval_day_time',
      record(raw(1, 2, [...zigzag(5), ...zigzag(2 ** 40)], [...le(5, 8), ...le(0, 4)])),
    ))
  test('a length beyond 32 bits is refused', () =>
    refused('a:string', record(raw(1, 2, [...varint(2 ** 33), 0x78], [0x78]))))
  test('a length beyond the largest row is refused before its bytes come', () =>
    refused('a:string', record(raw(1, 2, [...varint(2 ** 31), 0x78], [0x78])), 'ODPS_ROW_TOO_LARGE'))
  test('a count beyond the largest row is refused before its elements come', () =>
    refused('a:array<bigint>', record(raw(1, 2, varint(2 ** 31), [])), 'ODPS_ROW_TOO_LARGE'))
})

describe('a row over the limit', () => {
  for (const { way, create } of readers.slice(0, 2))
    test(`is refused, ${way}: whole, cut, or told by a length`, () => {
      const limited = { maxRowBytes: 20 }
      const fitting = record(text(1, 'x'.repeat(8)))
      const long = record(text(1, 'x'.repeat(12)))
      assert.deepEqual([fitting.bytes.length, long.bytes.length], [19, 23])
      const code = (bytes: Buffer): string => {
        const { rows, error } = read(create(columns('a:string'), limited), bytes)
        assert.equal(rows.length, 1)
        assert.ok(error instanceof TunnelProtocolError)
        return error.code
      }
      const bytes = stream(fitting, long)
      assert.equal(code(bytes), 'ODPS_ROW_TOO_LARGE')
      assert.equal(code(bytes.subarray(0, 19 + 20)), 'ODPS_TRUNCATED_STREAM')
      assert.equal(code(bytes.subarray(0, 19 + 21)), 'ODPS_ROW_TOO_LARGE')
      assert.equal(
        code(stream(fitting, record(text(1, 'x'.repeat(19)))).subarray(0, 19 + 2)),
        'ODPS_ROW_TOO_LARGE',
      )
      const nested = record(raw(1, 2, [15, ...new Array<number>(15).fill(1)], []))
      const { error } = read(create(columns('a:array<bigint>'), limited), stream(nested))
      assert.ok(error instanceof TunnelError && error.code === 'ODPS_ROW_TOO_LARGE')
    })
})

describe('a row of exactly the limit', () => {
  const size = 30
  // Tag and length take 2 bytes, the end of the record 4 and its checksum at most 5.
  const rows = Array.from({ length: 40 }, (_, i) => record(text(1, `${i}`.padEnd(20, '.'))))
  const exact = rows.filter(({ bytes }) => bytes.length === size || bytes.length === size + 1)
  const bytes = stream(...exact)
  const largest = Math.max(...exact.map(row => row.bytes.length))

  for (const { way, create } of readers.slice(0, 3))
    test(`passes, and one byte less refuses it, ${way}: whole and in pieces`, () => {
      assert.ok(exact.length > 10)
      for (const piece of [bytes.length, 1, 7]) {
        const outcome = (maxRowBytes: number): unknown[] => {
          const decoder = create(columns('a:string'), { maxRowBytes })
          const all: unknown[] = []
          try {
            for (let at = 0; at < bytes.length; at += piece) decoder.push(bytes.subarray(at, at + piece), all)
            decoder.end()
            return [all.length, undefined]
          } catch (error) {
            return [all.length, (error as TunnelError).code]
          }
        }
        const first = exact.findIndex(row => row.bytes.length === largest)
        assert.deepEqual(outcome(largest), [exact.length, undefined])
        assert.deepEqual(outcome(largest - 1), [first, 'ODPS_ROW_TOO_LARGE'])
      }
    })
})

describe('the trailer', () => {
  const fail = (bytes: Buffer, check: (error: unknown) => void): void => {
    for (const { create } of readers) {
      const { rows, error } = read(create(ab), bytes)
      assert.equal(rows.length, 1)
      check(error)
    }
  }
  const withMetrics = (metrics: readonly number[]): Buffer =>
    Buffer.from([...good.bytes, ...trailer([good], metrics)])
  const json = [...Buffer.from('{}')]
  const sum = crc([...le(1, 4), ...json])

  test('with metrics is read', () => {
    const decoder = createRecordDecoder(ab)
    decoder.push(withMetrics([...tag(1, 2), 2, ...json, ...tag(0x1ffff00, 0), ...varint(sum)]), [])
    decoder.end()
    assert.equal(decoder.metrics, '{}')
    assert.equal(decoder.ended, true)
  })
  test('with metrics that do not agree is refused', () =>
    fail(withMetrics([...tag(1, 2), 2, ...json, ...tag(0x1ffff00, 0), ...varint(sum ^ 1)]), error => {
      assert.ok(error instanceof TunnelChecksumError)
      assert.deepEqual([error.scope, error.expected, error.actual], ['metrics', (sum ^ 1) >>> 0, sum])
    }))
  test('with metrics that do not end is refused', () =>
    fail(withMetrics([...tag(1, 2), 2, ...json, ...tag(0x1fffc00, 0), ...varint(sum)]), malformed))
  test('with metrics longer than any is refused', () =>
    fail(withMetrics([...tag(1, 2), ...varint(2 ** 30)]), malformed))
  test('without checksum is refused', () =>
    fail(Buffer.from([...good.bytes, ...tag(0x1fffffe, 0), ...zigzag(1), ...tag(3, 0), 0]), malformed))
  test('in the middle of a record is refused', () =>
    fail(Buffer.from([...good.bytes, ...bigint(1, 5).wire, ...trailer([good])]), malformed))
  test('with a count beyond 32 bits is refused', () => {
    const far = [...tag(0x1fffffe, 0), ...zigzag(2n ** 40n + 1n)]
    fail(Buffer.from([...good.bytes, ...far, ...trailer([good]).slice(5)]), error => {
      assert.ok(error instanceof TunnelProtocolError && error.code === 'ODPS_COUNT_MISMATCH')
    })
  })
  test('with a checksum spelled in six bytes is read', () => {
    const end = trailer([good])
    const last = end.pop()!
    const bytes = Buffer.from([...good.bytes, ...end, last | 0x80, 0])
    assert.equal(read(createRecordDecoder(ab), bytes).error, undefined)
  })
  test('ends the stream: more bytes are refused, in the same chunk and in the next', () => {
    fail(Buffer.concat([stream(good), Buffer.from([0])]), malformed)
    for (const { create } of readers) {
      const decoder = create(ab)
      decoder.push(stream(good), [])
      decoder.end()
      assert.throws(() => decoder.push(Buffer.from([0]), []), malformed)
    }
  })
})

const malformed = (error: unknown): true => {
  assert.ok(error instanceof TunnelProtocolError, String(error))
  assert.equal(error.code, 'ODPS_MALFORMED_STREAM')
  return true
}

describe('after an error', () => {
  test('the reader gives the same error again', () => {
    for (const { create } of readers) {
      const decoder = create(ab)
      const bytes = stream(record(bigint(3, 1)))
      let first: unknown
      assert.throws(
        () => decoder.push(bytes, []),
        error => {
          first = error
          return true
        },
      )
      assert.throws(
        () => decoder.push(bytes, []),
        error => error === first,
      )
      assert.throws(
        () => decoder.end(),
        error => error === first,
      )
    }
  })
})

describe('damaged streams', () => {
  const damage = fc.record({ at: fc.nat(), bit: fc.nat({ max: 7 }), cut: fc.nat({ max: 3 }) })

  test('only our own errors come out, and never before a good row that was there', () => {
    fc.assert(
      fc.property(table({ maxColumns: 4, maxRows: 4 }), damage, (random, { at, bit, cut }) => {
        const encoder = createRecordEncoder(random.columns)
        for (const [i, row] of random.rows.entries()) encoder.write(row, i)
        const bytes = encoder.finish()
        const place = at % bytes.length
        const damaged =
          cut === 0 ? Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)]) : bytes
        if (cut !== 0) damaged[place]! ^= 1 << bit
        const outcomes = readers.map(({ create }) => read(create(random.columns), damaged))
        for (const { error } of outcomes)
          assert.ok(error === undefined || error instanceof TunnelError, String(error))
        const [compiled, plain] = outcomes
        assert.deepEqual(compiled!.rows, plain!.rows)
        assert.equal((compiled!.error as TunnelError)?.message, (plain!.error as TunnelError)?.message)
      }),
      { numRuns: 2000, seed: 20_010_203 },
    )
  })

  test('noise gives our own errors', () => {
    fc.assert(
      fc.property(
        table({ maxColumns: 4, maxRows: 0 }),
        fc.uint8Array({ maxLength: 60 }),
        ({ columns: all }, noise) => {
          for (const { create } of readers)
            assert.ok(read(create(all), Buffer.from(noise)).error instanceof TunnelError)
        },
      ),
      { numRuns: 1000, seed: 20_010_203 },
    )
  })
})
