import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createRecordDecoder } from '../../../lib/codec/rows/record-decoder.js'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import {
  createRecordProjector,
  createRecordScanner,
  encodeTrailer,
  type ScannedRecord,
} from '../../../lib/codec/stream/record-scanner.js'
import { StreamTotals } from '../../../lib/codec/stream/totals.js'
import { TunnelOptionError } from '../../../lib/errors.js'
import type { Column } from '../../../lib/schema/table-schema.js'
import { table } from '../arbitrary-rows.js'
import { columns } from '../hand-made-stream.js'
import { scanRecords } from '../scan-records.js'

const recordsOf = (schema: readonly Column[], rows: readonly unknown[]): ScannedRecord[] => {
  const encoder = createRecordEncoder(schema)
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  const records: ScannedRecord[] = []
  const scanner = createRecordScanner(schema)
  scanRecords(scanner, encoder.finish(), records)
  scanner.end()
  return records
}

const decode = (schema: readonly Column[], records: readonly ScannedRecord[]): unknown[] => {
  const totals = new StreamTotals()
  for (const { checksum } of records) totals.add(checksum)
  const decoder = createRecordDecoder(schema)
  const rows: unknown[] = []
  for (const { bytes } of records) decoder.push(bytes, rows)
  decoder.push(encodeTrailer(totals.rows, totals.checksum), rows)
  decoder.end()
  return rows
}

describe('projector', () => {
  test('any columns in any order decode to those cells', () => {
    const shuffled = table({ maxColumns: 25, maxRows: 3 }).chain(random =>
      fc.shuffledSubarray([...random.columns.keys()], { minLength: 1 }).map(picks => ({ ...random, picks })),
    )
    fc.assert(
      fc.property(shuffled, ({ columns: schema, rows, picks }) => {
        const picked = picks.map(i => schema[i]!)
        const project = createRecordProjector(
          schema,
          picked.map(column => column.name),
        )
        const projected = recordsOf(schema, rows).map(record => project(record.bytes))
        assert.deepEqual(
          decode(picked, projected),
          rows.map(row => picks.map(i => row[i])),
        )
        const direct = recordsOf(
          picked,
          rows.map(row => picks.map(i => row[i])),
        )
        assert.deepEqual(projected, direct)
      }),
      { numRuns: 200, seed: 20_010_203 },
    )
  })

  test('pads CHAR to its length in code points, and nothing else', () => {
    const schema = columns('c:char(4) v:varchar(4) s:char(1)')
    const records = recordsOf(schema, [
      ['é中', 'x', 'y'],
      ['😀😀😀😀', '', null],
      [null, null, 'z'],
      ['', 'x', 'y'],
    ])
    const project = createRecordProjector(schema, ['c', 'v', 's'], { padChar: true })
    assert.deepEqual(
      decode(
        schema,
        records.map(record => project(record.bytes)),
      ),
      [
        ['é中  ', 'x', 'y'],
        ['😀😀😀😀', '', null],
        [null, null, 'z'],
        ['    ', 'x', 'y'],
      ],
    )
    const long = columns('c:char(200)')
    const pad = createRecordProjector(long, ['C'], { padChar: true })
    const padded = recordsOf(long, [['x']]).map(record => pad(record.bytes))
    assert.deepEqual(decode(long, padded), [[`x${' '.repeat(199)}`]])
  })

  test('gives a record as it is when all columns are asked in order', () => {
    const schema = columns('a:bigint b:string')
    const [record] = recordsOf(schema, [[2n ** 40n, 'x']])
    assert.equal(createRecordProjector(schema, ['A', 'B'])(record!.bytes).bytes, record!.bytes)
    assert.equal(createRecordProjector(schema, ['a', 'b'])(record!.bytes).checksum, record!.checksum)
  })

  test('refuses a name that is no column', () => {
    assert.throws(() => createRecordProjector(columns('a:bigint'), ['b']), TunnelOptionError)
  })
})
