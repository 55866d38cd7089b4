import { parseDataType } from '../../schema/parse-data-type.js'
import type { Column, TableSchema } from '../../schema/table-schema.js'
import { textAt } from '../../xml.js'
import {
  type Answer,
  expectDone,
  expectKeys,
  expectRefusal,
  type JsonObject,
  jsonOf,
  objectIn,
  objectsIn,
  parseJson,
  textOf,
  xmlOf,
} from '../answer.js'
import type { Check, CheckContext, Question } from '../check.js'
import { different } from '../finding.js'
import { decodeRows, encodeRows, expectRows, type Rows } from '../records.js'
import { askForRows, createDownload, onService, onTunnel } from '../sessions.js'
import { definitionOf } from '../table-definitions.js'

const { columns }: TableSchema = definitionOf('keyed').schema

/** What stands behind the columns of the table in each record of an upsert (protocol 9.5). */
const upsertColumns: readonly Column[] = [
  ...columns,
  ...(
    [
      ...(['__version bigint', '__app_version bigint', '__operation tinyint'] as const),
      ...(['__key_cols array<bigint>', '__value_cols array<bigint>'] as const),
    ] as const
  ).map(text => {
    const [name, type] = text.split(' ') as [string, string]
    return { name, type: parseDataType(type), nullable: true }
  }),
]

const [upsertMark, deleteMark] = [85, 68]

const onUpserts = (
  context: CheckContext,
  method: Question['method'],
  query: Readonly<Record<string, string>>,
): Question => {
  const question = onTunnel(context.table('keyed'), method, query)
  return { ...question, path: [...question.path, 'upserts'] }
}

const create = async (context: CheckContext): Promise<JsonObject> =>
  jsonOf(await context.ask(onUpserts(context, 'POST', { slotnum: '1' })), 'the session')

interface Slot {
  readonly id: string
  readonly buckets: readonly unknown[]
  readonly server: string
}

const slotsOf = (session: JsonObject): readonly Slot[] =>
  objectsIn(session, 'slots').map(({ slot_id, buckets, worker_addr }) => {
    if (!Array.isArray(buckets)) throw different('a slot without buckets')
    if (typeof worker_addr !== 'string' || !/^[^:]+:\d{1,5}$/.test(worker_addr))
      throw different('a slot without an address')
    return { id: String(slot_id), buckets, server: worker_addr }
  })

/** All keys lie in the only bucket. */
const flush = async (
  context: CheckContext,
  session: JsonObject,
  rows: Rows,
  operation = upsertMark,
  valueColumns: readonly bigint[] = [],
): Promise<Answer> => {
  const [slot] = slotsOf(session)
  const records = rows.map(row => [...row, null, null, operation, null, valueColumns])
  const query = { upsertid: textOf(session, 'id'), bucketid: '0', slotid: slot?.id ?? '0' }
  return context.ask({
    ...onUpserts(context, 'PUT', { ...query, record_count: String(rows.length) }),
    headers: {
      'Content-Type': 'application/octet-stream',
      'odps-tunnel-routed-server': slot?.server ?? '',
    },
    body: encodeRows(upsertColumns, records),
  })
}

/** How long a commit may take. */
const patienceMs = 120_000
const waitMs = 2_000

const commit = async (context: CheckContext, session: JsonObject): Promise<void> => {
  const { clock } = context.connection.client
  const headers = { 'odps-tunnel-routed-server': slotsOf(session)[0]?.server ?? '' }
  const question = { ...onUpserts(context, 'POST', { upsertid: textOf(session, 'id') }), headers }
  for (let waitedMs = 0; ; waitedMs += waitMs) {
    const { status } = jsonOf(await context.ask(question), 'the commit')
    if (status === 'committed') return
    if (status !== 'normal' && status !== 'committing') throw different('another status after the commit')
    if (waitedMs >= patienceMs) throw different(`not committed after ${patienceMs / 1000} s`)
    await clock.sleep(waitMs, context.signal)
  }
}

const expectTable = async (context: CheckContext, expected: Rows): Promise<void> => {
  const download = await createDownload(context, context.table('keyed'))
  if (download.recordCount !== expected.length)
    throw different(`${download.recordCount} rows are in the table, not ${expected.length}`)
  if (expected.length === 0) return
  const answer = await askForRows(context, download, [0, expected.length])
  const { rows } = await decodeRows(columns, answer)
  const sorted = [...rows].sort((a, b) => Number(a[0]) - Number(b[0]))
  expectRows(columns, sorted, expected)
}

const flushAll = async (
  context: CheckContext,
  session: JsonObject,
  rows: Rows,
  operation?: number,
  valueColumns?: readonly bigint[],
): Promise<void> => {
  const answer = await flush(context, session, rows, operation, valueColumns)
  const { status } = expectDone(answer, 'the flush')
  if (status !== 200) throw different(`status ${status} of a flush`)
}

