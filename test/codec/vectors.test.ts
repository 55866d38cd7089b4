import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  createCompiledDecoder,
  createProtobufDecoder,
  createRecordDecoder,
} from '../../lib/codec/rows/record-decoder.js'
import {
  createCompiledEncoder,
  createProtobufEncoder,
  createRecordEncoder,
} from '../../lib/codec/rows/record-encoder.js'
import {
  createRecordProjector,
  createRecordScanner,
  encodeTrailer,
  type ScannedRecord,
} from '../../lib/codec/stream/record-scanner.js'
import { StreamTotals } from '../../lib/codec/stream/totals.js'
import { TunnelChecksumError, TunnelError, TunnelProtocolError } from '../../lib/errors.js'
import { columnsOf, loadVectors, type RecordVector, rowsOf, streamOf } from './golden-vectors.js'
import { scanRecords } from './scan-records.js'

const recordSets = ['scalar', 'long', 'complex', 'mixed', 'wide', 'decode-special'].map(
  set => `records-${set}`,
)
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const codecs = [
  { way: 'WebAssembly', encoder: createRecordEncoder, decoder: createRecordDecoder },
  { way: 'compiled', encoder: createCompiledEncoder, decoder: createCompiledDecoder },
  { way: 'protobufjs', encoder: createProtobufEncoder, decoder: createProtobufDecoder },
]

const wideOf = (vector: RecordVector): Buffer | undefined =>
  vector.hexWide === undefined ? undefined : Buffer.from(vector.hexWide, 'hex')

const selectedOf = (vector: RecordVector) => {
  const columns = columnsOf(vector)
  return vector.columns?.map(name => columns.find(column => column.name === name)!) ?? columns
}

/** In 'text' mode a STRING that is not UTF-8 would come with U+FFFD: those are read as bytes. */
const stringMode = (vector: RecordVector) =>
  JSON.stringify(vector.rows ?? []).includes('"bytesHex"') ? ('buffer' as const) : ('string' as const)

for (const { way, encoder, decoder } of codecs)
  describe(`golden vectors, ${way}`, () => {
    for (const set of recordSets)
      for (const vector of loadVectors(set)) {
        if (vector.encode)
          test(`${set} ${vector.name}: encodes`, () => {
            const encode = encoder(columnsOf(vector), { json: 'text' })
            for (const [i, row] of rowsOf(vector).entries()) encode.write(row, i)
            assert.equal(encode.rows, vector.count)
            const bytes = encode.finish()
            assert.equal(bytes.length, vector.bytes)
            assert.equal(sha256(bytes), vector.sha256)
            const expected = streamOf(vector)
            if (expected) assert.deepEqual(bytes, expected)
          })
        for (const bytes of [streamOf(vector), wideOf(vector)])
          if (bytes)
            test(`${set} ${vector.name}: decodes ${bytes.length} bytes`, () => {
              const string = stringMode(vector)
              const decode = decoder(columnsOf(vector), { json: 'text', string })
              const rows: unknown[] = []
              decode.push(bytes, rows)
              decode.end()
              const expected = rowsOf(vector).map(row =>
                string === 'buffer'
                  ? row.map(cell => (typeof cell === 'string' ? Buffer.from(cell) : cell))
                  : row,
              )
              assert.deepEqual(rows, expected)
              assert.equal(decode.rows, vector.count)
              assert.equal(decode.rawBytes, bytes.length)
            })
      }

    for (const vector of [...loadVectors('projection'), ...loadVectors('footer')])
      for (const bytes of [streamOf(vector), wideOf(vector)])
        if (bytes)
          test(`${vector.name}: decodes ${bytes.length} bytes`, () => {
            const decode = decoder(selectedOf(vector), { json: 'text' })
            const rows: unknown[] = []
            decode.push(bytes, rows)
            decode.end()
            assert.deepEqual(rows, rowsOf(vector))
            assert.equal(decode.metrics, vector.metrics ?? undefined)
            assert.equal(decode.ended, true)
          })

    for (const vector of loadVectors('malformed'))
      test(`malformed ${vector.name}: refused after the good rows`, () => {
        const decode = decoder(columnsOf(vector))
        const rows: unknown[] = []
        const run = (): void => {
          decode.push(streamOf(vector)!, rows)
          decode.end()
        }
        assert.throws(run, (error: unknown) => {
          assert.ok(error instanceof TunnelProtocolError || error instanceof TunnelChecksumError)
          assert.equal(error.code, codeOf(vector))
          if (error instanceof TunnelChecksumError) assert.equal(`${error.scope}-checksum`, vector.category)
          return true
        })
        assert.deepEqual(rows, rowsOf(vector))
        assert.equal(decode.rows, rows.length)
        assert.equal(decode.ended, false)
      })
  })

