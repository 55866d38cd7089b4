import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { createRecordVerifier } from '../../../lib/codec/rows/record-verifier.js'
import {
  createRecordScanner,
  type RecordScanner,
  type ScannedRecord,
} from '../../../lib/codec/stream/record-scanner.js'
import { TunnelError } from '../../../lib/errors.js'
import type { Column } from '../../../lib/schema/table-schema.js'
import { cellOf, stagedType } from '../arbitrary-rows.js'
import { columnsOf, loadVectors, type RecordVector, streamOf } from '../golden-vectors.js'
import { bigint, columns, le, raw, record, stream, trailer, varint, zigzag } from '../hand-made-stream.js'
import { scanRecords } from '../scan-records.js'
import { chunksOf, small } from './cut-vectors.js'

describe('starvation, scanner', () => {
  for (const vector of small)
    test(`${vector.name}: chunks of every size`, () => {
      const bytes = streamOf(vector)!
      const whole: ScannedRecord[] = []
      scanRecords(createRecordScanner(columnsOf(vector)), bytes, whole)
      for (let size = 1; size <= bytes.length; size++) {
        const scanner = createRecordScanner(columnsOf(vector))
        const records: ScannedRecord[] = []
        for (const chunk of chunksOf(bytes, size)) scanRecords(scanner, chunk, records)
        scanner.end()
        assert.deepEqual(records, whole)
      }
    })
})

/** All that a scanner tells of a stream. */
const outcomeOf = (scanner: RecordScanner, bytes: Buffer, chunkBytes = bytes.length) => {
  const records: ScannedRecord[] = []
  let failure: string | undefined
  try {
    for (const chunk of chunksOf(bytes, Math.max(1, chunkBytes))) scanRecords(scanner, chunk, records)
    scanner.end()
  } catch (error) {
    assert.ok(error instanceof TunnelError, String(error))
    failure = `${error.code}: ${error.message}`
  }
  return { records, rows: scanner.rows, ended: scanner.ended, failure }
}

/** The scanner tells what the careful one tells; so does a verifier, of bytes as they stand. */
const agreed = (all: readonly Column[], bytes: Buffer, chunkBytes?: number) => {
  const careful = outcomeOf(createRecordScanner(all, { carefully: true }), bytes, chunkBytes)
  assert.deepEqual(outcomeOf(createRecordScanner(all), bytes, chunkBytes), careful)
  const verifier = createRecordVerifier(all)
  try {
    verifier.push(bytes)
    assert.equal(verifier.ended, careful.ended)
  } catch (error) {
    assert.equal(`${(error as TunnelError).code}: ${(error as TunnelError).message}`, careful.failure)
  }
  assert.equal(verifier.rows, careful.rows)
  return careful
}

/** Rows of up to 40 columns that hold no others: more than one mask has room for. */
const block = fc
  .array(stagedType, { minLength: 1, maxLength: 40 })
  .map(types => types.map((type, i) => ({ name: `c${i}`, type, nullable: true })))
  .chain(all => {
    const row = fc.tuple(...all.map(({ type }) => fc.option(cellOf(type), { freq: 4 })))
    return fc.array(row, { maxLength: 8 }).map(rows => ({ all, bytes: encode(all, rows) }))
  })

const encode = (all: readonly Column[], rows: readonly unknown[]): Buffer => {
  const encoder = createRecordEncoder(all)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}

/** A record that ends in one of the longer ways in which it may. */
const respell = ({ bytes, checksum }: ScannedRecord, way: number): Buffer => {
  const shortest = varint(checksum)
  const fields = bytes.subarray(0, bytes.length - 4 - shortest.length)
  const tag = way === 2 ? [0x80, 0xc0, 0xff, 0xff, 0] : [0x80, 0xc0, 0xff, 0x7f]
  const last = shortest.pop()!
  const long = [...shortest, last | 128, ...new Array<number>(8 - shortest.length).fill(128), 0]
  return Buffer.concat([fields, Uint8Array.from([...tag, ...(way === 1 ? long : varint(checksum))])])
}

const damagedBytes = (
  bytes: Buffer,
  at: number,
  byte: number,
  damage: 'flip' | 'drop' | 'insert' | 'cut',
): Buffer => {
  const place = at % bytes.length
  const rest = {
    flip: [Uint8Array.of(bytes[place]! ^ (1 << (byte & 7))), bytes.subarray(place + 1)],
    drop: [bytes.subarray(place + 1)],
    insert: [Uint8Array.of(byte), bytes.subarray(place)],
    cut: [],
  }[damage]
  return Buffer.concat([bytes.subarray(0, place), ...rest])
}