export const upsertChecks: readonly Check[] = [
  {
    id: 'upserts.keys-of-session',
    sentence:
      'A session of upserts has text as `id`, `hasher`, `status`, lists as `hash_key`, `slots`, an object as `schema`; its buckets are 0 to n-1, and each slot has a `host:port`.',
    tables: ['keyed'],
    requests: 1,
    run: async context => {
      const json = await create(context)
      expectKeys(json, {
        ...{
          id: 'string',
          hasher: 'string',
          status: 'string',
          hash_key: 'list',
          slots: 'list',
          schema: 'object',
        },
      })
      const buckets = slotsOf(json).flatMap(slot => slot.buckets.map(Number))
      buckets.sort((a, b) => a - b)
      if (buckets.length === 0 || buckets.some((bucket, i) => bucket !== i)) throw different('other buckets')
      if (String(json['hash_key']) !== 'id') throw different('another hash_key')
      if (json['hasher'] !== 'default' && json['hasher'] !== 'legacy') throw different('another hasher')
      if (json['status'] !== 'normal') throw different('another status')
      return json['hasher']
    },
  },
  {
    id: 'upserts.key-described',
    sentence:
      'The extended description of a table with a primary key has JSON in the text of `Reserved`: the key as the list `PrimaryKey`, and the text `true` as `Transactional`.',
    tables: ['keyed'],
    requests: 1,
    run: async context => {
      const answer = expectDone(await context.ask(onService(context.table('keyed'), { extended: '' })))
      const inside = (text: string, what: string): JsonObject =>
        parseJson({ ...answer, body: Buffer.from(text) }, what)
      const schema = inside(textAt(xmlOf(answer, 'Table'), 'Schema') ?? '', 'the description')
      expectKeys(schema, { Reserved: 'string' })
      const reserved = inside(textOf(schema, 'Reserved'), 'Reserved')
      expectKeys(reserved, { PrimaryKey: 'list', Transactional: 'string' })
      if (String(reserved['PrimaryKey']) !== 'id') throw different('another PrimaryKey')
      if (reserved['Transactional'] !== 'true') throw different('another Transactional')
      return 'columns' in schema ? 'with columns' : 'without columns'
    },
  },
  {
    id: 'upserts.rows',
    sentence:
      'Rows of a flush, answered with 200, are in the table when the commit says `committed`; the last row of a key wins.',
    tables: ['keyed'],
    requests: 9,
    bytes: 500,
    run: async context => {
      await emptyKeyed(context)
      const session = await create(context)
      await flushAll(context, session, [
        [1n, 'first', 1n],
        [2n, 'second', 2n],
      ])
      await flushAll(context, session, [[1n, 'third', 3n]])
      await commit(context, session)
      await expectTable(context, [
        [1n, 'third', 3n],
        [2n, 'second', 2n],
      ])
      return undefined
    },
  },
  {
    id: 'upserts.deleted-rows',
    sentence: 'A record whose `__operation` is 68 deletes the row of its key.',
    tables: ['keyed'],
    requests: 9,
    bytes: 500,
    run: async context => {
      await emptyKeyed(context)
      const session = await create(context)
      await flushAll(context, session, [
        [1n, 'first', 1n],
        [2n, 'second', 2n],
      ])
      await flushAll(context, session, [[1n, null, null]], deleteMark)
      await commit(context, session)
      await expectTable(context, [[2n, 'second', 2n]])
      return undefined
    },
  },
  {
    id: 'upserts.partial-rows',
    sentence:
      'Where `enable_partial_update` is true, a record whose `__value_cols` has the `column_id` of some columns sets only these.',
    tables: ['keyed'],
    requests: 9,
    bytes: 500,
    run: async context => {
      await emptyKeyed(context)
      const session = await create(context)
      if (session['enable_partial_update'] !== true) throw different('enable_partial_update is not true')
      const text = objectsIn(objectIn(session, 'schema'), 'columns').find(({ name }) => name === 'text')
      const id = String(text?.['column_id'] ?? '')
      if (!/^\d{1,9}$/.test(id)) throw different('a column without a column_id')
      await flushAll(context, session, [[1n, 'first', 1n]])
      await flushAll(context, session, [[1n, 'second', 2n]], upsertMark, [BigInt(id)])
      await commit(context, session)
      await expectTable(context, [[1n, 'second', 1n]])
      return undefined
    },
  },
  {
    id: 'upserts.lifecycle',
    sentence: 'A session of upserts may live for as many hours as `lifecycle` says, 1 to 24.',
    tables: ['keyed'],
    requests: 2,
    run: async context => {
      for (const lifecycle of ['1', '24'])
        textOf(jsonOf(await context.ask(onUpserts(context, 'POST', { slotnum: '1', lifecycle }))), 'id')
      return undefined
    },
  },
  {
    id: 'upserts.aborted',
    sentence: '`DELETE {table}/upserts?upsertid` ends a session, and nothing of it is in the table.',
    tables: ['keyed'],
    requests: 7,
    bytes: 500,
    run: async context => {
      await emptyKeyed(context)
      const session = await create(context)
      await flushAll(context, session, [[7n, 'aborted', 7n]])
      expectDone(await context.ask(onUpserts(context, 'DELETE', { upsertid: textOf(session, 'id') })))
      await expectTable(context, [])
      return undefined
    },
  },
  {
    id: 'upserts.unknown-session',
    sentence: 'A session of upserts that is unknown: 404 `UpsertSessionNotFound`.',
    tables: ['keyed'],
    requests: 1,
    run: async context => {
      const question = onUpserts(context, 'GET', { upsertid: `20200101000000${'0'.repeat(32)}` })
      expectRefusal(await context.ask(question), 404, 'UpsertSessionNotFound')
      return undefined
    },
  },
]

/** Deletes what other checks may have left. */
const emptyKeyed = async (context: CheckContext): Promise<void> => {
  const session = await create(context)
  await flushAll(
    context,
    session,
    [1n, 2n, 7n].map(id => [id, null, null]),
    deleteMark,
  )
  await commit(context, session)
}
