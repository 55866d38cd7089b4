import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MockAgent } from 'undici'
import { TunnelProtocolError } from '../../lib/errors.js'
import type { RequestSpec } from '../../lib/http/request-spec.js'
import type { TunnelClient } from '../../lib/http/tunnel-client.js'
import {
  type Answer,
  createClient,
  createFakeClock,
  refuse,
  type ScriptedServer,
  startServer,
  text,
} from './scripted-server.js'

const get = (project = 'p'): RequestSpec => ({
  purpose: 'Testing',
  target: 'tunnel',
  method: 'GET',
  path: ['projects', project, 'tables', 't'],
  project,
  repeat: 'safe',
})

const ask = async (client: TunnelClient, project?: string): Promise<string> =>
  client.exchange(get(project), response => response.text())

const startTunnel = (t: Parameters<typeof startServer>[0]): Promise<ScriptedServer> =>
  startServer(t, [text('rows')])

test('the tunnel endpoint is asked for once per project, with quota and signature', async t => {
  const tunnel = await startTunnel(t)
  const service = await startServer(t, [text(` 127.0.0.1:${tunnel.port}\n`)])
  const client = createClient(t, service.url, { tunnelEndpoint: undefined, quotaName: 'q' })
  assert.deepEqual(await Promise.all([ask(client), ask(client), ask(client)]), ['rows', 'rows', 'rows'])
  assert.equal(await ask(client, 'other'), 'rows')
  assert.deepEqual(
    service.requests.map(({ path }) => path),
    ['/api/projects/p/tunnel', '/api/projects/other/tunnel'],
  )
  const [seen] = service.requests
  assert.deepEqual(Object.fromEntries(seen!.query), { service: '', quotaName: 'q', curr_project: 'p' })
  assert.ok(seen!.headers.authorization)
  assert.equal(seen!.headers['x-odps-tunnel-version'], undefined)
  assert.equal(tunnel.requests.length, 4)
})

test('it is asked for again after five minutes', async t => {
  const tunnel = await startTunnel(t)
  const service = await startServer(t, [text(`127.0.0.1:${tunnel.port}`)])
  const clock = createFakeClock()
  const client = createClient(t, service.url, { tunnelEndpoint: undefined, clock })
  await ask(client)
  clock.time += 5 * 60_000 - 1
  await ask(client)
  assert.equal(service.requests.length, 1)
  clock.time += 1
  await ask(client)
  assert.equal(service.requests.length, 2)
})

test('it is asked for again when it cannot be reached', async t => {
  const gone = await startTunnel(t)
  gone.server.close()
  const tunnel = await startTunnel(t)
  const service = await startServer(t, [text(`127.0.0.1:${gone.port}`), text(`127.0.0.1:${tunnel.port}`)])
  const client = createClient(t, service.url, { tunnelEndpoint: undefined })
  assert.equal(await ask(client), 'rows')
  assert.equal(service.requests.length, 2)
})

test('a scheme in the answer is taken', async t => {
  const tunnel = await startTunnel(t)
  const service = await startServer(t, [text(`http://127.0.0.1:${tunnel.port}/`)])
  assert.equal(await ask(createClient(t, service.url, { tunnelEndpoint: undefined })), 'rows')
})

test('an answer that names http does not take a request off https', async t => {
  const asked: string[] = []
  const dispatcher = new MockAgent()
  dispatcher.disableNetConnect()
  t.after(() => dispatcher.close())
  const reply =
    (origin: string, body: string): (() => string) =>
    () => {
      asked.push(origin)
      return body
    }
  const service = 'https://service.example'
  for (const [answer, tunnel] of [
    ['http://dt.example', 'https://dt.example'],
    ['http://dt.example:80', 'https://dt.example'],
    ['http://dt.example:8443', 'https://dt.example:8443'],
    ['https://dt.example', 'https://dt.example'],
    ['dt.example', 'https://dt.example'],
  ] as const) {
    asked.length = 0
    const path = /./
    dispatcher.get(service).intercept({ path }).reply(200, reply(service, answer))
    dispatcher.get(tunnel).intercept({ path }).reply(200, reply(tunnel, 'rows'))
    const client = createClient(t, service, { tunnelEndpoint: undefined, dispatcher })
    assert.equal(await ask(client), 'rows')
    assert.deepEqual(asked, [service, tunnel])
  }
})

describe('an answer that is no host is an error, and is not kept', () => {
  for (const bad of [
    '',
    '<html>',
    'a b',
    'host/path',
    'user:pass@host',
    'host?x',
    'ftp://host',
    'host:99999',
  ])
    test(JSON.stringify(bad), async t => {
      const tunnel = await startTunnel(t)
      const service = await startServer(t, [text(bad), text(`127.0.0.1:${tunnel.port}`)])
      const client = createClient(t, service.url, { tunnelEndpoint: undefined })
      await assert.rejects(
        ask(client),
        error => error instanceof TunnelProtocolError && error.code === 'ODPS_UNEXPECTED_ANSWER',
      )
      assert.equal(await ask(client), 'rows')
    })
})

test('an unknown project', async t => {
  const service = await startServer(t, [refuse(404, 'NoSuchObject')])
  await assert.rejects(ask(createClient(t, service.url, { tunnelEndpoint: undefined })), {
    code: 'ODPS_NO_SUCH_PROJECT',
    message: /^Finding the tunnel endpoint of project p: .*Check the option project/,
  })
})

describe('when several wait for the same answer', () => {
  const held = (): { answer: Answer; release: (body: string) => void; asked: Promise<void> } => {
    let release = (_: string): void => {}
    let tell = (): void => {}
    const asked = new Promise<void>(resolve => {
      tell = resolve
    })
    const answer: Answer = (_, response) => {
      release = body => response.end(body)
      tell()
    }
    return { answer, asked, release: body => release(body) }
  }

  test('one of them may give up', async t => {
    const tunnel = await startTunnel(t)
    const { answer, asked, release } = held()
    const service = await startServer(t, [answer])
    const client = createClient(t, service.url, { tunnelEndpoint: undefined })
    const abort = new AbortController()
    const first = client.request({ ...get(), signal: abort.signal })
    const second = ask(client)
    await asked
    abort.abort()
    await assert.rejects(first, { name: 'AbortError' })
    release(`127.0.0.1:${tunnel.port}`)
    assert.equal(await second, 'rows')
    assert.equal(service.requests.length, 1)
  })

  test('the question is dropped when all have given up, and asked anew', async t => {
    const tunnel = await startTunnel(t)
    const { answer, asked } = held()
    const service = await startServer(t, [answer, text(`127.0.0.1:${tunnel.port}`)])
    const client = createClient(t, service.url, { tunnelEndpoint: undefined })
    const abort = new AbortController()
    const first = client.request({ ...get(), signal: abort.signal })
    await asked
    abort.abort()
    await assert.rejects(first, { name: 'AbortError' })
    assert.equal(await ask(client), 'rows')
  })
})
