import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnOf } from '../../lib/arrow/columns/column.js'
import { BatchReader } from '../../lib/arrow/tunnel/batch-reader.js'
import { type WireBatch, WireTypes } from '../../lib/arrow/tunnel/wire-types.js'
import { createRecordDecoder } from '../../lib/codec/rows/record-decoder.js'
import type { Emulator } from '../../lib/emulator/index.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { arrowVectors, physicalOf, plainValue } from '../arrow/tunnel/arrow-vectors.js'
import { columnsOf, loadVectors, type RecordVector, rowsOf, streamOf } from '../codec/golden-vectors.js'
import { jsonOf, type Reply, TableCalls, withEmulator } from './emulator-client.js'

/*
 * Both formats of one table, with bytes that PyODPS wrote: what comes in through one goes out through the other. The rows
 * expected are those that stand in the vectors.
 */

const createTable = (emulator: Emulator, vector: RecordVector): Promise<void> =>
  emulator.createTable({ name: 't', columns: vector.schema.map(column => ({ ...column })) })

const put = async (calls: TableCalls, query: string, body: Buffer, headers = {}): Promise<Reply> => {
  const uploadId = await calls.createUpload()
  const reply = await calls.send('PUT', `uploadid=${uploadId}&blockid=0${query}`, { body, headers })
  if (reply.status === 200) assert.equal((await calls.commit(uploadId)).status, 200)
  return reply
}

const recordRows = async (calls: TableCalls, vector: RecordVector): Promise<unknown[]> => {
  const { status, body } = await calls.download()
  assert.equal(status, 200)
  const decoder = createRecordDecoder(columnsOf(vector), { json: 'text' })
  const rows: unknown[] = []
  decoder.push(body, rows)
  decoder.end()
  return rows
}

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

/** CHAR is padded when it is read, in both formats. */
const isPadded = ({ type }: { readonly type: string }): boolean => type.startsWith('char')

interface Compressed extends RecordVector {
  readonly compressed: Readonly<Record<string, { readonly hex?: string; readonly base64?: string }>>
}

const hasFarTimes = (cell: unknown): boolean => {
  if (typeof cell !== 'object' || cell === null) return false
  const { seconds, iso } = cell as { seconds?: number; iso?: string }
  if (typeof seconds === 'number' && iso !== undefined) return Math.abs(seconds) > 9_223_372_035
  return Object.values(cell).some(hasFarTimes)
}

/** Times beyond 64 bits of nanoseconds have no form; and text that isn't UTF-8 stands elsewhere. */
function isServed(vector: RecordVector): boolean {
  return (
    vector.rows !== undefined &&
    !JSON.stringify(vector.rows).includes('bytesHex') &&
    !hasFarTimes(vector.rows)
  )
}

describe('a table of the emulator in Arrow', () => {
  for (const vector of arrowVectors('streams').filter(({ schema }) => !schema.some(isPadded)))
    test(`${vector.name}: what PyODPS wrote is read as records`, () =>
      withEmulator(async emulator => {
        await createTable(emulator, vector)
        const calls = new TableCalls(emulator)
        const { status, body } = await put(calls, '&arrow=', streamOf(vector)!)
        assert.equal(status, 200, body.toString())
        assert.deepEqual(await recordRows(calls, vector), rowsOf(vector))
      }))

  const sets = ['records-scalar', 'records-complex', 'records-mixed']
  const vectors = sets.flatMap(set => loadVectors(set)).filter(isServed)
  test('there are many', () => assert.ok(vectors.length > 60, String(vectors.length)))
  for (const vector of vectors)
    test(`${vector.name}: records of PyODPS go out in Arrow`, () =>
      withEmulator(async emulator => {
        await createTable(emulator, vector)
        const calls = new TableCalls(emulator)
        const { status, body } = await put(calls, '', streamOf(vector)!)
        assert.equal(status, 200, body.toString())
        const reply = await calls.download('&arrow=')
        assert.equal(reply.status, 200)
        assert.deepEqual(arrowRows(vector, reply.body), expectedArrow(vector))
      }))

  for (const vector of arrowVectors('malformed'))
    test(`${vector.name}: ${vector.expect === 'rows' ? 'is stored' : 'is refused and leaves nothing'}`, () =>
      withEmulator(async emulator => {
        await createTable(emulator, vector)
        const calls = new TableCalls(emulator)
        const reply = await put(calls, '&arrow=', streamOf(vector)!)
        if (vector.expect === 'rows') {
          assert.equal(reply.status, 200)
          assert.deepEqual(await recordRows(calls, vector), rowsOf(vector))
          return
        }
        assert.equal(reply.status, 400)
        const code = String(jsonOf(reply)['Code'])
        assert.match(code, /^(Corrupted|Malformed)DataStream$/)
      }))

  for (const vector of loadVectors<Compressed>('arrow-compression'))
    for (const [encoding, { hex, base64 }] of Object.entries(vector.compressed))
      test(`${vector.name} in ${encoding}, both ways`, () =>
        withEmulator(async emulator => {
          await createTable(emulator, vector)
          const calls = new TableCalls(emulator)
          const body = hex ? Buffer.from(hex, 'hex') : Buffer.from(base64!, 'base64')
          const { status } = await put(calls, '&arrow=', body, { 'Content-Encoding': encoding })
          assert.equal(status, 200)
          const reply = await calls.download('&arrow=', { 'Accept-Encoding': encoding })
          assert.equal(reply.headers['content-encoding'], encoding)
          assert.equal((await calls.download('&arrow=')).headers['content-encoding'], undefined)
        }))

  const [pair] = arrowVectors('streams').filter(({ name }) => name === 'empty-between')
  test('a range and columns in the order asked, of two blocks', () =>
    withEmulator(async emulator => {
      await createTable(emulator, pair!)
      const calls = new TableCalls(emulator)
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
    }))

  test('an empty table is a stream without batches, and an empty body is a block without rows, in Arrow only', () =>
    withEmulator(async emulator => {
      await createTable(emulator, pair!)
      const calls = new TableCalls(emulator)
      assert.equal((await calls.download('&arrow=')).body.toString('hex'), '0001000000000000')
      for (const body of [Buffer.alloc(0), Buffer.alloc(4), Buffer.from('0001000000000000', 'hex')])
        assert.equal((await put(calls, '&arrow=', body)).status, 200)
      assert.equal((await put(calls, '', Buffer.alloc(0))).status, 400)
    }))

  test('a MAP with a key twice, and NULL in a column that takes none, are refused', () =>
    withEmulator(async emulator => {
      const vector = arrowVectors('streams').find(({ name }) => name === 'one-bigint')!
      await emulator.createTable({ name: 't', columns: [{ name: 'c', type: 'bigint', nullable: false }] })
      const reply = await put(new TableCalls(emulator), '&arrow=', streamOf(vector)!)
      assert.equal(`${reply.status} ${jsonOf(reply)['Code']}`, '400 MalformedDataStream')
    }))
})
