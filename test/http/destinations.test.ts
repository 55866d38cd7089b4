import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { MockAgent } from 'undici'
import { get } from './requests.js'
import { createClient } from './scripted-server.js'

test('signed requests that go unencrypted to another machine are told of once', async t => {
  const hosts: unknown[] = []
  const listen = (message: unknown): void => void hosts.push(message)
  subscribe('odps-tunnel:insecure', listen)
  t.after(() => unsubscribe('odps-tunnel:insecure', listen))
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.after(() => agent.close())
  const origins = ['http://tunnel.example', 'https://tunnel.example', 'http://127.0.0.9:1', 'http://[::1]:1']
  for (const origin of [...origins, 'http://localhost:1']) {
    agent.get(origin).intercept({ path: /.*/ }).reply(200, 'ok').times(2)
    const client = createClient(t, origin, { dispatcher: agent })
    for (let i = 0; i < 2; i++) await client.exchange(get, r => r.discard())
  }
  assert.deepEqual(hosts, [{ host: 'tunnel.example' }])
})
