import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { type Emulator, startEmulator, type TableDefinition } from '../../../lib/emulator/index.js'
import { upsertColumns } from '../../../lib/emulator/tunnel/upsert-records.js'
import { TunnelOptionError } from '../../../lib/errors.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { cellOf, loadVectors } from '../../codec/golden-vectors.js'
import { type CallOptions, jsonOf, type Reply, TableCalls, withEmulator } from '../emulator-client.js'
import { runSql } from '../rest-calls.js'
import { refused } from '../upload-calls.js'

interface UpsertVector {
  readonly name: string
  readonly schema: readonly { readonly name: string; readonly type: string }[]
  readonly hashKeys: readonly string[]
  readonly operations?: readonly { readonly op: string; readonly row: readonly unknown[] }[]
  readonly bodies: readonly {
    readonly bucket: number
    readonly recordCount: number
    readonly hex?: string
    readonly hexWide?: string
    readonly base64?: string
    readonly contentEncoding?: string
  }[]
}

class UpsertCalls extends TableCalls {
  constructor(emulator: Emulator, partition = '') {
    super(emulator, '/projects/p/tables/t/upserts', partition)
  }

  async create(query = 'slotnum=1'): Promise<string> {
    return String(jsonOf(await this.send('POST', query))['id'])
  }

  flush(id: string, bucket: number, rows: number, body: Buffer, options: CallOptions = {}): Promise<Reply> {
    const query = `upsertid=${id}&bucketid=${bucket}&slotid=0&record_count=${rows}`
    return this.send('PUT', query, { ...options, body })
  }

  async apply(...bodies: readonly Buffer[]): Promise<void> {
    const id = await this.create()
    for (const body of bodies) assert.equal((await this.flush(id, 0, 1, body)).status, 200)
    assert.equal((await this.commit(id)).status, 200)
  }

  override commit(id: string): Promise<Reply> {
    return this.send('POST', `upsertid=${id}`)
  }
}

const withKeyed = (
  run: (calls: UpsertCalls, emulator: Emulator) => Promise<void>,
  definition: Partial<TableDefinition> = {},
): Promise<void> =>
  withEmulator(async emulator => {
    await emulator.createTable({
      name: 't',
      columns: { id: 'bigint', v: 'string', d: 'double' },
      primaryKey: ['ID'],
      ...definition,
    })
    await run(new UpsertCalls(emulator), emulator)
  })

const columns = upsertColumns([
  { name: 'id', type: { kind: 'bigint' }, nullable: false },
  { name: 'v', type: { kind: 'string' }, nullable: true },
  { name: 'd', type: { kind: 'double' }, nullable: true },
])

/** The body of one record. */
const record = (
  id: number | null,
  v: string | null,
  d: number | null,
  operation = 85,
  ids: readonly number[] = [],
): Buffer => {
  const encoder = createRecordEncoder(columns)
  encoder.write([id, v, d, null, null, operation, null, ids], 0)
  return encoder.finish()
}

