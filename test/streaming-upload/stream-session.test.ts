import assert from 'node:assert/strict'
import { pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import type { StreamingUploadOptions } from '../../lib/streaming-upload/streaming-options.js'
import { Tunnel } from '../../lib/tunnel.js'
import { cellOf, loadVectors } from '../codec/golden-vectors.js'
import { type Answer, json, refuse, type SeenRequest, startServer } from '../http/scripted-server.js'

/* A service by hand, so that the bytes and words that leave here are held to what another client was recorded to send. */

type Columns = readonly { readonly name: string; readonly type: string }[]

const pairs: Columns = [
  { name: 'id', type: 'bigint' },
  { name: 'v', type: 'string' },
]

const state = (more: object = {}, columns = pairs): Answer =>
  json({
    ...{ session_name: 's1', schema_version: 3, status: 'normal', quota_name: '' },
    schema: { columns: columns.map(column => ({ ...column, nullable: true })), partitionKeys: [] },
    slots: [
      [0, '10.0.0.1:8080'],
      ['1', '10.0.0.2:8080'],
    ],
    ...more,
  })

const taken: Answer = (_, response) => {
  response.writeHead(200, {
    ...{ 'odps-tunnel-slot-num': '2', 'x-odps-request-id': 'r1', 'odps-tunnel-batch-id': '17' },
  })
  response.end()
}

/** Sends rows to a server with these answers. @returns what it saw */
const send = async (
  context: TestContext,
  answers: Answer[],
  rows: readonly unknown[],
  options: Partial<StreamingUploadOptions> = {},
): Promise<readonly SeenRequest[]> => {
  const server = await startServer(context, answers)
  const tunnel = new Tunnel({
    ...{ tunnelEndpoint: server.url, endpoint: `${server.url}/api`, project: 'p' },
    credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
    retry: { attempts: 3, minDelayMs: 0, maxDelayMs: 0 },
  })
  context.after(() => tunnel.close())
  await pipeline(
    rows,
    tunnel.createStreamingUploadStream({ table: 't', compression: 'raw', concurrency: 1, ...options }),
  )
  return server.requests
}

interface PackVector {
  readonly name: string
  readonly schema: Columns
  readonly requests: readonly { readonly target: string }[]
  readonly packs: readonly { readonly rows: readonly (readonly unknown[])[]; readonly hex?: string }[]
}

describe('requests of a streaming upload', () => {
  for (const vector of loadVectors<PackVector>('stream-packs').filter(
    ({ packs }) => packs[0]?.hex !== undefined,
  ))
    test(`${vector.name}: packs are byte for byte those that PyODPS sent`, async context => {
      const types = vector.schema.map(({ type }) => parseDataType(type))
      for (const { rows, hex } of vector.packs) {
        const cells = rows.map(row => row.map((cell, i) => cellOf(cell, types[i]!)))
        const [, put] = await send(context, [state({}, vector.schema), taken], cells, { json: 'text' })
        assert.equal(put!.body.toString('hex'), hex)
      }
    })

  test('say what other clients say', async context => {
    const spec = {
      partitionSpec: 'ds=20250102',
      createPartition: true,
      slots: 2,
      compression: 'zstd' as const,
    }
    const [create, put] = await send(context, [state(), taken], [[1n, 'a']], spec)
    const path = '/projects/p/tables/t/streams'
    assert.deepEqual([create!.method, create!.path, put!.method, put!.path], ['POST', path, 'PUT', path])
    const asked = ({ query }: SeenRequest): Record<string, string> => Object.fromEntries(query)
    assert.deepEqual(asked(create!), {
      ...{ partition: 'ds=20250102', create_partition: '', check_latest_schema: 'true', curr_project: 'p' },
    })
    assert.equal(create!.headers['odps-tunnel-slot-num'], '2')
    const slot = put!.query.get('slotid')
    assert.deepEqual(asked(put!), {
      ...{ uploadid: 's1', slotid: slot, schema_version: '3', record_count: '1', partition: 'ds=20250102' },
      ...{ check_latest_schema: 'true', curr_project: 'p' },
    })
    const { headers } = put!
    assert.equal(headers['odps-tunnel-routed-server'], `10.0.0.${Number(slot) + 1}:8080`)
    assert.deepEqual(
      [headers['odps-tunnel-slot-num'], headers['content-encoding'], headers['content-type']],
      ['2', 'zstd', 'application/octet-stream'],
    )
    for (const each of [create!, put!])
      assert.equal(each.headers['odps-tunnel-sdk-support-schema-evolution'], 'true')
  })

  test('with partitionBy: one session for all partitions, which each pack names, and records of data columns only', async context => {
    const [vector] = loadVectors<PackVector>('stream-packs').filter(
      ({ packs }) => packs[0]?.hex !== undefined,
    )
    const types = vector!.schema.map(({ type }) => parseDataType(type))
    const { rows, hex } = vector!.packs[0]!
    const cells = rows.map(row => row.map((cell, i) => cellOf(cell, types[i]!)))
    const of = (columns: Columns): object[] => columns.map(column => ({ ...column, nullable: true }))
    const schema = {
      columns: of(vector!.schema),
      partitionKeys: of([
        { name: 'ds', type: 'string' },
        { name: 'hh', type: 'bigint' },
      ]),
    }
    const mixed = cells.flatMap(row => ['20250102', '20250103'].map(ds => [...row, ds, 7n]))
    const options = { partitionBy: ['hh', 'ds'], createPartition: true, json: 'text' as const }
    const [create, ...puts] = await send(context, [state({ schema }), taken], mixed, options)
    const asked = ({ query }: SeenRequest): Record<string, string> => Object.fromEntries(query)
    assert.deepEqual(asked(create!), {
      ...{ dynamic_partition: 'true', check_latest_schema: 'true', curr_project: 'p' },
    })
    assert.deepEqual(
      puts.map(put => ({ ...asked(put), slotid: '', body: put.body.toString('hex') })),
      ['ds=20250102,hh=7', 'ds=20250103,hh=7'].map(partition => ({
        ...{ uploadid: 's1', slotid: '', schema_version: '3', record_count: String(rows.length) },
        ...{ partition, dynamic_partition: 'true', check_latest_schema: 'true', curr_project: 'p' },
        body: hex,
      })),
    )
  })

  test('old dates are refused where the service wants dates transformed, whatever packs there are', async context => {
    const column = (name: string, type: string): object => ({ name, type, nullable: true })
    const schema = { columns: [column('at', 'datetime')], partitionKeys: [column('ds', 'string')] }
    const body = { session_name: 's1', status: 'normal', schema, slots: [[0, '10.0.0.1:8080']] }
    const old = new Date(Date.UTC(1927, 0, 1))
    for (const [row, options] of [
      [[old], { partitionSpec: 'ds=a' }],
      [[old, 'a'], { partitionBy: ['ds'] }],
    ] as const) {
      const wanting = json(body, 200, { 'odps-tunnel-date-transform': 'true' })
      await assert.rejects(send(context, [wanting, taken], [row], options), {
        code: 'ODPS_VALUE_OUT_OF_RANGE',
      })
      assert.equal((await send(context, [json(body), taken], [row], options)).length, 2)
    }
  })

  test('a session that is still being prepared is waited for, and no other one is created', async context => {
    const answers = [state({ status: 'init' }), state({ status: 'init' }), state(), taken]
    const seen = await send(context, answers, [[1n, 'a']])
    assert.deepEqual(
      seen.map(({ method, query }) => `${method} ${query.get('uploadid')}`),
      ['POST null', 'GET s1', 'GET s1', 'PUT s1'],
    )
    await assert.rejects(send(context, [state({ status: 'init' })], [[1n, 'a']]), {
      code: 'ODPS_SESSION_STATUS',
      retryable: true,
    })
  })

  test('a version of the schema that the tunnel does not know yet is asked for again', async context => {
    const changed = refuse(412, 'SchemaModified', { 'x-odps-tunnel-latest-schema-version': '4' })
    const answers = [state(), changed, refuse(404, 'NoSuchSchema'), state({ session_name: 's2' }), taken]
    const seen = await send(context, answers, [[1n, 'a']], { onSchemaChange: 'reload' })
    assert.deepEqual(
      seen.map(({ method, query }) => `${method} ${query.get('uploadid')} ${query.get('schema_version')}`),
      ['POST null null', 'PUT s1 3', 'POST null 4', 'POST null 4', 'PUT s2 3'],
    )
    await assert.rejects(send(context, [refuse(404, 'NoSuchSchema')], []), { code: 'ODPS_NO_SUCH_SCHEMA' })
  })

  test('an answer without the headers of the slots changes nothing, for the rows are in the table', async context => {
    const bare: Answer = (_, response) => void response.writeHead(200).end()
    const seen = await send(context, [state(), bare], [[1n, 'a']], { flushRows: 1 })
    assert.equal(seen.length, 2)
  })

  test('a session without slots that can be used is an error', async context => {
    for (const slots of [undefined, [], [[0]], [[0, 'nowhere']], [{ id: 0 }], 'none'])
      await assert.rejects(send(context, [state({ slots })], [[1n, 'a']]), {
        code: 'ODPS_UNEXPECTED_ANSWER',
        message: /has (no slots|slots that are not pairs)/,
      })
  })
})
