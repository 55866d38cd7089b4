import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { TunnelServiceError } from '../../lib/errors.js'
import { createCredentialsProvider } from '../../lib/http/credentials.js'
import { failure, get } from './requests.js'
import { createClient, createFakeClock, json, startServer } from './scripted-server.js'

test('a code and a request id of a refusal are short, and without what the request was signed with', async t => {
  const token = 'planted-token'
  const body = { Code: `Odd ${token}`, Message: 'no', RequestId: `${token} ${'x'.repeat(5_000)}` }
  const server = await startServer(t, [json(body, 400, { 'x-odps-request-id': '' })])
  const credentials = createCredentialsProvider({ bearerToken: token }, createFakeClock())
  const headerless = await startServer(t, [
    (_, response) => {
      response.writeHead(400).end(JSON.stringify(body))
    },
  ])
  for (const { url } of [server, headerless]) {
    const error = await failure(createClient(t, url, { credentials }).request(get))
    assert.ok(error.message.length < 500, error.message)
    assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(token))
  }
})

test('the version of a schema that has changed is told, however its header is spelled', async t => {
  const latest = 'odps-tunnel-latest-schema-version'
  for (const headers of [{ [latest]: '7' }, { [`x-${latest}`]: '7' }, {}]) {
    const server = await startServer(t, [json({ Code: 'SchemaModified', Message: 'no' }, 412, headers)])
    const error = await failure(createClient(t, server.url).request(get))
    assert.ok(error instanceof TunnelServiceError)
    const expected = Object.keys(headers).length > 0 ? '7' : undefined
    assert.deepEqual([error.code, error.latestSchemaVersion], ['ODPS_SCHEMA_CHANGED', expected])
  }
})
