import { randomBytes } from 'node:crypto'
import { formatSqlTable } from '../../schema/sql-text.js'
import type { TableName } from '../../schema/table-name.js'
import {
  type Answer,
  expectDone,
  expectKeys,
  expectRefusal,
  type JsonObject,
  jsonOf,
  textOf,
} from '../answer.js'
import type { Check, CheckContext, Question } from '../check.js'
import { different } from '../finding.js'
import { encodeRows, type Rows } from '../records.js'
import { runSql } from '../run-sql.js'
import { countRows, onTunnel } from '../sessions.js'
import { definitionOf } from '../table-definitions.js'

const onStreams = (
  table: TableName,
  method: Question['method'],
  query: Readonly<Record<string, string>> = {},
): Question => {
  const question = onTunnel(table, method, query)
  return { ...question, path: [...question.path, 'streams'] }
}

const create = async (
  context: CheckContext,
  table: TableName,
  query?: Readonly<Record<string, string>>,
): Promise<JsonObject> => jsonOf(await context.ask(onStreams(table, 'POST', query)), 'the session')

interface Slot {
  readonly id: number
  readonly server: string
}

/** @throws Finding unless there is at least one, of the form that clients need */
const slotsOf = (json: JsonObject): readonly Slot[] => {
  const { slots } = json
  if (!Array.isArray(slots) || slots.length === 0) throw different('no slots')
  return slots.map(slot => {
    const [id, server] = Array.isArray(slot) && slot.length === 2 ? (slot as unknown[]) : []
    if (typeof id === 'number' && typeof server === 'string' && /^[^:]+:\d{1,5}$/.test(server))
      return { id, server }
    throw different('a slot of another form')
  })
}

const putPack = (
  context: CheckContext,
  table: TableName,
  session: JsonObject,
  rows: Rows,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> => {
  const slots = slotsOf(session)
  const { id, server } = slots[0]!
  const query = {
    ...{ uploadid: textOf(session, 'session_name'), slotid: String(id) },
    ...{ schema_version: String(session['schema_version']), record_count: String(rows.length) },
    ...{ check_latest_schema: 'false', ...more },
  }
  const columns = definitionOf('changing').schema.columns
  return context.ask({
    ...onStreams(table, 'PUT', query),
    headers: {
      'Content-Type': 'application/octet-stream',
      'odps-tunnel-slot-num': String(slots.length),
      'odps-tunnel-routed-server': server,
    },
    body: encodeRows(columns, rows),
  })
}

/** How long rows may take to be seen. */
const visibleMs = 60_000
const waitMs = 2_000

const expectVisible = async (
  context: CheckContext,
  table: TableName,
  count: number,
  partition?: string,
): Promise<string> => {
  const { clock } = context.connection.client
  for (let waitedMs = 0; ; waitedMs += waitMs) {
    const found = await countRows(context, table, partition)
    if (found === count) return `seen after ${waitedMs / 1000} s`
    if (waitedMs >= visibleMs) throw different(`${found} rows after ${visibleMs / 1000} s, not ${count}`)
    await clock.sleep(waitMs, context.signal)
  }
}

export const streamChecks: readonly Check[] = [
  {
    id: 'streams.keys-of-session',
    sentence:
      'A session of a streaming upload has text as `session_name`, `status`, a number as `schema_version`, an object as `schema`, and a list of `[number, "host:port"]` as `slots`; its `status` is `normal`.',
    tables: ['changing'],
    requests: 1,
    run: async context => {
      const json = await create(context, context.table('changing'))
      expectKeys(json, {
        ...{
          session_name: 'string',
          status: 'string',
          schema_version: 'number',
          schema: 'object',
          slots: 'list',
        },
      })
      slotsOf(json)
      if (json['status'] !== 'normal') throw different('another status')
      return undefined
    },
  },
  {
    id: 'streams.reload',
    sentence: '`GET {table}/streams?uploadid` gives the session again.',
    tables: ['changing'],
    requests: 2,
    run: async context => {
      const table = context.table('changing')
      const session = textOf(await create(context, table), 'session_name')
      const again = jsonOf(await context.ask(onStreams(table, 'GET', { uploadid: session })))
      if (textOf(again, 'session_name') !== session) throw different('another session')
      slotsOf(again)
      return undefined
    },
  },
  {
    id: 'streams.pack',
    sentence:
      'A pack is a record stream; its answer has the headers `odps-tunnel-slot-num` and `odps-tunnel-routed-server`, and its rows are in the table within 60 s, without a commit.',
    tables: ['changing'],
    requests: 4,
    bytes: 200,
    run: async context => {
      const table = context.table('changing')
      const before = await countRows(context, table)
      const rows = [[1n], [2n]]
      const answer = expectDone(await putPack(context, table, await create(context, table), rows), 'the pack')
      const { headers } = answer
      if (!/^\d+$/.test(headers['odps-tunnel-slot-num'] ?? '')) throw different('no number of slots')
      if (!/^[^:]+:\d+$/.test(headers['odps-tunnel-routed-server'] ?? '')) throw different('no server')
      const batch = headers['odps-tunnel-batch-id'] === undefined ? 'without' : 'with'
      return `${await expectVisible(context, table, before + rows.length)}, ${batch} the id of a batch`
    },
  },
  {
    id: 'streams.dynamic-partition',
    sentence:
      'A session with `dynamic_partition=true` takes packs for any partition, which each names, and makes the partition.',
    tables: ['days'],
    requests: 3,
    bytes: 200,
    run: async context => {
      const [table, partition] = [context.table('days'), `day=${randomBytes(4).toString('hex')},region=x`]
      const dynamic = { dynamic_partition: 'true' }
      const session = await create(context, table, dynamic)
      const answer = await putPack(context, table, session, [[1n], [2n]], { ...dynamic, partition })
      expectDone(answer, 'the pack')
      return expectVisible(context, table, 2, partition)
    },
  },
  {
    id: 'streams.unknown-session',
    sentence: 'A streaming session that is unknown: 404 `StreamSessionNotFound`.',
    tables: ['changing'],
    requests: 1,
    run: async context => {
      const question = onStreams(context.table('changing'), 'GET', {
        uploadid: `20200101000000${'0'.repeat(32)}`,
      })
      expectRefusal(await context.ask(question), 404, 'StreamSessionNotFound')
      return undefined
    },
  },
  {
    // The last one: the table is another one after it.
    id: 'streams.changed-schema',
    sentence:
      'With `check_latest_schema=true` a pack after a change of the table is refused, 412 `SchemaModified`, with the header `odps-tunnel-latest-schema-version`.',
    tables: ['changing'],
    requests: 5,
    statements: 1,
    bytes: 200,
    run: async context => {
      const table = context.table('changing')
      const session = await create(context, table)
      const column = `added_${randomBytes(4).toString('hex')}`
      const sql = `ALTER TABLE ${formatSqlTable(table)} ADD COLUMNS (${column} BIGINT)`
      await runSql(context.connection.client, table, sql, { signal: context.signal })
      const answer = await putPack(context, table, session, [[3n]], { check_latest_schema: 'true' })
      expectRefusal(answer, 412, 'SchemaModified')
      const version =
        answer.headers['odps-tunnel-latest-schema-version'] ??
        answer.headers['x-odps-tunnel-latest-schema-version']
      if (!/^\d+$/.test(version ?? '')) throw different('no latest version')
      return undefined
    },
  },
]
