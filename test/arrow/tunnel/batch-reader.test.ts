import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnOf } from '../../../lib/arrow/columns/column.js'
import { encodeBatch, encodeSchema, endMark } from '../../../lib/arrow/ipc/encode-message.js'
import { BatchReader } from '../../../lib/arrow/tunnel/batch-reader.js'
import { Framer } from '../../../lib/arrow/tunnel/frame.js'
import { usualVariant, type WireVariant, wireFields } from '../../../lib/arrow/tunnel/wire-fields.js'
import { type WireBatch, WireTypes } from '../../../lib/arrow/tunnel/wire-types.js'
import { TunnelChecksumError, TunnelProtocolError } from '../../../lib/errors.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { columnsOf, streamOf } from '../../codec/golden-vectors.js'
import { type ArrowVector, arrowVectors, physicalOf, plainValue } from './arrow-vectors.js'

const read = (vector: ArrowVector, stream: Uint8Array, size = stream.length): WireBatch[] => {
  const reader = new BatchReader(new WireTypes(columnsOf(vector)))
  const batches: WireBatch[] = []
  for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size), batches)
  reader.end(batches)
  assert.equal(
    reader.rows,
    batches.reduce((sum, { length }) => sum + length, 0),
  )
  return batches
}

const rowsOf = (batches: readonly WireBatch[]): unknown[][] =>
  batches.flatMap(({ length, columns }) => {
    const read = columns.map(data => columnOf(data, () => []))
    return Array.from({ length }, (_, row) => read.map(column => plainValue(column.at(row))))
  })

const expectedRows = (vector: ArrowVector): unknown[][] => {
  const types = vector.schema.map(({ type }) => parseDataType(type))
  return vector.rows!.map(row => row.map((cell, i) => physicalOf(cell, types[i]!)))
}

describe('record batches that PyODPS wrote', () => {
  for (const vector of arrowVectors('streams'))
    test(vector.name, () => {
      const stream = streamOf(vector)!
      const batches = read(vector, stream)
      assert.deepEqual(rowsOf(batches), expectedRows(vector))
      assert.deepEqual(
        batches.map(({ length }) => length),
        vector.batches.filter(rows => rows > 0),
      )
      assert.deepEqual(rowsOf(read(vector, stream, 13)), expectedRows(vector))
    })

  const [instance] = arrowVectors('instance')
  test('times as seconds and nanoseconds, which results of queries have', () => {
    const type = parseDataType('timestamp')
    const rows = rowsOf(read(instance!, streamOf(instance!)!))
    const expected = instance!.rows!.map(([cell]) => {
      const count = physicalOf(cell, type) as bigint | null
      if (count === null) return [null]
      const nanos = ((count % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
      return [[(count - nanos) / 1_000_000_000n, Number(nanos)]]
    })
    assert.deepEqual(rows, expected)
  })
})

describe('a record batch in the pieces that came', () => {
  for (const [name, chunkBytes] of [
    ['chunk-7', 7],
    ['chunk-1000', 1000],
    ['ten-batches-of-1', 65_536],
  ] as const)
    test(`${name} in any pieces has the bytes of the stream but its framing, and none of them is copied`, () => {
      const vector = arrowVectors('streams').find(each => each.name === name)!
      const stream = streamOf(vector)!
      assert.equal(stream.readUInt32BE(0), chunkBytes)
      for (let size = 1; size <= stream.length; size += size < 100 ? 1 : 97) {
        const pieces = read(vector, stream, size).flatMap(batch => batch.pieces)
        assert.ok(Buffer.concat(pieces).equals(withoutFraming(stream, chunkBytes)), `pieces of ${size}`)
        assert.ok(
          pieces.every(({ buffer }) => buffer === stream.buffer),
          `pieces of ${size} are views`,
        )
      }
    })

  test('still has its columns, and has the same bytes when they were read', () => {
    const vector = arrowVectors('streams').find(each => each.name === 'chunk-7')!
    const batches = read(vector, streamOf(vector)!, 11)
    assert.deepEqual(rowsOf(batches), expectedRows(vector))
    const bytes = Buffer.concat(batches.flatMap(({ pieces }) => pieces))
    assert.ok(bytes.equals(withoutFraming(streamOf(vector)!, 7)), 'the bytes of the message')
  })

  test('is refused when its last offset lies behind its text, in whatever pieces that comes', () => {
    const textOf = (...offsets: number[]): Buffer => {
      const buffers = [new Uint8Array(0), new Uint8Array(Int32Array.from(offsets).buffer), Buffer.alloc(300)]
      return frame(encodeBatch(2, [{ length: 2, nullCount: 0, buffers, children: [] }]).bytes)
    }
    const readText = (stream: Buffer, size: number): number => {
      const reader = new BatchReader(new WireTypes(columnsNamed('string')))
      for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size), [])
      reader.end([])
      return reader.rows
    }
    // 301 and 65 836 differ from 300 in the first and in the third byte.
    const [right, ...wrong] = [300, 301, 300 + 65_536, -1].map(last => textOf(0, 2, last))
    for (let size = 1; size <= right!.length; size++) {
      assert.equal(readText(right!, size), 2)
      for (const stream of wrong)
        assert.throws(() => readText(stream, size), { code: 'ODPS_MALFORMED_STREAM' }, `pieces of ${size}`)
    }
  })
})

