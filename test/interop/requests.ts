import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EmulatorAction } from '../../lib/emulator/index.js'
import { formatDataType, formatPartitionSpec, parseDataType } from '../../lib/index.js'
import { compareRows, type Row } from './cells.js'
import type { ClientError } from './client-process.js'
import { type Client, type Context, credentials } from './context.js'
import { type ClientName, clientNames } from './install.js'

const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'price', type: 'decimal(10,2)' },
  { name: 'tags', type: 'map<string,array<int>>' },
  { name: 'note', type: 'varchar(30)' },
]
const partitionColumns = [{ name: 'ds', type: 'string' }]

const previewed: Readonly<Record<string, readonly Row[]>> = {
  'ds=a': [
    ['1', '1.5', [['k', [1, 2]]], 'x'],
    ['2', null, null, null],
  ],
  'ds=b': [['-3', '-99999999.99', [], '😀']],
}

type Check = (context: Context, client: Client) => Promise<void>

interface RequestCheck {
  readonly check: Check
  /** Clients whose API has it; default all. */
  readonly clients?: readonly ClientName[]
  /** Clients that cannot do it, and what they fail with; docs/compatibility.md says why. */
  readonly failsWith?: Readonly<Partial<Record<ClientName, RegExp>>>
}

/** The actions the emulator saw while `work` ran, and how they were signed. */
const watch = async (
  { emulator }: Context,
  work: () => Promise<void>,
): Promise<{ action: EmulatorAction; authorization: string; path: string }[]> => {
  const before = emulator.requests.length
  await work()
  return emulator.requests
    .slice(before)
    .map(({ action, headers, path }) => ({ action, path, authorization: headers.authorization ?? '' }))
}

const roundTrip = async (context: Context, client: Client): Promise<void> => {
  const table = await context.createTable([{ name: 'id', type: 'bigint' }])
  await client.write({ table }, [['1']])
  assert.deepEqual(await client.read({ table }), [['1']])
}

