import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { createRecordScatterer } from '../../../lib/codec/rows/record-encoder.js'
import { StreamTotals } from '../../../lib/codec/stream/totals.js'
import { encodeTrailer } from '../../../lib/codec/stream/trailer.js'
import { columnsOf, loadVectors, rowsOf } from '../golden-vectors.js'

/** A stream of its own, put together from single records. */
class Stream {
  readonly #totals = new StreamTotals()
  readonly #records: Buffer[] = []

  add(scatterer: ReturnType<typeof createRecordScatterer>, row: unknown[], index: number): void {
    // The bytes are written over by the next record.
    this.#records.push(Buffer.from(scatterer.encode(row, index, this.#totals)))
  }

  end(): Buffer {
    const { rows, checksum } = this.#totals
    return Buffer.concat([...this.#records, encodeTrailer(rows, checksum)])
  }
}

describe('records encoded one by one for several streams', () => {
  for (const set of ['records-scalar', 'records-complex', 'records-mixed', 'records-wide', 'records-long'])
    for (const vector of loadVectors(set).filter(({ encode }) => encode))
      test(`${set} ${vector.name}: each stream has the golden bytes`, () => {
        const columns = columnsOf(vector)
        const scatterer = createRecordScatterer(columns, { json: 'text' })
        const [first, second] = [new Stream(), new Stream()]
        const rows = rowsOf(vector)
        for (const [i, row] of rows.entries()) {
          first.add(scatterer, row, i)
          // More cells may follow; a row that does not fit leaves no trace.
          if (i > 0) second.add(scatterer, [...rows[i - 1]!, 'more'], i)
          assert.throws(() =>
            first.add(
              scatterer,
              columns.map(() => Symbol('no value')),
              i,
            ),
          )
        }
        if (rows.length > 0) second.add(scatterer, rows.at(-1)!, 0)
        for (const stream of [first, second])
          assert.equal(createHash('sha256').update(stream.end()).digest('hex'), vector.sha256)
      })
})