/** The payload, by the sizes that the framing has. */
const withoutFraming = (stream: Buffer, chunkBytes: number): Buffer => {
  const chunks: Buffer[] = []
  for (let at = 4; at < stream.length - 4; at += chunkBytes + 4)
    chunks.push(stream.subarray(at, Math.min(at + chunkBytes, stream.length - 4)))
  return Buffer.concat(chunks)
}

describe('streams that are odd or damaged', () => {
  for (const vector of arrowVectors('malformed'))
    if (vector.expect === 'rows')
      test(`${vector.name} is read`, () => {
        assert.deepEqual(rowsOf(read(vector, streamOf(vector)!)), expectedRows(vector))
      })
    else
      test(`${vector.name} is refused`, () => {
        for (const size of [1, 50, 10_000])
          assert.throws(() => read(vector, streamOf(vector)!, size), isTunnelError)
      })

  for (const name of ['chunk-7', 'chunk-1000', 'ten-batches-of-1'])
    test(`${name} cut at any byte is refused, and the rows before are right`, () => {
      const vector = arrowVectors('streams').find(each => each.name === name)!
      const stream = streamOf(vector)!
      const expected = expectedRows(vector)
      for (let length = 1; length < stream.length; length++) {
        const reader = new BatchReader(new WireTypes(columnsOf(vector)))
        const batches: WireBatch[] = []
        assert.throws(
          () => {
            reader.push(stream.subarray(0, length), batches)
            reader.end(batches)
          },
          isTunnelError,
          `cut at ${length}`,
        )
        assert.deepEqual(rowsOf(batches), expected.slice(0, reader.rows))
      }
    })

  test('all-types with any byte of its metadata changed, checksums made anew, is read or refused', () => {
    const vector = arrowVectors('streams').find(each => each.name === 'empty-between')!
    const payload = payloadOf(vector)
    for (let at = 0; at < payload.length; at++) {
      const changed = Buffer.from(payload)
      changed[at]! ^= 0xff
      try {
        for (const batch of read(vector, frame(changed))) for (const data of batch.columns) sizeOf(data)
      } catch (error) {
        assert.ok(isTunnelError(error), `byte ${at}: ${(error as Error).stack}`)
      }
    }
  })
})

const sizeOf = (data: WireBatch['columns'][number]): void => {
  for (const buffer of data.buffers) assert.ok(buffer.length >= 0)
  for (const child of data.children) sizeOf(child)
}

const isTunnelError = (error: unknown): boolean =>
  error instanceof TunnelChecksumError || error instanceof TunnelProtocolError

const payloadOf = (vector: ArrowVector): Buffer =>
  Buffer.concat(read(vector, streamOf(vector)!).flatMap(({ pieces }) => pieces))

const frame = (payload: Uint8Array): Buffer => {
  const framer = new Framer()
  const framed: Uint8Array[] = []
  framer.push(payload, framed)
  framer.end(framed)
  return Buffer.concat(framed)
}

const columnsNamed = (...types: string[]) =>
  types.map((type, i) => ({ name: `c${i}`, type: parseDataType(type), nullable: true }))