const checks: Readonly<Record<string, RequestCheck>> = {
  'endpoint discovery': {
    check: async (context, client) => {
      const seen = await watch(context, () =>
        roundTrip(context, client.at({ quotaName: `q_${client.name}` })),
      )
      const actions = seen.map(({ action }) => action)
      assert.ok(actions.includes('getEndpoint'), actions.join(' '))
      for (const action of [
        'createUpload',
        'putBlock',
        'getUpload',
        'commitUpload',
        'createDownload',
      ] as const)
        assert.ok(actions.includes(action), `${action} in ${actions.join(' ')}`)
    },
  },

  'create table, exists, drop table': {
    check: async (context, client) => {
      const table = context.tableName()
      assert.equal(await client.call('tableExists', { table }), false)
      const job = { table, columns, partitionColumns, comment: "it's a table", lifecycle: 7 }
      await client.call('createTable', job)
      assert.equal(await client.call('tableExists', { table }), true)
      await assert.rejects(client.call('createTable', job), /already exists/i)
      await client.call('createTable', { ...job, ifNotExists: true })
      const { schema } = await context.tunnel.getTable(table)
      assert.deepEqual(
        schema.columns.map(({ name }) => name),
        columns.map(({ name }) => name),
      )
      await client.call('dropTable', { table })
      assert.equal(await client.call('tableExists', { table }), false)
      await assert.rejects(client.call('dropTable', { table }))
      await client.call('dropTable', { table, ifExists: true })
    },
  },

  'reload a table, its schema and its extended description': {
    check: async (context, client) => {
      const table = context.tableName()
      await client.call('createTable', {
        table,
        columns,
        partitionColumns,
        comment: 'with "quotes" & <marks>, 漢字',
        lifecycle: 7,
      })
      const described = await client.call<Record<string, unknown>>('describeTable', { table })
      const ours = await context.tunnel.getTable(table)
      assert.equal(ours.comment, described['comment'])
      assert.equal(ours.lifecycleDays, described['lifecycle'])
      assert.deepEqual(
        ours.schema.columns.map(({ name, type }) => ({ name, type: formatDataType(type) })),
        described['columns'],
      )
      assert.equal(described['name'], table)
      assert.equal(described['comment'], 'with "quotes" & <marks>, 漢字')
      assert.deepEqual(described['columns'], columns)
      assert.deepEqual(described['partitionColumns'], partitionColumns)
      assert.equal(described['lifecycle'], 7)
      assert.equal(described['isVirtualView'], false)
      if (client.name !== 'go') {
        assert.equal(described['isArchived'], false)
        assert.equal(described['physicalSize'], 0)
        assert.equal(described['fileNum'], 0)
      }
    },
  },

  'list tables': {
    check: async (_context, client) => {
      const prefix = `list_${client.name}_`
      for (const name of ['a', 'b', 'c']) await client.call('createTable', { table: prefix + name, columns })
      assert.deepEqual(await client.call('listTables', { prefix }), [
        `${prefix}a`,
        `${prefix}b`,
        `${prefix}c`,
      ])
    },
  },

  'add, list and drop partitions': {
    check: async (context, client) => {
      const table = context.tableName()
      const two = [...partitionColumns, { name: 'region', type: 'string' }]
      await client.call('createTable', { table, columns, partitionColumns: two })
      const names = ['ds=20240101,region=a', 'ds=20240101,region=b', 'ds=20240102,region=a']
      for (const partition of names) {
        assert.equal(await client.call('partitionExists', { table, partition }), false)
        await client.call('addPartition', { table, partition, ifNotExists: true })
        await client.call('addPartition', { table, partition, ifNotExists: true })
        assert.equal(await client.call('partitionExists', { table, partition }), true)
      }
      assert.deepEqual(await client.call('listPartitions', { table }), names)
      const ours: string[] = []
      for await (const { spec } of context.tunnel.listPartitions(table)) ours.push(formatPartitionSpec(spec))
      assert.deepEqual(ours, names)
      await client.call('dropPartition', { table, partition: names[1] })
      assert.deepEqual(await client.call('listPartitions', { table }), [names[0], names[2]])
    },
  },

  'add a partition without IF NOT EXISTS': {
    failsWith: { go: /invalid token 'addpartition'/ },
    check: async (context, client) => {
      const table = context.tableName()
      await client.call('createTable', { table, columns, partitionColumns })
      await client.call('addPartition', { table, partition: 'ds=1' })
      await assert.rejects(client.call('addPartition', { table, partition: 'ds=1' }), /exist/)
    },
  },

  'create the partition with the upload session': {
    clients: ['python', 'go'],
    check: async (context, client) => {
      const table = context.tableName()
      await client.call('createTable', { table, columns, partitionColumns })
      await client.createUpload({ table, partition: 'ds=new', createPartition: true })
      assert.equal(await client.call('partitionExists', { table, partition: 'ds=new' }), true)
    },
  },

  'read the result of a query': {
    check: async (context, client) => {
      const table = await context.createTable([
        { name: 'id', type: 'bigint' },
        { name: 'name', type: 'string' },
      ])
      await client.write({ table }, [
        ['1', 'a'],
        ['2', '漢😀'],
      ])
      assert.deepEqual(await client.call('sql', { query: `select * from ${table};` }), [
        ['1', 'a'],
        ['2', '漢😀'],
      ])
    },
  },

  'reload sessions': {
    check: async (context, client) => {
      const table = await context.createTable([{ name: 'id', type: 'bigint' }])
      const sessionId = await client.createUpload({ table })
      assert.deepEqual(await client.call('loadUpload', { sessionId }), { status: 'normal', blockIds: [] })
      for (const blockId of [5, 2]) await client.call('writeBlock', { sessionId, blockId, rows: [['1']] })
      assert.deepEqual(await client.call('loadUpload', { sessionId }), { status: 'normal', blockIds: [2, 5] })
      await client.call('commitUpload', { sessionId, blockIds: [2, 5] })
      const download = await client.call<{ sessionId: string }>('createDownload', { table })
      const state = await client.call('loadDownload', { table, sessionId: download.sessionId })
      assert.deepEqual(state, { status: 'normal', recordCount: 2 })
    },
  },

  'quota name': {
    check: async (context, client) => {
      const table = await context.createTable([{ name: 'id', type: 'bigint' }])
      const quoted = client.at({ quotaName: 'night' })
      assert.equal((await quoted.call<{ quotaName: string }>('createUpload', { table })).quotaName, 'night')
      assert.equal((await quoted.call<{ quotaName: string }>('createDownload', { table })).quotaName, 'night')
      const last = context.emulator.requests.findLast(({ action }) => action === 'createDownload')
      assert.equal(last?.query.get('quotaName'), 'night')
    },
  },

  'preview, CSV of the service': {
    clients: ['python'],
    check: async (context, client) => {
      const table = await context.createTable([
        { name: 'id', type: 'bigint' },
        { name: 'name', type: 'string' },
      ])
      await context.write(
        { table },
        [
          { name: 'id', type: 'bigint' },
          { name: 'name', type: 'string' },
        ],
        [
          ['1', 'a "quoted", text'],
          ['2', null],
          ['3', 'x'],
        ],
      )
      assert.deepEqual(await client.call('head', { table, limit: 2 }), [
        ['1', 'a "quoted", text'],
        ['2', null],
      ])
    },
  },

  'preview, Arrow: rows, limit, partitions': {
    check: async (context, client) => {
      const table = await context.createTable(columns, { partitionColumns })
      assert.deepEqual(await client.call('preview', { table, limit: 5 }), [])
      for (const [partition, rows] of Object.entries(previewed)) {
        await context.emulator.addPartition(table, partition)
        await context.write({ table, partition }, columns, rows)
      }
      const types = [...columns, ...partitionColumns].map(({ type }) => parseDataType(type))
      const check = async (job: object, expected: readonly Row[]): Promise<void> => {
        const rows = await client.call<Row[]>('preview', { table, ...job })
        assert.deepEqual(compareRows(rows, expected, types), [])
      }
      const all = Object.entries(previewed).flatMap(([partition, rows]) =>
        rows.map(row => [...row, partition.replace('ds=', '')]),
      )
      await check({ limit: 100 }, all)
      await check({ limit: 2 }, all.slice(0, 2))
      await check({ limit: 100, partition: 'ds=b' }, all.slice(2))
      await assert.rejects(client.call('preview', { table: 'none', limit: 1 }))
    },
  },

  'preview, Arrow: columns': {
    clients: ['python', 'java'],
    check: async (context, client) => {
      const table = await context.createTable(columns, { partitionColumns })
      await context.emulator.addPartition(table, 'ds=a')
      await context.write({ table, partition: 'ds=a' }, columns, previewed['ds=a']!)
      const job = { table, partition: 'ds=a', limit: 1, columns: ['id', 'note'] }
      assert.deepEqual(await client.call('preview', job), [['1', 'x']])
      const last = context.emulator.requests.findLast(({ action }) => action === 'preview')
      assert.equal(last?.query.get('columns'), 'id,note')
    },
  },

  'signature v1': {
    check: async (context, client) => {
      const seen = await watch(context, () => roundTrip(context, client))
      assert.ok(seen.length > 4)
      for (const { authorization } of seen) assert.match(authorization, /^ODPS interop-id:[\w+/=]+$/)
    },
  },

  'signature v4': {
    check: async (context, client) => {
      const v4 = client.at({ region: 'cn-hangzhou' })
      const seen = await watch(context, async () => {
        assert.equal(await v4.call('tableExists', { table: 'none' }), false)
        await roundTrip(context, v4)
      })
      const form = /^ODPS interop-id\/\d{8}\/cn-hangzhou\/odps\/aliyun_v4_request:[\w+/=]+$/
      assert.ok(seen.some(({ authorization }) => form.test(authorization)))
    },
  },

  'names and values encoded in URLs': {
    check: async (context, client) => {
      const table = context.tableName()
      await client.call('createTable', { table, columns, partitionColumns })
      const partition = 'ds=2024-01-01 08:00:00+08'
      await client.call('addPartition', { table, partition, ifNotExists: true })
      assert.equal(await client.call('partitionExists', { table, partition }), true)
      await client.write({ table, partition }, [['1', '1.5', null, 'x']])
      assert.equal((await client.read({ table, partition })).length, 1)
    },
  },

  'a signature with another secret is refused': {
    check: async (context, client) => {
      const table = await context.createTable([{ name: 'id', type: 'bigint' }])
      const forger = client.at({ accessKeySecret: `${credentials.accessKeySecret}!` })
      for (const region of [undefined, 'cn-hangzhou']) {
        const forged = region === undefined ? forger : forger.at({ region })
        for (const op of ['createUpload', 'describeTable'])
          await assert.rejects(forged.call(op, { table }), (error: ClientError) => {
            const told = `${error.kind} ${error.code} ${error.status} ${error.message}`
            assert.match(told, /SignatureNotMatch|Unauthorized|ODPS-0410042/, told)
            return true
          })
      }
      const refused = context.log.filter(line => / 40[13] \d+ ms$/.test(line))
      assert.ok(refused.length > 0)
    },
  },
}

