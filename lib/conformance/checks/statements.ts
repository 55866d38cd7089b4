import { TunnelQueryError } from '../../errors.js'
import { formatCreateTable } from '../../schema/create-table-text.js'
import { formatSqlTable } from '../../schema/sql-text.js'
import { formatTableName, type TableName } from '../../schema/table-name.js'
import { formatJob, type SqlJob, uuidOfJob } from '../../session/instance/sql-job.js'
import { childOf, textAt } from '../../xml.js'
import { type Answer, expectDone, otherwise, xmlOf } from '../answer.js'
import type { Check, CheckContext } from '../check.js'
import { codeText, different } from '../finding.js'
import { jobOf, runSql } from '../run-sql.js'
import { onService } from '../sessions.js'
import { definitionOf } from '../table-definitions.js'

/** A statement that costs nothing, and can run any number of times. */
const cheap = (table: TableName): string =>
  `ALTER TABLE ${formatSqlTable(table)} ADD IF NOT EXISTS PARTITION (day='statement', region='x')`

const pathOf = ({ place }: CheckContext, ...more: readonly string[]): readonly string[] => [
  ...['projects', place.project, 'instances'],
  ...more,
]

const submit = (context: CheckContext, job: SqlJob): Promise<Answer> =>
  context.ask({
    ...{ target: 'service', method: 'POST', path: pathOf(context) },
    ...(context.place.schemaName !== undefined && { query: { curr_schema: context.place.schemaName } }),
    headers: { 'Content-Type': 'application/xml' },
    body: Buffer.from(formatJob(job)),
  })

/** @throws Finding unless the statement was accepted as assumed */
const idIn = (answer: Answer): string => {
  if (answer.status !== 201) throw otherwise(answer)
  const id = /\/instances\/([\w-]+)$/.exec(answer.headers['location'] ?? '')?.[1]
  if (id === undefined) throw different('no Location that ends in an instance')
  return id
}

/** How long an instance may stay out of the list. */
const listedMs = 30_000
const waitMs = 2_000

const expectListed = async (context: CheckContext, id: string): Promise<string> => {
  const { clock } = context.connection.client
  const since = Math.floor(clock.now() / 1000) - 16 * 60
  for (let waitedMs = 0; ; waitedMs += waitMs) {
    const query = { onlyowner: 'yes', daterange: `${since}:` }
    const answer = await context.ask({ target: 'service', method: 'GET', path: pathOf(context), query })
    const root = xmlOf(expectDone(answer), 'Instances')
    if (root.children.some(item => textAt(item, 'Name')?.trim() === id)) return `after ${waitedMs / 1000} s`
    if (waitedMs >= listedMs) throw different(`not in the list after ${listedMs / 1000} s`)
    await clock.sleep(waitMs, context.signal)
  }
}

/** @throws Finding when it doesn't fail @returns the service's code */
const failing = async (context: CheckContext, sql: string): Promise<string> => {
  try {
    await runSql(context.connection.client, context.place, sql, { signal: context.signal })
  } catch (error) {
    if (error instanceof TunnelQueryError && error.code === 'ODPS_QUERY_FAILED')
      return error.serviceCode ?? ''
    throw error
  }
  throw different('it does not fail')
}

export const statementChecks: readonly Check[] = [
  {
    id: 'statements.submitted',
    sentence: 'A statement is accepted with 201, without a body; `Location` ends in `/instances/` and an id.',
    tables: ['days'],
    requests: 1,
    statements: 1,
    run: async context => {
      const answer = await submit(context, jobOf(context.place, cheap(context.table('days'))))
      idIn(answer)
      if (answer.body.length > 0) throw different('it has a body')
      return undefined
    },
  },
  {
    id: 'statements.status',
    sentence:
      'The `Status` of an instance that has ended is `Terminated`, and with `taskstatus` that of a task that went well is `Success`.',
    tables: ['days'],
    requests: 5,
    statements: 1,
    run: async context => {
      const { client } = context.connection
      const sql = cheap(context.table('days'))
      const { instanceId } = await runSql(client, context.place, sql, { signal: context.signal })
      const question = { target: 'service', method: 'GET', path: pathOf(context, instanceId) } as const
      const root = xmlOf(expectDone(await context.ask(question)), 'Instance')
      if (textAt(root, 'Status')?.trim() !== 'Terminated') throw different('another Status of the instance')
      const answer = await context.ask({ ...question, query: { taskstatus: '' } })
      const task = childOf(childOf(xmlOf(expectDone(answer), 'Instance'), 'Tasks'), 'Task')
      if (task === undefined) throw different('no task')
      if (textAt(task, 'Status')?.trim() !== 'Success') throw different('another Status of the task')
      return undefined
    },
  },
  {
    id: 'statements.source',
    sentence: '`GET {instance}?source` gives back the `uuid` that the client put into the job.',
    tables: ['days'],
    requests: 2,
    statements: 1,
    run: async context => {
      const job = jobOf(context.place, cheap(context.table('days')))
      const id = idIn(await submit(context, job))
      const question = { target: 'service', method: 'GET', path: pathOf(context, id) } as const
      const answer = expectDone(await context.ask({ ...question, query: { source: '' } }))
      const uuid = uuidOfJob(xmlOf(answer, 'Job'))
      if (uuid !== job.uuid) throw different(uuid === undefined ? 'no uuid' : 'another uuid')
      return undefined
    },
  },
  {
    id: 'statements.listed',
    sentence: `A new instance is in the list of its owner's instances within ${listedMs / 1000} s.`,
    tables: ['days'],
    requests: 2,
    statements: 1,
    run: async context => {
      const id = idIn(await submit(context, jobOf(context.place, cheap(context.table('days')))))
      return expectListed(context, id)
    },
  },
  {
    id: 'statements.failed',
    sentence:
      'A statement about a table that is missing is a failed task, whose text has the code `ODPS-0130131`.',
    tables: [],
    requests: 4,
    statements: 1,
    run: async context => {
      const table = { ...context.place, table: 'odps_tunnel_conformance_asks_for_nothing' }
      const code = await failing(context, `SELECT id FROM ${formatSqlTable(table)}`)
      if (code !== 'ODPS-0130131')
        throw different(`it fails with ${codeText(code === '' ? undefined : code)}`)
      return undefined
    },
  },
  {
    id: 'statements.create-existing',
    sentence: 'Without `IF NOT EXISTS` a statement that creates a table fails when the table is there.',
    tables: ['target'],
    requests: 4,
    statements: 1,
    run: async context => {
      const sql = formatCreateTable(formatTableName(context.table('target')), definitionOf('target').schema)
      return codeText((await failing(context, sql)) || undefined)
    },
  },
  {
    id: 'statements.partition',
    sentence: '`ALTER TABLE … ADD PARTITION` makes a partition that is there when the statement has ended.',
    tables: ['days'],
    requests: 4,
    statements: 1,
    run: async context => {
      const table = context.table('days')
      await runSql(context.connection.client, table, cheap(table), { signal: context.signal })
      const question = onService(table, { partition: "day='statement',region='x'" })
      xmlOf(expectDone(await context.ask(question), 'the partition'), 'Partition')
      return undefined
    },
  },
]
