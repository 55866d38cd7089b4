import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { listSchemas } from '../../lib/catalogue/list-schemas.js'
import { type ListedTable, listTables, tableExists } from '../../lib/catalogue/list-tables.js'
import { Tunnel } from '../../lib/tunnel.js'
import { type Answer, createClient, refuse, startServer, text } from '../http/scripted-server.js'
import { emulatedTable } from '../session/emulated-table.js'
import { collect } from './collect.js'

const namesOf = (tables: readonly ListedTable[]): string[] => tables.map(({ name }) => name.table)

const page = (marker: string, ...names: string[]): string => {
  const items = names.map(name => `<Table><Name>${name}</Name><Type>MANAGED_TABLE</Type></Table>`)
  return `<Tables><Marker>${marker}</Marker><MaxItems>2</MaxItems>${items.join('')}</Tables>`
}

describe('listTables', () => {
  /* The elements are those that PyODPS reads, the times those that it parses: RFC 822. */
  const document = `<?xml version="1.0"?><Tables><Marker/><MaxItems>1000</MaxItems>
    <Table><Name>a</Name><SchemaName>s</SchemaName><Owner>ALIYUN$someone</Owner><Type>MANAGED_TABLE</Type>
      <CreationTime>Thu, 02 Jan 2025 03:04:05 GMT</CreationTime></Table>
    <Table><Name>v</Name><Owner></Owner><Type>VIRTUAL_VIEW</Type><CreationTime>2025-01-02 03:04:05</CreationTime></Table>
    </Tables>`

  test('reads what the service says; a time without a zone is unknown', async t => {
    const server = await startServer(t, [text(document)])
    const connection = { client: createClient(t, server.url), project: 'p', schemaName: 's' }
    assert.deepEqual(await collect(listTables(connection, { prefix: '', owner: 'o' })), [
      {
        name: { project: 'p', schemaName: 's', table: 'a' },
        type: 'MANAGED_TABLE',
        owner: 'ALIYUN$someone',
        createdAt: new Date('2025-01-02T03:04:05Z'),
      },
      {
        name: { project: 'p', schemaName: 's', table: 'v' },
        ...{ type: 'VIRTUAL_VIEW', owner: undefined, createdAt: undefined },
      },
    ])
    const [{ path, query }] = server.requests as [(typeof server.requests)[0]]
    assert.equal(path, '/api/projects/p/tables')
    assert.deepEqual(Object.fromEntries(query), {
      ...{ expectmarker: 'true', owner: 'o', curr_schema: 's', curr_project: 'p' },
    })
  })

  test('asks page after page, and only for those that are read', async t => {
    const server = await startServer(t, [
      text(page('m1', 'a1', 'a2')),
      text(page('m2')),
      text(page('', 'a3')),
    ])
    const connection = { client: createClient(t, server.url), project: 'p' }
    for await (const { name } of listTables(connection, { prefix: 'a' })) if (name.table === 'a2') break
    assert.equal(server.requests.length, 1)
    server.requests.length = 0
    assert.deepEqual(namesOf(await collect(listTables(connection, { prefix: 'a' }))), ['a1', 'a2', 'a3'])
    const asked = server.requests.map(({ query }) => [query.get('name'), query.get('marker')])
    assert.deepEqual(asked, [
      ['a', null],
      ['a', 'm1'],
      ['a', 'm2'],
    ])
  })

  test('pages that shift list a table once', async t => {
    const server = await startServer(t, [text(page('m', 'a', 'b')), text(page('', 'B', 'a', 'c'))])
    const connection = { client: createClient(t, server.url), project: 'p' }
    assert.deepEqual(namesOf(await collect(listTables(connection))), ['a', 'b', 'c'])
  })

  test('a service that passes over the prefix', async t => {
    const server = await startServer(t, [text(page('', 'tmp_1', 'orders', 'TMP_2'))])
    const connection = { client: createClient(t, server.url), project: 'p' }
    assert.deepEqual(namesOf(await collect(listTables(connection, { prefix: 'Tmp_' }))), ['tmp_1', 'TMP_2'])
  })

  test('names of a hostile service are data', async t => {
    const names = ['../../q/tables/t', 't` (x); drop', '__proto__', 'a.b']
    const server = await startServer(t, [text(page('', ...names))])
    const client = createClient(t, server.url)
    const listed = await collect(listTables({ client, project: 'p' }))
    assert.deepEqual(namesOf(listed), names)
    const tunnel = new Tunnel({
      ...{ endpoint: `${server.url}/api`, credentials: { accessKeyId: 'a', accessKeySecret: 'b' } },
    })
    t.after(() => tunnel.close())
    for (const { name } of listed.filter(each => each.name.table !== '__proto__'))
      await assert.rejects(tunnel.dropTable(name), { code: 'ODPS_INVALID_TABLE_NAME' })
    assert.equal(server.requests.length, 1)
    const nameless = await startServer(t, [text('<Tables><Table><Owner>o</Owner></Table></Tables>')])
    await assert.rejects(
      collect(listTables({ client: createClient(t, nameless.url), project: 'p' })),
      /Listing the tables of p: .*a table without a name/,
    )
  })

  test('does not go round in circles', async t => {
    let pages = 0
    const fresh: Answer = (_, response) => response.end(page(`m${pages++}`, 'a'))
    for (const [answer, message] of [
      [text(page('m', 'a')), /repeats its page marker/],
      [fresh, /has no new table in 21 pages/],
    ] as const) {
      const server = await startServer(t, [answer])
      const listed = collect(listTables({ client: createClient(t, server.url), project: 'p' }))
      await assert.rejects(listed, { code: 'ODPS_UNEXPECTED_ANSWER', message })
    }
  })
})