describe('a scanner in WebAssembly does what the careful one does', () => {
  const sets = ['scalar', 'long', 'complex', 'mixed', 'wide', 'decode-special'].map(set => `records-${set}`)
  const vectors = [...sets, 'projection', 'footer', 'malformed'].flatMap(set => loadVectors(set))
  for (const vector of vectors.filter(({ columns }) => columns === undefined)) {
    const { hexWide } = vector as RecordVector
    for (const bytes of [streamOf(vector), hexWide && Buffer.from(hexWide, 'hex')])
      if (bytes)
        test(`${vector.name}, ${bytes.length} bytes`, () => {
          assert.equal(agreed(columnsOf(vector), bytes).rows, vector.rowsBefore?.length ?? vector.count)
        })
  }

  test('with any rows, in any chunks, whatever spelling their ends have', () => {
    const spelled = fc.tuple(
      block,
      fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }),
      fc.integer({ min: 1, max: 3000 }),
    )
    fc.assert(
      fc.property(spelled, ([{ all, bytes }, ways, chunkBytes]) => {
        const { records, rows, failure } = agreed(all, bytes, chunkBytes)
        assert.equal(failure, undefined)
        const end = records.reduce((sum, record) => sum + record.bytes.length, 0)
        assert.deepEqual(Buffer.concat(records.map(record => record.bytes)), bytes.subarray(0, end))
        const other = Buffer.concat([
          ...records.map((each, i) => respell(each, ways[i]!)),
          bytes.subarray(end),
        ])
        const again = agreed(all, other, chunkBytes)
        assert.deepEqual({ ...again, rows }, { records, rows, ended: true, failure: undefined })
      }),
      { numRuns: 60, seed: 20_010_203 },
    )
  })

  test('with damaged ones', () => {
    let refused = 0
    const damage = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('flip', 'drop', 'insert', 'cut'))
    const damaged = fc.tuple(block, fc.array(damage, { minLength: 16, maxLength: 16 }))
    fc.assert(
      fc.property(damaged, ([{ all, bytes }, damages]) => {
        for (const each of damages) if (agreed(all, damagedBytes(bytes, ...each)).failure) refused++
      }),
      { numRuns: 60, seed: 20_010_203 },
    )
    // A bit that is flipped in a checksum beyond its 32 bits means nothing.
    assert.ok(refused > 920, String(refused))
  })

  test('with more rows than one call reads, and a record longer than all it looks at', () => {
    const all = columns('a:bigint b:string')
    const rows = Array.from({ length: 9000 }, (_, i) => [
      BigInt(i),
      i === 5000 ? 'x'.repeat(300_000) : `${i}`,
    ])
    const bytes = encode(all, rows)
    const { records } = agreed(all, bytes, 100_000)
    assert.equal(records.length, 9000)
    assert.deepEqual(records, agreed(all, bytes).records)
  })

  test('with bytes behind the trailer, in its chunk and in a later one', () => {
    const all = columns('a:bigint')
    const bytes = Buffer.concat([stream(record(bigint(1, 7))), Buffer.alloc(1)])
    assert.match(agreed(all, bytes).failure!, /continues after its trailer/)
    assert.match(agreed(all, bytes, bytes.length - 1).failure!, /continues after its trailer/)
  })

  const instant = (field: number, nanos: number) =>
    record(raw(field, 2, [...zigzag(5), ...zigzag(nanos)], [...le(5, 8), ...le(nanos, 4)]))
  for (const [type, least] of [
    ['timestamp', 0],
    ['timestamp_ntz', 0],
    ['interval_day_time', -999_999_999],
  ] as const)
    test(`with nanoseconds that no ${type} has, though their checksum agrees`, () => {
      for (const field of [1, 35]) {
        const all = columns(Array.from({ length: 35 }, (_, i) => `c${i}:${type}`).join(' '))
        const good = [instant(field, least), instant(field, 999_999_999)]
        assert.equal(agreed(all, stream(...good)).failure, undefined)
        for (const nanos of [least - 1, 1_000_000_000]) {
          const records = [...good, instant(field, nanos), instant(field, 0)]
          const { rows, failure } = agreed(all, stream(...records))
          assert.equal(
            failure,
            `ODPS_MALFORMED_STREAM: The record stream is malformed: row 2 of the stream has ${nanos} nanoseconds`,
          )
          assert.equal(rows, 2)
        }
      }
    })

  test('with a trailer of another count or checksum', () => {
    const good = record(bigint(1, 7))
    const all = columns('a:bigint')
    for (const [told, code] of [
      [[good], 'ODPS_COUNT_MISMATCH'],
      [[good, { ...good, checksum: good.checksum ^ 1 }], 'ODPS_CHECKSUM_MISMATCH'],
    ] as const) {
      const { failure } = agreed(all, Buffer.from([...good.bytes, ...good.bytes, ...trailer(told)]))
      assert.equal(failure?.split(':')[0], code)
    }
  })
})
