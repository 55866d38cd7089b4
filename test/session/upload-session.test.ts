import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUploadSession } from '../../lib/session/upload-session.js'
import { blockOf, startTableService, table } from './table-service.js'

test('create, put, commit', async t => {
  const service = await startTableService(t)
  const session = await createUploadSession(service.client, { table, overwrite: true })
  assert.equal(session.sessionId, 'U1')
  assert.equal(session.maxFieldBytes, 1024)
  assert.deepEqual(
    session.schema.columns.map(({ name }) => name),
    ['id', 'name'],
  )
  assert.deepEqual(await session.putBlock(0, blockOf(3)), { blockId: 0, rows: 3, rawBytes: 3, wireBytes: 3 })
  const result = await session.commit()
  assert.deepEqual(result, { sessionId: 'U1', blockIds: [0], blocks: 1, rows: 3 })
  assert.equal(session.status, 'closed')
  assert.deepEqual(service.steps(), ['create', 'put', 'load', 'commit'])
  const [create, put] = service.requests
  assert.equal(create!.query.get('overwrite'), 'true')
  assert.equal(create!.path, '/projects/p/tables/t')
  assert.equal(put!.headers['transfer-encoding'], 'chunked')
  assert.equal(put!.headers['content-type'], 'application/octet-stream')
  assert.equal(put!.headers['content-encoding'], undefined)
})
