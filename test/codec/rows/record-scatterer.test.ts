import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { createProtobufEncoder, createRecordScatterer } from '../../../lib/codec/rows/record-encoder.js'
import type { RecordStream } from '../../../lib/codec/rows/record-scatterer.js'
import { StreamTotals } from '../../../lib/codec/stream/totals.js'
import { encodeTrailer } from '../../../lib/codec/stream/trailer.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { Random } from '../../faults/random.js'
import { columnsOf, loadVectors, rowsOf } from '../golden-vectors.js'

/** A stream of its own, put together from the records it gets. */
class Stream implements RecordStream {
  readonly totals = new StreamTotals()
  waiting = -1
  readonly #records: Buffer[] = []

  /** The bytes are written over by the next records. */
  static onRecords(stream: Stream, bytes: Buffer): void {
    stream.#records.push(Buffer.from(bytes))
  }

  end(): Buffer {
    const { rows, checksum } = this.totals
    return Buffer.concat([...this.#records, encodeTrailer(rows, checksum)])
  }

  get length(): number {
    return this.#records.reduce((sum, { length }) => sum + length, 0)
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe('records of several streams', () => {
  for (const set of ['records-scalar', 'records-complex', 'records-mixed', 'records-wide', 'records-long'])
    for (const vector of loadVectors(set).filter(({ encode }) => encode))
      test(`${set} ${vector.name}: each stream has the golden bytes`, () => {
        const columns = columnsOf(vector)
        const scatterer = createRecordScatterer(columns, { json: 'text' }, Stream.onRecords)
        const [first, second, flushed] = [new Stream(), new Stream(), new Stream()]
        const rows = rowsOf(vector)
        for (const [i, row] of rows.entries()) {
          scatterer.add(row, i, first)
          // More cells may follow; a row that does not fit leaves no trace.
          if (i > 0) scatterer.add([...rows[i - 1]!, 'more'], i, second)
          const noValues = columns.map(() => Symbol('no value'))
          assert.throws(() => scatterer.add(noValues, i, first))
          scatterer.add(row, i, flushed)
          if (i % 3 === 0) scatterer.flush()
        }
        if (rows.length > 0) scatterer.add(rows.at(-1)!, 0, second)
        scatterer.flush()
        assert.equal(scatterer.mayHold(1), false)
        for (const stream of [first, second, flushed]) assert.equal(sha256(stream.end()), vector.sha256)
      })

  const columns = [
    { name: 'id', type: parseDataType('bigint'), nullable: true },
    { name: 'text', type: parseDataType('string'), nullable: true },
  ]
  const streamOf = (rows: readonly unknown[][]): Buffer => {
    const encoder = createProtobufEncoder(columns)
    for (const [i, row] of rows.entries()) encoder.write(row, i)
    return encoder.finish()
  }

  test('thousands of streams, records of all lengths and values that are not staged: as with an encoder each', () => {
    const random = new Random(11)
    const scatterer = createRecordScatterer(columns, {}, Stream.onRecords)
    const streams = Array.from({ length: 3000 }, () => ({ stream: new Stream(), rows: [] as unknown[][] }))
    const textOf = (): unknown => {
      if (random.chance(0.1)) return null
      // Beyond ASCII; bytes; and longer than a batch may have of text.
      if (random.chance(0.1)) return 'päö'.repeat(random.integer(0, 9))
      if (random.chance(0.02)) return Buffer.from('bytes')
      return 'x'.repeat(random.chance(0.001) ? 40_000 : random.integer(0, 60))
    }
    let waited = 0
    for (let i = 0; i < 20_000; i++) {
      // A few streams have most of the records, as partitions do.
      const { stream, rows } = random.pick(random.chance(0.5) ? streams.slice(0, 3) : streams)
      const row = [random.chance(0.05) ? null : i, textOf()]
      if (random.chance(0.01)) {
        const { rows: before } = stream.totals
        assert.throws(() => scatterer.add([2.5, 'no whole number'], i, stream), {
          code: 'ODPS_INVALID_VALUE',
        })
        assert.equal(stream.totals.rows, before)
      }
      scatterer.add(row, i, stream)
      rows.push(row)
      if (scatterer.mayHold(2000)) waited++
      if (random.chance(0.01)) scatterer.flush()
    }
    scatterer.flush()
    assert.equal(waited > 0, true, 'rows are written together')
    for (const { stream, rows } of streams) assert.equal(stream.end().equals(streamOf(rows)), true)
  })

  test('no more waits than is told', () => {
    const scatterer = createRecordScatterer(columns, {}, Stream.onRecords)
    const streams = [new Stream(), new Stream()]
    for (let i = 0; i < 100; i++) scatterer.add([2 ** 52, '漢'.repeat(i)], i, streams[i % 2]!)
    const before = streams[0]!.length + streams[1]!.length
    let most = 0
    while (scatterer.mayHold(most + 1)) most++
    scatterer.flush()
    const written = streams[0]!.length + streams[1]!.length - before
    assert.equal(written > 0 && written <= most, true, `${written} of at most ${most}`)
  })
})
