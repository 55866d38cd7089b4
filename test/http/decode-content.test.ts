import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { RequestSpec } from '../../lib/http/request-spec.js'
import { type Answer, createClient, startServer } from './scripted-server.js'

const get: RequestSpec = {
  ...{ purpose: 'Testing', target: 'service', method: 'GET', path: ['projects', 'p'] },
  ...{ project: 'p', repeat: 'safe' },
}

const encodings: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['identity', Buffer.from],
]

const send =
  (body: Buffer, encoding: string, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-encoding': encoding, 'content-type': 'application/json' })
    response.end(body)
  }

describe('an answer that a proxy has compressed', () => {
  const value = { text: 'x'.repeat(100_000) }
  for (const [encoding, compress] of encodings)
    test(`${encoding}, by ${compress.name}`, async t => {
      const good = await startServer(t, [send(compress(JSON.stringify(value)), encoding)])
      const client = createClient(t, good.url)
      assert.deepEqual(await client.exchange(get, response => response.json()), value)
      const xml = '<Error><Code>NoSuchTable</Code><Message>gone</Message></Error>'
      const bad = await startServer(t, [send(compress(xml), encoding, 404)])
      await assert.rejects(createClient(t, bad.url).request(get), {
        ...{ code: 'ODPS_NO_SUCH_TABLE', serviceCode: 'NoSuchTable' },
        message: /gone/,
      })
    })

  test('that is damaged, or no such thing', async t => {
    const whole = gzipSync(JSON.stringify(value))
    for (const body of [whole.subarray(0, -20), Buffer.from('{"token":"t"}')]) {
      const server = await startServer(t, [send(body, 'gzip')])
      await assert.rejects(
        createClient(t, server.url).exchange(get, response => response.json()),
        { code: 'ODPS_UNEXPECTED_ANSWER', message: /isn't gzip, as its header says/ },
      )
      assert.equal(server.requests.length, 1)
    }
  })

  test('that is cut is asked for again', async t => {
    const body = gzipSync(JSON.stringify(value))
    const cut: Answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length })
      response.write(body.subarray(0, 20), () => response.destroy())
    }
    const server = await startServer(t, [cut, send(body, 'gzip')])
    assert.deepEqual(await createClient(t, server.url).exchange(get, response => response.json()), value)
    assert.equal(server.requests.length, 2)
  })
})

test("an answer that isn't JSON is quoted nowhere", async t => {
  const token = 'secret-token-in-an-answer'
  for (const body of [token, `{"token": ${token}}`, `["${token}`]) {
    const server = await startServer(t, [send(Buffer.from(body), 'identity')])
    const error = await createClient(t, server.url)
      .exchange(get, response => response.json())
      .catch((error: Error) => error)
    assert.ok(error instanceof Error)
    assert.match(error.message, /isn't JSON/)
    for (let at: unknown = error; at instanceof Error; at = at.cause)
      assert.ok(!`${at.message}\n${at.stack}`.includes('secret'), at.message)
  }
})

test('a redirect by the service itself has a hint', async t => {
  const answer = send(Buffer.from('{"Code":"SlotReassigned","Message":"moved"}'), 'identity', 308)
  const server = await startServer(t, [answer])
  await assert.rejects(createClient(t, server.url).request(get), {
    message: /moved \(SlotReassigned, HTTP 308\).* Try again, with a new session/,
  })
  for (const status of [302, 308]) {
    const silent = await startServer(t, [send(Buffer.from(''), 'identity', status)])
    await assert.rejects(createClient(t, silent.url).request(get), {
      message: /redirects without a location.*Check the endpoint/,
    })
  }
})