/** A batch of one value in each column, whatever buffers that takes. */
const batchOf = (types: readonly string[], variant: WireVariant, rows = 3): Buffer => {
  const laidOut = (
    field: ReturnType<typeof wireFields>[number],
  ): Parameters<typeof encodeBatch>[1][number] => ({
    length: rows,
    nullCount: 0,
    buffers:
      field.type.name === 'struct'
        ? [new Uint8Array(0)]
        : [new Uint8Array(0), new Uint8Array(rows * bytesOf(field.type))],
    children: field.children.map(laidOut),
  })
  return frame(encodeBatch(rows, wireFields(columnsNamed(...types), variant).map(laidOut)).bytes)
}

const bytesOf = (type: { readonly name: string; readonly bits?: number }): number => (type.bits ?? 64) / 8

describe('columns that clients write in different ways', () => {
  const types = ['timestamp', 'interval_day_time', 'decimal', 'timestamp_ntz', 'struct<t:timestamp>']
  for (const timestamps of ['ns', 'column_struct', 'struct'] as const)
    for (const intervals of ['struct', 'day_time'] as const)
      for (const oldDecimals of [256, 128] as const)
        test(`times as ${timestamps}, intervals as ${intervals}, DECIMAL of ${oldDecimals} bits`, () => {
          const variant = { timestamps, intervals, oldDecimals }
          for (const rows of [1, 2, 3, 8, 1000]) {
            const reader = new BatchReader(new WireTypes(columnsNamed(...types)))
            const batches: WireBatch[] = []
            reader.push(batchOf(types, variant, rows), batches)
            reader.end(batches)
            assert.deepEqual(batches[0]!.fields, wireFields(columnsNamed(...types), variant))
          }
        })

  test('are not mixed in one stream', () => {
    const reader = new BatchReader(new WireTypes(columnsNamed('timestamp')))
    const [ns, struct] = (['ns', 'struct'] as const).map(timestamps =>
      read0(batchOf(['timestamp'], { ...usualVariant, timestamps })),
    )
    assert.throws(
      () => reader.push(frame(Buffer.concat([ns!, struct!])), []) ?? reader.end([]),
      TunnelProtocolError,
    )
  })

  test('a batch of another width is refused, and one of other columns too', () => {
    for (const [wanted, sent] of [
      ['bigint', 'int'],
      ['double', 'float'],
      ['decimal(10,2)', 'bigint'],
      ['bigint', 'timestamp,bigint'],
    ] as const) {
      const reader = new BatchReader(new WireTypes(columnsNamed(wanted)))
      assert.throws(
        () => reader.push(batchOf(sent.split(','), usualVariant), []) ?? reader.end([]),
        { code: 'ODPS_MALFORMED_STREAM' },
        `${sent} for ${wanted}`,
      )
    }
  })

  test('a schema in the stream is refused, for it might say something else', () => {
    const stream = frame(encodeSchema(wireFields(columnsNamed('bigint'))).bytes)
    const reader = new BatchReader(new WireTypes(columnsNamed('bigint')))
    assert.throws(() => reader.push(stream, []) ?? reader.end([]), { message: /it has a schema/ })
  })

  test('a column of a type that is not known is refused by name, before any byte', () => {
    assert.throws(() => new BatchReader(new WireTypes(columnsNamed('bigint', 'geography'))), {
      code: 'ODPS_UNSUPPORTED_TYPE',
      message: /Column 'c1'.*geography/,
    })
  })

  test('an end mark ends the stream, and a batch behind it is refused', () => {
    const batch = read0(batchOf(['bigint'], usualVariant))
    for (const [payload, isRead] of [
      [Buffer.concat([batch, endMark]), true],
      [Buffer.concat([batch, endMark, batch]), false],
    ] as const) {
      const reader = new BatchReader(new WireTypes(columnsNamed('bigint')))
      const batches: WireBatch[] = []
      const run = () => reader.push(frame(payload), batches) ?? reader.end(batches)
      if (isRead) run()
      else assert.throws(run, { code: 'ODPS_MALFORMED_STREAM' })
      assert.equal(batches.length, isRead ? 1 : 0)
    }
  })
})

/** The message of a stream of a few bytes. */
const read0 = (stream: Buffer): Buffer => stream.subarray(4, -4)