export const testRequests = (context: () => Context): void => {
  describe('requests', () => {
    for (const name of clientNames)
      for (const [feature, { check, clients = clientNames, failsWith = {} }] of Object.entries(checks))
        if (clients.includes(name))
          test(`${name}: ${feature}`, async t => {
            const client = context().clients.find(each => each.name === name)
            if (client === undefined) t.skip('not installed')
            else await runCheck(context(), client, feature, check, failsWith[name])
          })
    for (const [service, base] of [
      ['service', '/api'],
      ['tunnel', ''],
    ] as const)
      test(`an unknown route of the ${service} gets its error document`, () =>
        testUnknownRoute(context(), base))
  })
}

const runCheck = async (
  context: Context,
  client: Client,
  feature: string,
  check: Check,
  failure: RegExp | undefined,
): Promise<void> => {
  if (failure === undefined) {
    await context.report.check('Requests', feature, client.name, () => check(context, client))
    return
  }
  await assert.rejects(check(context, client), failure)
  context.report.set('Requests', feature, client.name, 'fails')
}

const testUnknownRoute = async ({ emulator, log }: Context, base: string): Promise<void> => {
  for (const path of [
    '/projects/interop/nonsense/x?y=1',
    '/nonsense',
    '/projects/interop/tables/t/streams/9',
  ]) {
    const answer = await fetch(`${emulator.tunnelEndpoint}${base}${path}`, { method: 'PATCH' })
    const body = await answer.text()
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`)
    assert.match(answer.headers.get('x-odps-request-id') ?? '', /^\w+$/)
    for (const key of ['Code', 'Message', 'RequestId', 'HostId'])
      assert.ok(body.includes(base === '' ? `"${key}":` : `<${key}>`), `${path} ${body}`)
    assert.ok(
      log.some(line => line.startsWith(`PATCH ${base}${path} ${answer.status}`)),
      'a log line',
    )
  }
}
