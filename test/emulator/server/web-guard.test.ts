import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readXml, textAt } from '../../../lib/xml.js'
import { call, jsonOf, withEmulator } from '../emulator-client.js'

const sql =
  '<Instance><Job><Tasks><SQL><Name>x</Name><Query>drop table t</Query></SQL></Tasks></Job></Instance>'

describe('an emulator that checks no credentials', () => {
  const foreign: [string, Record<string, string>][] = [
    ['a page elsewhere', { Origin: 'https://evil.example' }],
    ['a page of this machine, but of another port', { Origin: 'http://127.0.0.1:1' }],
    ['a page without an origin of its own', { Origin: 'null' }],
    ['a form of an old browser', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a page of a neighbouring site', { 'Sec-Fetch-Site': 'same-site' }],
    ['a name that points here', { Host: 'evil.example' }],
    ['a name that points here, with port', { Host: 'evil.example:9000', Origin: 'http://evil.example:9000' }],
    ['a name that looks local', { Host: 'localhost.evil.example' }],
    ['a name with a dot at its end', { Host: 'evil.example.' }],
  ]
  for (const [what, headers] of foreign)
    test(`is not driven by ${what}`, () =>
      withEmulator(async emulator => {
        await emulator.createTable({ name: 't', columns: { a: 'bigint' } })
        const body = Buffer.from(sql)
        const post = { body, headers: { 'Content-Type': 'text/plain', ...headers } }
        const reply = await call(emulator.endpoint, 'POST', '/projects/p/instances', post)
        const error = readXml(reply.body.toString())
        assert.deepEqual([reply.status, textAt(error, 'Code')], [403, 'NoPermission'])
        assert.match(textAt(error, 'Message') ?? '', /start it with credentials/)
        const path = '/projects/p/tables/t?uploads'
        const tunnel = await call(emulator.tunnelEndpoint, 'POST', path, { headers })
        assert.deepEqual([tunnel.status, jsonOf(tunnel)['Code']], [403, 'NoPermission'])
        assert.equal(reply.headers['access-control-allow-origin'], undefined)
        const preflight = { 'Access-Control-Request-Method': 'PUT', ...headers }
        const options = await call(emulator.tunnelEndpoint, 'OPTIONS', path, { headers: preflight })
        assert.deepEqual([options.status, options.headers['access-control-allow-origin']], [403, undefined])
        assert.equal(emulator.rowCount('t'), 0)
        assert.equal(emulator.requests.length, 0)
      }))

  const own = [
    {},
    { Host: 'localhost:9000' },
    { Host: 'LOCALHOST' },
    { Host: '[::1]:80' },
    { Host: '192.168.1.5:8080' },
    { Host: 'odps' },
    { Host: 'host.docker.internal:80' },
    { Host: 'odps.ci.svc.cluster.local' },
    { Host: 'localhost:9000', Origin: 'http://localhost:9000', 'Sec-Fetch-Site': 'same-origin' },
  ] as Record<string, string>[]
  for (const headers of own)
    test(`answers ${JSON.stringify(headers)}`, () =>
      withEmulator(async emulator => {
        assert.equal((await call(emulator.endpoint, 'GET', '/projects/p', { headers })).status, 200)
      }))
})

test('with credentials the signature decides', () =>
  withEmulator(
    async emulator => {
      const headers = { Host: 'proxy.example', Origin: 'https://a.example', 'x-odps-bearer-token': 'b' }
      assert.equal((await call(emulator.endpoint, 'GET', '/projects/p', { headers })).status, 200)
    },
    { credentials: { bearerToken: 'b' } },
  ))
