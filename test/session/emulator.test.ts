import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createDownloadSession, openDownloadSession } from '../../lib/download/open-download-session.js'
import type { EmulatorCredentials, EmulatorOptions, FaultRule } from '../../lib/emulator/index.js'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { createCredentialsProvider } from '../../lib/http/credentials.js'
import type { ClientOptions, TunnelClient } from '../../lib/http/tunnel-client.js'
import type { PartitionSpec } from '../../lib/schema/partition-spec.js'
import type { TableName } from '../../lib/schema/table-name.js'
import { listPartitions } from '../../lib/session/partitions.js'
import { getTable } from '../../lib/session/table-info.js'
import { TableResource } from '../../lib/session/table-resource.js'
import { createUploadSession, openUploadSession } from '../../lib/upload/upload-session.js'
import { createClient, createFakeClock } from '../http/scripted-server.js'

interface Setup {
  readonly emulator: Emulator
  readonly client: TunnelClient
}

const start = async (
  t: TestContext,
  options: EmulatorOptions = {},
  clientOptions: Partial<ClientOptions> = {},
): Promise<Setup> => {
  const clock = createFakeClock()
  const emulator = await startEmulator({ projects: ['p'], clock: clock.now, ...options })
  t.after(() => emulator.close())
  await emulator.createTable({ name: 'plain', columns: { id: 'bigint', name: 'string' } })
  const client = createClient(t, emulator.tunnelEndpoint, {
    tunnelEndpoint: undefined,
    clock,
    ...clientOptions,
  })
  return { emulator, client }
}

/** What a resource is made of, where there is no client yet. */
interface Named {
  readonly name: TableName
  readonly partition?: PartitionSpec
}

const at = (client: TunnelClient, { name, partition }: Named): TableResource =>
  new TableResource(client, name, { partition })

const plain: Named = { name: { project: 'p', table: 'plain' } }
const rowsOf = (from: number, to: number): [bigint, string][] =>
  Array.from({ length: to - from }, (_, i) => [BigInt(from + i), `row ${from + i}`])

const uploadAll = async (client: TunnelClient, table: Named, rows: readonly unknown[]): Promise<void> => {
  const session = await createUploadSession(at(client, table))
  await session.upload(0, rows)
  await session.commit()
}

const downloadAll = async (client: TunnelClient, table: Named): Promise<unknown[]> => {
  const session = await createDownloadSession(at(client, table))
  return session.download(0, session.recordCount)
}

test('two workers fill one session, one commits; three workers read it', async t => {
  const { client } = await start(t)
  const session = await createUploadSession(at(client, plain))
  const worker = await openUploadSession(at(client, plain), { sessionId: session.sessionId })
  await Promise.all([
    session.upload(0, rowsOf(0, 100), { compression: 'raw' }),
    worker.upload(1, rowsOf(100, 150), { compression: 'deflate' }),
    worker.upload(2, rowsOf(150, 157), { compression: 'snappy' }),
  ])
  await assert.rejects(session.commit(), { code: 'ODPS_BLOCK_LIST_MISMATCH' })
  assert.equal((await worker.commit([0, 1, 2])).rows, 157)
  assert.equal((await session.load()).status, 'closed')

  const reader = await createDownloadSession(at(client, plain))
  assert.equal(reader.recordCount, 157)
  const parts = await Promise.all(
    reader.splits(3).map(async ({ start: first, count }) => {
      const part = await openDownloadSession(at(client, plain), { sessionId: reader.sessionId })
      return part.download(first, count)
    }),
  )
  assert.deepEqual(parts.flat(), rowsOf(0, 157))
  assert.deepEqual(await reader.download(3, 1, { columns: ['name'], rowShape: 'object' }), [
    { name: 'row 3' },
  ])
})