describe('upsert sessions', () => {
  test('bodies that official clients sent change the rows they name', async t => {
    for (const vector of loadVectors<UpsertVector>('upsert-bodies').filter(({ operations }) => operations))
      await t.test(vector.name, () =>
        withKeyed(
          async (calls, emulator) => {
            const id = await calls.create()
            for (const { bucket, recordCount, hex, hexWide, base64, contentEncoding } of vector.bodies) {
              const body =
                base64 === undefined ? Buffer.from((hexWide ?? hex)!, 'hex') : Buffer.from(base64, 'base64')
              const headers = contentEncoding === undefined ? {} : { 'Content-Encoding': contentEncoding }
              assert.equal((await calls.flush(id, bucket, recordCount, body, { headers })).status, 200)
            }
            assert.equal(emulator.rowCount('t'), 0)
            assert.equal(jsonOf(await calls.commit(id))['status'], 'committed')
            assert.deepEqual(
              sorted(await emulator.rows('t', undefined, { rowShape: 'array' })),
              sorted(modelRows(vector)),
            )
          },
          {
            columns: vector.schema,
            primaryKey: vector.hashKeys,
            properties: { 'write.bucket.num': '4' },
          },
        ),
      )
  })

  test('create answers with what clients need of slots, buckets and the key', () =>
    withKeyed(async (calls, emulator) => {
      const reply = await calls.send('POST', 'slotnum=3&quotaName=q1&lifecycle=2')
      assert.equal(reply.status, 200)
      const { id, schema, slots, ...rest } = jsonOf(reply)
      assert.match(String(id), /^\d{14}[0-9a-f]{32}$/)
      assert.deepEqual(rest, {
        ...{ hash_key: ['id'], hasher: 'default', status: 'normal', quota_name: 'q1' },
        enable_partial_update: false,
      })
      assert.deepEqual(
        (schema as { columns: Record<string, unknown>[] }).columns.map(each => [
          each['name'],
          each['column_id'],
          each['nullable'],
        ]),
        [
          ['id', '0', false],
          ['v', '1', true],
          ['d', '2', true],
        ],
      )
      assert.deepEqual(slots, [
        { slot_id: '0', buckets: [0, 1, 2, 3, 4, 5], worker_addr: `127.0.0.1:${emulator.port}` },
        { slot_id: '1', buckets: [6, 7, 8, 9, 10], worker_addr: `127.0.0.1:${emulator.port}` },
        { slot_id: '2', buckets: [11, 12, 13, 14, 15], worker_addr: `127.0.0.1:${emulator.port}` },
      ])
      assert.deepEqual(jsonOf(await calls.send('GET', `upsertid=${id}`)), jsonOf(reply))
    }))

  test('the last change of a key wins, whichever flush it came in', () =>
    withKeyed(async (calls, emulator) => {
      await emulator.insert('t', [
        [1n, 'old', 1],
        [2n, 'old', 2],
        [3n, 'kept', 3],
      ])
      await calls.apply(
        record(1, 'a', 1),
        record(2, null, null, 68),
        record(4, 'new', 4),
        record(1, 'b', null),
        record(9, null, null, 68),
      )
      assert.deepEqual(await emulator.rows('t', undefined, { rowShape: 'array' }), [
        [1n, 'b', null],
        [3n, 'kept', 3],
        [4n, 'new', 4],
      ])
      await calls.apply(record(3, null, null, 68), record(3, 'again', null))
      assert.equal(emulator.rowCount('t'), 3)
    }))

  test('a partial row keeps the columns it does not name', () =>
    withKeyed(
      async (calls, emulator) => {
        await emulator.insert('t', [
          [1n, 'old', 1],
          [2n, 'old', 2],
        ])
        // What is sent of other columns does not count.
        await calls.apply(
          record(1, 'new', 77, 85, [1]),
          record(2, null, null, 85, [2]),
          record(5, 'x', 7, 85, [2]),
        )
        assert.deepEqual(await emulator.rows('t', undefined, { rowShape: 'array' }), [
          [1n, 'new', 1],
          [2n, 'old', null],
          [5n, null, 7],
        ])
      },
      { properties: { 'acid.partial.fields.update.enable': 'true' } },
    ))

  test('a flush without a commit, or with an abort, changes nothing; a second commit neither', () =>
    withKeyed(async (calls, emulator) => {
      const id = await calls.create()
      await calls.flush(id, 0, 1, record(1, 'a', 1))
      assert.equal((await calls.send('DELETE', `upsertid=${id}`)).status, 200)
      refused(await calls.commit(id), 404, 'UpsertSessionNotFound')
      refused(await calls.flush(id, 0, 1, record(1, 'a', 1)), 404, 'UpsertSessionNotFound')
      assert.equal(emulator.rowCount('t'), 0)
      const next = await calls.create()
      await calls.flush(next, 0, 1, record(1, 'a', 1))
      await calls.commit(next)
      await calls.apply(record(1, 'b', 1))
      assert.equal(jsonOf(await calls.commit(next))['status'], 'committed')
      refused(await calls.flush(next, 0, 1, record(1, 'c', 1)), 409, 'StatusConflict')
      refused(await calls.send('DELETE', `upsertid=${next}`), 409, 'StatusConflict')
      assert.deepEqual(await emulator.rows('t'), [{ id: 1n, v: 'b', d: 1 }])
    }))

  test('a partition has rows and sessions of its own', () =>
    withEmulator(async emulator => {
      await emulator.createTable({
        ...{
          name: 't',
          columns: { id: 'bigint', v: 'string', d: 'double' },
          partitionColumns: { pt: 'string' },
        },
        primaryKey: ['id'],
      })
      const [a, b] = [new UpsertCalls(emulator, 'pt=a'), new UpsertCalls(emulator, 'pt=b')]
      refused(await a.send('POST', 'slotnum=1'), 404, 'NoSuchPartition')
      refused(await new UpsertCalls(emulator).send('POST', 'slotnum=1'), 400, 'MissingPartitionSpec')
      await emulator.insert('t', [[1n, 'a', null]], 'pt=a')
      await emulator.addPartition('t', 'pt=b')
      await b.apply(record(1, 'b', null))
      assert.equal((await b.send('GET', `upsertid=${await a.create()}`)).status, 400)
      assert.deepEqual(
        (await emulator.rows('t')).map(({ v, pt }) => `${v} in ${pt}`),
        ['a in a', 'b in b'],
      )
    }))

  test('sessions end after the hours asked for, 24 at most', async () => {
    let now = Date.UTC(2026, 0)
    await withEmulator(
      async emulator => {
        await emulator.createTable({
          name: 't',
          columns: { id: 'bigint', v: 'string', d: 'double' },
          primaryKey: ['id'],
        })
        const calls = new UpsertCalls(emulator)
        const [short, long] = [await calls.create('slotnum=1&lifecycle=2'), await calls.create()]
        now += 2 * 3_600_000
        refused(await calls.send('GET', `upsertid=${short}`), 404, 'UpsertSessionNotFound')
        assert.equal((await calls.send('GET', `upsertid=${long}`)).status, 200)
        now += 22 * 3_600_000
        refused(await calls.commit(long), 404, 'UpsertSessionNotFound')
      },
      { clock: () => now },
    )
  })

  test('what is wrong with a flush is told at once, and leaves nothing', () =>
    withKeyed(async (calls, emulator) => {
      const id = await calls.create()
      const good = record(1, 'a', 1)
      refused(await calls.flush(id, 16, 1, good), 400, 'InvalidArgument')
      refused(
        await calls.send('PUT', `upsertid=${id}&bucketid=0&slotid=1&record_count=1`, { body: good }),
        400,
        'InvalidArgument',
      )
      refused(await calls.flush(id, 0, 2, good), 400, 'CorruptedDataStream')
      refused(await calls.flush(id, 0, 0, Buffer.alloc(0)), 400, 'MalformedDataStream')
      refused(await calls.flush(id, 0, 1, Buffer.concat([good, good])), 400, 'MalformedDataStream')
      refused(await calls.flush(id, 0, 1, record(null, 'a', 1)), 400, 'MalformedDataStream')
      refused(await calls.flush(id, 0, 1, record(1, 'a', 1, 73)), 400, 'MalformedDataStream')
      refused(await calls.flush(id, 0, 1, record(1, 'a', 1, 85, [1])), 400, 'MalformedDataStream')
      refused(await calls.send('POST', 'slotnum=0'), 400, 'InvalidArgument')
      refused(await calls.send('POST', 'slotnum=1&lifecycle=25'), 400, 'InvalidArgument')
      await calls.commit(id)
      assert.equal(emulator.rowCount('t'), 0)
    }))

  test('a table without a key takes no upserts, and one with a key no blocks', () =>
    withKeyed(async (_, emulator) => {
      await emulator.createTable({ name: 'plain', columns: { id: 'bigint' } })
      const reply = await new TableCalls(emulator, '/projects/p/tables/plain/upserts').send(
        'POST',
        'slotnum=1',
      )
      refused(reply, 400, 'InvalidArgument')
      assert.match(String(jsonOf(reply)['Message']), /no primary key/)
      refused(await new TableCalls(emulator).send('POST', 'uploads='), 405, 'MethodNotAllowed')
    }))
})