test('listSchemas reads what the service says, each schema once', async t => {
  const item = (name: string): string =>
    `<Schema><Name>${name}</Name><Owner>o</Owner><Description>all &amp; more</Description><CreateTime>Thu, 02 Jan 2025 03:04:05 +0000</CreateTime></Schema>`
  const server = await startServer(t, [
    text(`<Schemas><Marker>m</Marker>${item('default')}${item('raw')}</Schemas>`),
    text(`<Schemas>${item('RAW')}<Schema><Name>x</Name></Schema></Schemas>`),
  ])
  const connection = { client: createClient(t, server.url), project: 'other', schemaName: 's' }
  const facts = { owner: 'o', comment: 'all & more', createdAt: new Date('2025-01-02T03:04:05Z') }
  assert.deepEqual(await collect(listSchemas(connection, { project: 'p' })), [
    { project: 'p', schemaName: 'default', ...facts },
    { project: 'p', schemaName: 'raw', ...facts },
    { project: 'p', schemaName: 'x', owner: undefined, comment: undefined, createdAt: undefined },
  ])
  assert.equal(server.requests[0]!.path, '/api/projects/p/schemas')
  assert.deepEqual(
    server.requests.map(({ query }) => query.get('marker')),
    [null, 'm'],
  )
})

describe('tableExists', () => {
  const ask = async (t: Parameters<typeof startServer>[0], answer: Answer): Promise<boolean> => {
    const server = await startServer(t, [answer])
    return tableExists({ client: createClient(t, server.url), project: 'p' }, 't')
  }

  test('is an answer only where the service gives one', async t => {
    assert.equal(await ask(t, text('<Table><Name>t</Name></Table>')), true)
    for (const code of ['NoSuchObject', 'NoSuchTable', 'ODPS-0130131'])
      assert.equal(await ask(t, refuse(404, code)), false, code)
    for (const [answer, code] of [
      [refuse(404, 'NoSuchProject'), 'ODPS_NO_SUCH_PROJECT'],
      [refuse(404, 'NoSuchSchema'), 'ODPS_NO_SUCH_SCHEMA'],
      [refuse(403, 'NoPermission'), 'ODPS_ACCESS_DENIED'],
      [text('<html>Not found</html>', 404), 'ODPS_SERVICE_ERROR'],
      [text('<html>Welcome</html>'), 'ODPS_UNEXPECTED_ANSWER'],
    ] as const)
      await assert.rejects(ask(t, answer), { code }, code)
  })
})

test('options are checked before any I/O', async t => {
  const { emulator, tunnel } = await emulatedTable(t)
  const before = emulator.requests.length
  assert.throws(() => tunnel.listTables({ prefx: 'a' } as object), { code: 'ODPS_UNKNOWN_OPTION' })
  assert.throws(() => tunnel.listTables({ project: '../q' }), { code: 'ODPS_INVALID_TABLE_NAME' })
  assert.throws(() => tunnel.listSchemas({ signal: {} as AbortSignal }), { code: 'ODPS_INVALID_OPTION' })
  assert.throws(() => tunnel.listPartitions('t', undefined, { retry: 1 } as object), {
    code: 'ODPS_UNKNOWN_OPTION',
  })
  await assert.rejects(tunnel.tableExists('a.b.c.d'), { code: 'ODPS_INVALID_TABLE_NAME' })
  await assert.rejects(tunnel.getTable({ project: 'p', table: 'a/b' }), { code: 'ODPS_INVALID_TABLE_NAME' })
  assert.equal(emulator.requests.length, before)
})
