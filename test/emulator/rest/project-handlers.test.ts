import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textAt } from '../../../lib/xml.js'
import { call, jsonOf, type Reply, withEmulator } from '../emulator-client.js'
import { get, refused, xmlOf } from '../rest-calls.js'

describe('the service', () => {
  test('discovery is a host and port without scheme or newline', () =>
    withEmulator(async emulator => {
      for (const query of ['service', 'service=true&quotaName=q&curr_project=p']) {
        const reply = await get(emulator, `/projects/p/tunnel?${query}`)
        assert.deepEqual([reply.status, reply.body.toString()], [200, `127.0.0.1:${emulator.port}`])
        assert.match(reply.headers['content-type'] ?? '', /text\/plain/)
      }
      refused(await get(emulator, '/projects/q/tunnel?service'), 404, 'NoSuchProject')
    }))

  test('project, tenant, hosts, logs, authorization', () =>
    withEmulator(async emulator => {
      const project = await get(emulator, '/projects/p?properties=all')
      assert.equal(textAt(xmlOf(project), 'Name'), 'p')
      assert.equal(textAt(xmlOf(project), 'State'), 'AVAILABLE')
      for (const name of ['x-odps-owner', 'x-odps-creation-time', 'last-modified'])
        assert.ok(project.headers[name])
      const missing = await get(emulator, '/projects/q')
      refused(missing, 404, 'NoSuchProject')
      assert.match(missing.body.toString(), /not found/)
      const { Tenant } = jsonOf(await get(emulator, '/tenants'))
      assert.equal((Tenant as Record<string, unknown>)['TenantState'], 'NORMAL')
      assert.equal((await get(emulator, '/logview/host')).status, 200)
      assert.equal((await get(emulator, '/webconsole/host')).status, 200)
      assert.equal(
        (await call(emulator.endpoint, 'PUT', '/projects/p/logs', { body: Buffer.from('{}') })).status,
        200,
      )
      const authorize = (query: string, body: string): Promise<Reply> =>
        call(emulator.endpoint, 'POST', `/projects/p/authorization${query}`, { body: Buffer.from(body) })
      for (const body of ['', '{"policy":{},"expires_in_hours":168}'])
        assert.ok(textAt(xmlOf(await authorize('?sign_bearer_token', body)), 'Result'))
      for (const body of [
        '{',
        '[]x',
        '{"expires_in_hours":"a"}',
        '{"expires_in_hours":-1}',
        '{"expires_in_hours":1e9}',
      ])
        refused(await authorize('?sign_bearer_token', body), 400, 'InvalidArgument')
      const ask = (query: string): Promise<Reply> =>
        authorize(
          '',
          `<Authorization><Query>${query}</Query><ResponseInJsonFormat>true</ResponseInJsonFormat></Authorization>`,
        )
      for (const query of ['whoami', 'WHOAMI;', ' whoami '])
        assert.deepEqual(JSON.parse(textAt(xmlOf(await ask(query)), 'Result') ?? ''), {
          DisplayName: 'ALIYUN$emulator',
          ID: '1',
          ProjectName: 'p',
        })
      const grants = await ask('show grants')
      refused(grants, 400, 'InvalidArgument')
      assert.match(grants.body.toString(), /the emulator does not have the security statement 'show grants'/)
      for (const body of ['', '<Authorization/>', '<Query>whoami</Query>'])
        refused(await authorize('', body), 400, 'MalformedXML')
    }))
})