test('rows that come another way take the place of those with their key, too', () =>
  withKeyed(async (calls, emulator) => {
    assert.equal(
      await emulator.insert('t', [
        [1n, 'a', 1],
        [2n, 'b', 2],
        [1n, 'c', 3],
      ]),
      3,
    )
    assert.deepEqual(await emulator.rows('t', undefined, { rowShape: 'array' }), [
      [1n, 'c', 3],
      [2n, 'b', 2],
    ])
    await calls.apply(record(2, 'd', 4))
    assert.equal(emulator.rowCount('t'), 2)
  }))

test('a key in SQL is one of createTable', () =>
  withEmulator(async emulator => {
    const sql =
      "create table t (id bigint not null primary key, v string) tblproperties ('transactional'='true', 'write.bucket.num'='2')"
    assert.deepEqual(await runSql(emulator, sql), ['Success', ''])
    assert.deepEqual(await runSql(emulator, "insert into t values (1, 'a'), (2, 'b')"), ['Success', ''])
    assert.deepEqual(await runSql(emulator, "insert into t values (1, 'c')"), ['Success', ''])
    assert.equal(emulator.rowCount('t'), 2)
    assert.deepEqual(await runSql(emulator, "insert overwrite table t values (3, 'd'), (3, 'e')"), [
      'Success',
      '',
    ])
    assert.deepEqual(await emulator.rows('t'), [{ id: 3n, v: 'e' }])
    const reply = jsonOf(await new UpsertCalls(emulator).send('POST', 'slotnum=1'))
    assert.deepEqual((reply['slots'] as { buckets: number[] }[])[0]!.buckets, [0, 1])
  }))