const codeOf = ({ category = '' }: RecordVector): string => {
  if (category.endsWith('checksum')) return 'ODPS_CHECKSUM_MISMATCH'
  const codes: Readonly<Record<string, string>> = {
    count: 'ODPS_COUNT_MISMATCH',
    'field-index': 'ODPS_MALFORMED_STREAM',
    truncated: 'ODPS_TRUNCATED_STREAM',
  }
  return codes[category]!
}

describe('scanner', () => {
  const all = [...recordSets, 'projection', 'footer'].flatMap(set => loadVectors(set))
  for (const vector of all)
    for (const bytes of [streamOf(vector), wideOf(vector)])
      if (bytes)
        test(`${vector.name}, ${bytes.length} bytes: the records are those of the shortest spelling`, () => {
          const scanner = createRecordScanner(selectedOf(vector))
          const records: ScannedRecord[] = []
          for (let i = 0; i < bytes.length; i += 1000)
            scanRecords(scanner, bytes.subarray(i, i + 1000), records)
          scanner.end()
          assert.equal(scanner.rows, vector.count)
          const joined = Buffer.concat(records.map(record => record.bytes))
          assert.deepEqual(joined, streamOf(vector)!.subarray(0, joined.length))
        })

  for (const vector of loadVectors('malformed'))
    test(`malformed ${vector.name}: refused after the good rows`, () => {
      const scanner = createRecordScanner(columnsOf(vector))
      const records: ScannedRecord[] = []
      const run = (): void => {
        scanRecords(scanner, streamOf(vector)!, records)
        scanner.end()
      }
      assert.throws(run, (error: unknown) => error instanceof TunnelError && error.code === codeOf(vector))
      assert.equal(records.length, vector.rowsBefore!.length)
    })
})

describe('trailer', () => {
  for (const vector of loadVectors('footer'))
    test(`${vector.name}: is printed as the reference prints it`, () => {
      const bytes = streamOf(vector)!
      const scanner = createRecordScanner(columnsOf(vector))
      const records: ScannedRecord[] = []
      scanRecords(scanner, bytes, records)
      const totals = new StreamTotals()
      for (const { checksum } of records) totals.add(checksum)
      const trailer = encodeTrailer(totals.rows, totals.checksum, vector.metrics ?? undefined)
      assert.deepEqual(Buffer.concat([...records.map(record => record.bytes), trailer]), bytes)
    })
})

describe('projector', () => {
  for (const vector of loadVectors('projection'))
    test(`${vector.name}: makes the stream of the reference client`, () => {
      const columns = columnsOf(vector)
      const picked = selectedOf(vector)
      const names = columns.map(column => column.name)
      const full = createRecordEncoder(columns, { json: 'text' })
      for (const [i, row] of rowsOf(vector).entries())
        full.write(Object.fromEntries(row.map((cell, k) => [picked[k]!.name, cell])), i)
      const scanner = createRecordScanner(columns)
      const records: ScannedRecord[] = []
      scanRecords(scanner, full.finish(), records)
      const project = createRecordProjector(columns, vector.columns!)
      const projected = records.map(record => project(record.bytes))
      const joined = Buffer.concat(projected.map(record => record.bytes))
      assert.deepEqual(joined, streamOf(vector)!.subarray(0, joined.length))
      const same = createRecordProjector(columns, names)
      assert.deepEqual(
        records.map(record => same(record.bytes)),
        records,
      )
    })
})
