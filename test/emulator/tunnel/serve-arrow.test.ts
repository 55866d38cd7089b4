import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnOf } from '../../../lib/arrow/columns/column.js'
import { BatchReader } from '../../../lib/arrow/tunnel/batch-reader.js'
import { type WireBatch, WireTypes } from '../../../lib/arrow/tunnel/wire-types.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { arrowVectors, physicalOf, plainValue } from '../../arrow/tunnel/arrow-vectors.js'
import { columnsOf, loadVectors, type RecordVector, streamOf } from '../../codec/golden-vectors.js'
import { isServed, put, suiteEmulator } from '../arrow-calls.js'

const batchesIn = (vector: Pick<RecordVector, 'schema'>, body: Buffer): WireBatch[] => {
  const reader = new BatchReader(new WireTypes(columnsOf(vector as RecordVector)))
  const batches: WireBatch[] = []
  reader.push(body, batches)
  reader.end(batches)
  return batches
}

const arrowRows = (vector: Pick<RecordVector, 'schema'>, body: Buffer): unknown[][] =>
  batchesIn(vector, body).flatMap(({ length, columns }) => {
    const read = columns.map(data => columnOf(data, () => []))
    return Array.from({ length }, (_, row) => read.map(column => plainValue(column.at(row))))
  })

/** The cells of a vector as Arrow holds them, CHAR with its blanks. */
const expectedArrow = (vector: RecordVector): unknown[][] => {
  const types = vector.schema.map(({ type }) => parseDataType(type))
  return vector.rows!.map(row =>
    row.map((cell, i) => {
      const type = types[i]!
      if (type.kind !== 'char' || typeof cell !== 'string') return physicalOf(cell, type)
      return physicalOf(cell + ' '.repeat(type.length - [...cell].length), type)
    }),
  )
}

describe('a table of the emulator in Arrow', () => {
  const createTable = suiteEmulator()
  const sets = ['records-scalar', 'records-complex', 'records-mixed']
  const vectors = sets.flatMap(set => loadVectors(set)).filter(isServed)
  test('there are many', () => assert.ok(vectors.length > 60, String(vectors.length)))

  for (const vector of vectors)
    test(`${vector.name}: records of PyODPS go out in Arrow`, async () => {
      const calls = await createTable(vector.schema)
      const { status, body } = await put(calls, '', streamOf(vector)!)
      assert.equal(status, 200, body.toString())
      const reply = await calls.download('&arrow=')
      assert.equal(reply.status, 200)
      assert.deepEqual(arrowRows(vector, reply.body), expectedArrow(vector))
    })

  const [pair] = arrowVectors('streams').filter(({ name }) => name === 'empty-between')
  test('a range and columns in the order asked, of two blocks', async () => {
    const calls = await createTable(pair!.schema)
    const uploadId = await calls.createUpload()
    for (const [blockId, query] of ['&arrow=', '&arrow'].entries()) {
      const reply = await calls.send('PUT', `uploadid=${uploadId}&blockid=${blockId}${query}`, {
        body: streamOf(pair!)!,
      })
      assert.equal(reply.status, 200)
    }
    assert.equal((await calls.commit(uploadId)).status, 200)
    const downloadId = await calls.createDownload()
    const reply = await calls.read(downloadId, '(3,4)', '&arrow=&columns=v,id')
    const all = [...expectedArrow(pair!), ...expectedArrow(pair!)]
    assert.deepEqual(
      arrowRows({ schema: [pair!.schema[1]!, pair!.schema[0]!] }, reply.body),
      all.slice(3, 7).map(([id, v]) => [v, id]),
    )
    assert.equal((await calls.read(downloadId, '(11,1)', '&arrow=')).status, 400)
  })

  test('an empty table is a stream without batches, and an empty body is a block without rows, in Arrow only', async () => {
    const calls = await createTable(pair!.schema)
    assert.equal((await calls.download('&arrow=')).body.toString('hex'), '0001000000000000')
    for (const body of [Buffer.alloc(0), Buffer.alloc(4), Buffer.from('0001000000000000', 'hex')])
      assert.equal((await put(calls, '&arrow=', body)).status, 200)
    assert.equal((await put(calls, '', Buffer.alloc(0))).status, 400)
  })
})
