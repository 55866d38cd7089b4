import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelError, TunnelOptionError } from '../../lib/errors.js'
import { Tunnel, type TunnelOptions } from '../../lib/index.js'
import { json, refuse, type ScriptedServer, startServer } from '../http/scripted-server.js'
import { downloadJson, uploadJson } from '../session/table-service.js'

const nasty = [
  't?uploads&overwrite=true',
  't#x',
  't/../u',
  '../u',
  '..',
  't%2fu',
  't%00',
  't\r\nX-Injected: 1',
  't\nX: 1',
  't\0',
  't;x',
  't&x=1',
  't=1',
  't u',
  '表',
  '__proto__',
  'constructor',
]

const connect = (server: ScriptedServer, options: TunnelOptions = {}): Tunnel =>
  new Tunnel({
    endpoint: `${server.url}/api`,
    tunnelEndpoint: server.url,
    project: 'p',
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
    retry: { attempts: 1 },
    ...options,
  })

/** Of the path as it was sent; a name is one segment of it, whatever is in it. */
const segmentsOf = (path: string): string[] => path.split('/').slice(1).map(decodeURIComponent)

describe('names reach the service as names, or are refused', () => {
  const places: Readonly<
    Record<string, (tunnel: (options?: TunnelOptions) => Tunnel, name: string) => unknown>
  > = {
    table: (tunnel, name) => tunnel().createUploadSession({ table: name }),
    schemaName: (tunnel, name) => tunnel({ schemaName: name }).createUploadSession({ table: 't' }),
    project: (tunnel, name) => tunnel({ project: name }).createUploadSession({ table: 't' }),
    'partition value': (tunnel, name) =>
      tunnel().createUploadSession({ table: 't', partitionSpec: { pt: name } }),
    'partition column': (tunnel, name) =>
      tunnel().createUploadSession({ table: 't', partitionSpec: { [name]: '1' } }),
    'session id': (tunnel, name) => tunnel().openUploadSession({ table: 't', sessionId: name }),
    quota: (tunnel, name) => tunnel({ quotaName: name }).createUploadSession({ table: 't' }),
    'user agent': (tunnel, name) => tunnel({ userAgent: name }).createUploadSession({ table: 't' }),
    tag: (tunnel, name) => tunnel({ tags: [name] }).createUploadSession({ table: 't' }),
  }
  for (const [place, open] of Object.entries(places))
    test(`in place of the ${place}`, async t => {
      const server = await startServer(t, [json(uploadJson('normal', new Map()))])
      const urls: string[] = []
      server.server.on('request', ({ url }) => urls.push(url ?? ''))
      for (const name of nasty) {
        const before = server.requests.length
        const tunnel = (options?: TunnelOptions): Tunnel => {
          const made = connect(server, options)
          t.after(() => made.close())
          return made
        }
        try {
          await open(tunnel, name)
        } catch (error) {
          assert.ok(error instanceof TunnelOptionError, `${JSON.stringify(name)}: ${error}`)
          assert.equal(server.requests.length, before, 'it was refused after a request')
          continue
        }
        const { query, headers } = server.requests.at(-1)!
        const [path = ''] = urls.at(-1)!.split('?')
        const shown = JSON.stringify(name)
        const names = ['tables', 'schemas', 'projects']
        const odd = segmentsOf(path).filter(
          part => !names.includes(part) && (part.startsWith('.') || !['p', 't', name].includes(part)),
        )
        assert.deepEqual(odd, [], `${shown} became ${path}`)
        assert.equal(headers['x-injected'], undefined, shown)
        const known = ['uploads', 'uploadid', 'curr_project', 'partition', 'quotaName']
        assert.deepEqual(
          [...query.keys()].filter(key => !known.includes(key)),
          [],
          shown,
        )
      }
    })

  test('in place of a column', async t => {
    const answer = downloadJson(3)
    const columns = [...nasty, 'a,b'].map((name, i) => ({ column_id: String(i), name, type: 'bigint' }))
    const schema = { columns, partitionKeys: [] }
    const description = refuse(403, 'AccessDenied')
    const created = json({ ...answer, Schema: schema })
    const server = await startServer(t, [description, created, refuse(404, 'NoSuchTable')])
    const tunnel = connect(server)
    t.after(() => tunnel.close())
    const session = await tunnel.createDownloadSession({ table: 't' })
    for (const name of nasty) {
      await assert.rejects(session.download(0, 1, { columns: [name] }), { code: 'ODPS_NO_SUCH_TABLE' })
      assert.equal(server.requests.at(-1)?.query.get('columns'), name)
    }
    const count = server.requests.length
    await assert.rejects(session.download(0, 1, { columns: ['a,b'] }), { code: 'ODPS_INVALID_COLUMNS' })
    assert.equal(server.requests.length, count)
  })
})

describe('redirects', () => {
  for (const status of [301, 302, 303, 307, 308])
    test(`${status} are not followed, so that credentials go nowhere else`, async t => {
      const trap = await startServer(t, [json({})])
      const server = await startServer(t, [
        refuse(status, '', { location: `${trap.url}/projects/p/tables/t` }),
      ])
      for (const credentials of [
        { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' },
        { bearerToken: 'bearer' },
      ]) {
        const tunnel = connect(server, { credentials })
        t.after(() => tunnel.close())
        await assert.rejects(tunnel.createUploadSession({ table: 't' }), error => {
          assert.ok(error instanceof TunnelError)
          assert.match(error.message, new RegExp(`redirects to ${trap.url}; redirects are not followed`))
          return true
        })
      }
      assert.deepEqual(trap.requests, [])
    })
})
