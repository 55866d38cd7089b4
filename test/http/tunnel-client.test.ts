import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient, json, startServer } from './scripted-server.js'

test('a tunnel request carries what the protocol asks for, signed', async t => {
  const server = await startServer(t, [json({ ok: true })])
  const client = createClient(t, server.url, { quotaName: 'q 1', tags: ['a', 'b'] })
  const response = await client.request({
    purpose: 'Testing',
    target: 'tunnel',
    method: 'POST',
    path: ['projects', 'p', 'tables', 'größe+1'],
    project: 'p',
    query: { uploads: '', partition: 'a=1,b=x y' },
    repeat: 'create',
  })
  assert.deepEqual(await response.json(), { ok: true })
  assert.equal(response.requestId, 'R1')
  const [seen] = server.requests
  assert.equal(seen!.path, '/projects/p/tables/größe+1')
  assert.deepEqual(Object.fromEntries(seen!.query), {
    uploads: '',
    partition: 'a=1,b=x y',
    quotaName: 'q 1',
    curr_project: 'p',
  })
  const { headers } = seen!
  assert.equal(headers['x-odps-tunnel-version'], '6')
  assert.equal(headers['odps-tunnel-date-transform'], 'v1')
  assert.equal(headers['odps-tunnel-sdk-support-schema-evolution'], 'true')
  assert.equal(headers['odps-tunnel-tags'], 'a,b')
  assert.equal(headers['accept-encoding'], 'identity')
  assert.equal(headers['content-length'], '0')
  assert.equal(headers['content-type'], undefined)
  assert.equal(headers.date, 'Thu, 02 Jan 2025 03:04:05 GMT')
  assert.match(headers.authorization!, /^ODPS test-id:[\w+/]{27}=$/)
})
