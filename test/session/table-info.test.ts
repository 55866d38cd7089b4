import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { getTable, getTableInfo } from '../../lib/session/table-info.js'
import { createClient, startServer, text } from '../http/scripted-server.js'
import { startTableService } from './table-service.js'

const name = { project: 'p', schemaName: 's', table: 't' }

describe('getTable', () => {
  test('reads what the service tells', async t => {
    const service = await startTableService(t)
    const { schema, ...rest } = await getTableInfo(service.client, name)
    assert.deepEqual(rest, {
      name,
      type: 'MANAGED_TABLE',
      comment: 'a <comment>',
      owner: 'ALIYUN$someone',
      createdAt: new Date(1735787045_000),
      modifiedAt: new Date(1735787046_000),
      size: 4096,
      recordCount: 12,
      lifecycleDays: undefined,
      primaryKey: ['id'],
      properties: { transactional: 'true', 'acid.data.retain.hours': '24' },
    })
    assert.deepEqual(schema, {
      columns: [{ name: 'id', type: { kind: 'bigint' }, nullable: false }],
      partitionColumns: [
        { name: 'month', type: { kind: 'string' }, nullable: true },
        { name: 'region', type: { kind: 'string' }, nullable: true },
      ],
    })
    const [seen] = service.requests
    assert.equal(seen!.path, '/api/projects/p/tables/t')
    assert.equal(seen!.query.get('curr_schema'), 's')
  })

  test('unknown facts are undefined', async t => {
    const json = '{"columns":[],"size":-1,"recordNum":-1,"createTime":0}'
    const server = await startServer(t, [text(`<Table><Schema>${json}</Schema></Table>`)])
    const info = await getTable(createClient(t, server.url), name)
    const { size, recordCount, createdAt, type, owner, comment } = info
    assert.deepEqual([size, recordCount, createdAt, type, owner, comment], Array(6).fill(undefined))
  })

  test('no such table', async t => {
    const server = await startServer(t, [
      text(
        '<Error><Code>NoSuchObject</Code><Message>gone</Message><RequestId>R</RequestId><HostId>h</HostId></Error>',
        404,
      ),
    ])
    await assert.rejects(getTable(createClient(t, server.url), name), {
      code: 'ODPS_NO_SUCH_TABLE',
      message:
        /^Reading the description of p\.s\.t: gone \(NoSuchObject, HTTP 404, request R\)\. Check the names;/,
    })
  })

  for (const bad of [
    '',
    '{}',
    '<Project/>',
    '<Table/>',
    '<Table><Schema>{</Schema></Table>',
    '<Table><Schema>{}</Schema></Table>',
  ])
    test(`an answer that is no table: ${bad}`, async t => {
      const server = await startServer(t, [text(bad)])
      await assert.rejects(getTable(createClient(t, server.url), name), { code: 'ODPS_UNEXPECTED_ANSWER' })
      assert.equal(server.requests.length, 1)
    })
})