describe('whatever signs the requests', () => {
  const key = { accessKeyId: 'key-id', accessKeySecret: 'key-secret' }
  const kinds: [string, EmulatorCredentials, Partial<ClientOptions>][] = [
    ['v1', key, {}],
    ['v4', key, { signatureVersion: 'v4', region: 'cn-test' }],
    ['v1, temporary', { ...key, securityToken: 'token' }, {}],
    ['v4, temporary', { ...key, securityToken: 'token' }, { signatureVersion: 'v4', region: 'cn-test' }],
    ['a bearer token', { bearerToken: 'bearer' }, {}],
  ]
  for (const [name, credentials, options] of kinds)
    test(name, async t => {
      const provider = createCredentialsProvider(credentials, createFakeClock())
      const { emulator, client } = await start(t, { credentials }, { credentials: provider, ...options })
      await emulator.createTable({
        name: 'größe',
        columns: { id: 'bigint' },
        partitionColumns: { day: 'string', region: 'string' },
      })
      const partition = [
        { name: 'region', value: 'x y+z&ü%' },
        { name: 'day', value: '2001-01-01' },
      ]
      const table = { name: { project: 'p', table: 'größe' }, partition }
      const session = await createUploadSession(at(client, table), { createPartition: true })
      await session.upload(0, [[1n]])
      await session.commit()
      assert.deepEqual(await downloadAll(client, table), [[1n]])
      const specs: unknown[] = []
      for await (const { spec } of listPartitions(client, table.name)) specs.push(spec)
      assert.deepEqual(specs, [[partition[1], partition[0]]])
    })

  test('a wrong secret', async t => {
    const { client } = await start(t, { credentials: key })
    await assert.rejects(createDownloadSession(at(client, plain)), { code: 'ODPS_UNAUTHORIZED' })
  })

  test('a clock that is an hour off goes by the Date of the answers', async t => {
    const provider = createCredentialsProvider(key, createFakeClock())
    const clock = createFakeClock(Date.UTC(2025, 0, 2, 4, 4, 5))
    const { client } = await start(t, { credentials: key }, { credentials: provider, clock })
    assert.equal((await createDownloadSession(at(client, plain))).recordCount, 0)
  })
})

describe('what the service refuses', () => {
  const cases: [string, Named, string][] = [
    ['a table', { name: { project: 'p', table: 'nope' } }, 'ODPS_NO_SUCH_TABLE'],
    [
      'a schema',
      { name: { project: 'p', schemaName: 'nope', table: 'plain' } },
      'ODPS_NO_SUCH_(SCHEMA|TABLE)',
    ],
    ['a project', { name: { project: 'nope', table: 'plain' } }, 'ODPS_NO_SUCH_PROJECT'],
    [
      'a partition',
      { name: { project: 'p', table: 'parts' }, partition: [{ name: 'day', value: '1' }] },
      'ODPS_NO_SUCH_PARTITION',
    ],
    ['no partition', { name: { project: 'p', table: 'parts' } }, 'ODPS_INVALID_PARTITION_SPEC'],
    [
      'a partition too many',
      { ...plain, partition: [{ name: 'day', value: '1' }] },
      'ODPS_INVALID_PARTITION_SPEC',
    ],
  ]
  for (const [name, table, code] of cases)
    test(name, async t => {
      const { emulator, client } = await start(t)
      await emulator.createTable({
        name: 'parts',
        columns: { id: 'bigint' },
        partitionColumns: { day: 'string' },
      })
      const is = (error: unknown): boolean => {
        assert.match(String(Reflect.get(Object(error), 'code')), new RegExp(`^${code}$`))
        return true
      }
      await assert.rejects(createUploadSession(at(client, table)), is)
      await assert.rejects(createDownloadSession(at(client, table)), is)
    })

  test('blocks after the commit, and sessions it does not know', async t => {
    const { client } = await start(t)
    const session = await createUploadSession(at(client, plain))
    await session.upload(0, rowsOf(0, 1))
    await session.commit()
    await assert.rejects(session.upload(1, rowsOf(0, 1)), { code: 'ODPS_SESSION_STATUS' })
    await assert.rejects(openUploadSession(at(client, plain), { sessionId: 'nope' }), {
      code: 'ODPS_NO_SUCH_SESSION',
    })
    await assert.rejects(openDownloadSession(at(client, plain), { sessionId: 'nope' }), {
      code: 'ODPS_NO_SUCH_SESSION',
    })
  })

  test('a damaged block, three times', async t => {
    const { emulator, client } = await start(t)
    const session = await createUploadSession(at(client, plain))
    const body = [Buffer.from('no records at all')]
    const block = { body, contentEncoding: undefined, rows: 1, rawBytes: 17 }
    await assert.rejects(session.putBlock(0, block), { code: 'ODPS_BLOCK_REFUSED', attempts: 3 })
    assert.equal(emulator.requests.filter(({ action }) => action === 'putBlock').length, 3)
    assert.deepEqual((await session.load()).blocks, [])
  })
})