test('a definition with a wrong key is refused', () =>
  withEmulator(async emulator => {
    const columns = { id: 'bigint' }
    for (const primaryKey of [['nope'], ['id', 'ID'], [], 'id'])
      await assert.rejects(
        emulator.createTable({ name: 't', columns, primaryKey: primaryKey as string[] }),
        TunnelOptionError,
      )
  }))

test('spellings of a decimal are one key', () =>
  withKeyed(
    async (_, emulator) => {
      await emulator.insert('t', [
        ['1.50', 'a'],
        ['1.5', 'b'],
        ['01.500', 'c'],
        ['-0', 'd'],
        ['0.00', 'e'],
      ])
      assert.deepEqual(
        (await emulator.rows('t')).map(({ v }) => v),
        ['c', 'e'],
      )
    },
    { columns: { id: 'decimal(10,3)', v: 'string' } },
  ))

test('tables with a key outlive the process, and take upserts after it', async t => {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const dataDir = await mkdtemp(join(tmpdir(), 'upserts-'))
  t.after(() => rm(dataDir, { recursive: true }))
  for (const [id, v] of [
    [1, 'a'],
    [2, 'b'],
    [1, 'c'],
  ] as const) {
    const emulator = await startEmulator({ projects: ['p'], dataDir })
    await emulator.createTable({
      ...{
        name: 't',
        columns: { id: 'bigint', v: 'string', d: 'double' },
        primaryKey: ['id'],
        ifNotExists: true,
      },
    })
    await new UpsertCalls(emulator).apply(record(id, v, null))
    if (v === 'c')
      assert.deepEqual(
        (await emulator.rows('t')).map(row => row['v']),
        ['c', 'b'],
      )
    await emulator.close()
  }
})

/** What is there after the operations of a vector. */
const modelRows = ({ schema, hashKeys, operations }: UpsertVector): unknown[][] => {
  const model = new Map<string, unknown[]>()
  for (const { op, row } of operations!) {
    const cells = row.map((cell, i) => cellOf(cell, parseDataType(schema[i]!.type)))
    const key = textOf(cells.filter((_, i) => hashKeys.includes(schema[i]!.name)))
    if (op === 'delete') model.delete(key)
    else model.set(key, cells)
  }
  return [...model.values()]
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each))

const sorted = (rows: readonly unknown[]): string[] => rows.map(textOf).sort()
