import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRecordDecoder } from '../../../lib/codec/rows/record-decoder.js'
import { arrowVectors } from '../../arrow/tunnel/arrow-vectors.js'
import { columnsOf, loadVectors, type RecordVector, rowsOf, streamOf } from '../../codec/golden-vectors.js'
import { put, suiteEmulator } from '../arrow-calls.js'
import { jsonOf, type TableCalls } from '../emulator-client.js'

const recordRows = async (calls: TableCalls, vector: RecordVector): Promise<unknown[]> => {
  const { status, body } = await calls.download()
  assert.equal(status, 200)
  const decoder = createRecordDecoder(columnsOf(vector), { json: 'text' })
  const rows: unknown[] = []
  decoder.push(body, rows)
  decoder.end()
  return rows
}

/** CHAR is padded when it is read, in both formats. */
const isPadded = ({ type }: { readonly type: string }): boolean => type.startsWith('char')

interface Compressed extends RecordVector {
  readonly compressed: Readonly<Record<string, { readonly hex?: string; readonly base64?: string }>>
}

describe('a table of the emulator in Arrow', () => {
  const createTable = suiteEmulator()
  for (const vector of arrowVectors('streams').filter(({ schema }) => !schema.some(isPadded)))
    test(`${vector.name}: what PyODPS wrote is read as records`, async () => {
      const calls = await createTable(vector.schema)
      const { status, body } = await put(calls, '&arrow=', streamOf(vector)!)
      assert.equal(status, 200, body.toString())
      assert.deepEqual(await recordRows(calls, vector), rowsOf(vector))
    })

  for (const vector of arrowVectors('malformed'))
    test(`${vector.name}: ${vector.expect === 'rows' ? 'is stored' : 'is refused and leaves nothing'}`, async () => {
      const calls = await createTable(vector.schema)
      const reply = await put(calls, '&arrow=', streamOf(vector)!)
      if (vector.expect === 'rows') {
        assert.equal(reply.status, 200)
        assert.deepEqual(await recordRows(calls, vector), rowsOf(vector))
        return
      }
      assert.equal(reply.status, 400)
      const code = String(jsonOf(reply)['Code'])
      assert.match(code, /^(Corrupted|Malformed)DataStream$/)
      assert.deepEqual(await recordRows(calls, vector), [])
    })

  for (const vector of loadVectors<Compressed>('arrow-compression'))
    for (const [encoding, { hex, base64 }] of Object.entries(vector.compressed))
      test(`${vector.name} in ${encoding}, both ways`, async () => {
        const calls = await createTable(vector.schema)
        const body = hex ? Buffer.from(hex, 'hex') : Buffer.from(base64!, 'base64')
        const { status } = await put(calls, '&arrow=', body, { 'Content-Encoding': encoding })
        assert.equal(status, 200)
        const reply = await calls.download('&arrow=', { 'Accept-Encoding': encoding })
        assert.equal(reply.headers['content-encoding'], encoding)
        assert.equal((await calls.download('&arrow=')).headers['content-encoding'], undefined)
      })

  test('a MAP with a key twice, and NULL in a column that takes none, are refused', async () => {
    const vector = arrowVectors('streams').find(({ name }) => name === 'one-bigint')!
    const calls = await createTable([{ name: 'c', type: 'bigint', nullable: false }])
    const reply = await put(calls, '&arrow=', streamOf(vector)!)
    assert.equal(`${reply.status} ${jsonOf(reply)['Code']}`, '400 MalformedDataStream')
  })
})