describe('trouble on the way: every row arrives once', () => {
  const rules: [string, FaultRule][] = [
    ['creating is reset', { action: 'createUpload', fault: 'reset', times: 2 }],
    ['creating loses its answer', { action: 'createUpload', fault: 'drop-answer' }],
    ['a block is reset in the middle', { action: 'putBlock', fault: { cutRequestAfter: 1000 }, times: 3 }],
    ['a block loses its answer', { action: 'putBlock', fault: 'drop-answer', times: 3 }],
    ['a block is throttled', { action: 'putBlock', fault: { status: 429, code: 'SlotExceeded' }, times: 3 }],
    [
      'a block meets a broken proxy',
      { action: 'putBlock', fault: { status: 502, body: '<html/>' }, times: 3 },
    ],
    ['the commit is reset', { action: 'commitUpload', fault: 'reset' }],
    ['the commit loses its answer', { action: 'commitUpload', fault: 'drop-answer' }],
    ['the commit loses its answer in the middle', { action: 'commitUpload', fault: { cutBodyAfter: 20 } }],
    ['the commit fails', { action: 'commitUpload', fault: { status: 500 }, times: 3 }],
    ['loading is reset', { action: 'getUpload', fault: 'reset', times: 3 }],
    ['routing is reset', { action: 'getEndpoint', fault: 'reset', times: 3 }],
    ['a download is cut', { action: 'readData', fault: { cutBodyAfter: 3000 }, times: 2 }],
    ['a download is reset', { action: 'readData', fault: 'reset', times: 3 }],
    ['a download is damaged', { action: 'readData', fault: { corruptBodyAt: 100 }, times: 2 }],
    ['a session answer is cut', { action: 'createDownload', fault: { cutBodyAfter: 20 }, times: 2 }],
  ]
  for (const [name, rule] of rules)
    test(name, async t => {
      const { emulator, client } = await start(t, { faults: [rule] })
      const rows = rowsOf(0, 2_000)
      const session = await createUploadSession(at(client, plain))
      await session.upload(0, rows, { compression: 'raw' })
      assert.equal((await session.commit()).rows, 2_000)
      assert.equal(emulator.rowCount('plain'), 2_000)
      const reader = await createDownloadSession(at(client, plain))
      assert.deepEqual(await reader.download(0, 2_000, { compression: 'raw' }), rows)
    })
})

test('getTable tells what the service knows', async t => {
  const { client } = await start(t)
  await uploadAll(client, plain, rowsOf(0, 5))
  const { schema, recordCount, type } = await getTable(client, plain.name)
  assert.deepEqual(
    schema.columns.map(column => [column.name, column.type.kind]),
    [
      ['id', 'bigint'],
      ['name', 'string'],
    ],
  )
  assert.equal(type, 'MANAGED_TABLE')
  assert.ok(recordCount === 5 || recordCount === undefined)
})
