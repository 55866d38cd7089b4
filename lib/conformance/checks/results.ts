import { parseErrorBody } from '../../http/service-error.js'
import { formatSqlName, formatSqlTable } from '../../schema/sql-text.js'
import { type Column, parseTableSchema } from '../../schema/table-schema.js'
import type { InstanceRequests } from '../../session/instance/instance-requests.js'
import {
  type Answer,
  expectDone,
  expectRefusal,
  type JsonObject,
  jsonOf,
  objectIn,
  otherwise,
  textOf,
} from '../answer.js'
import { countStreamRows, decodeArrow } from '../arrow-rows.js'
import type { Check, CheckContext } from '../check.js'
import { codeText, different } from '../finding.js'
import { decodeRows, expectRows } from '../records.js'
import { runSql } from '../run-sql.js'
import { onTunnel } from '../sessions.js'
import { definitionOf, manyRows, type TableKey } from '../table-definitions.js'

const run = (
  context: CheckContext,
  sql: string,
  hints?: Readonly<Record<string, string>>,
): Promise<InstanceRequests> =>
  runSql(context.connection.client, context.place, sql, { signal: context.signal, hints })

const select = (context: CheckContext, what: string, key: TableKey): string =>
  `SELECT ${what} FROM ${formatSqlTable(context.table(key))}`

const askInstance = (
  context: CheckContext,
  instanceId: string,
  method: 'GET' | 'POST',
  query: Readonly<Record<string, string>>,
): Promise<Answer> => {
  const path = ['projects', context.place.project, 'instances', instanceId]
  return context.ask({ target: 'tunnel', method, path, query })
}

const limit = { instance_tunnel_limit_enabled: '' }

const openResult = async (
  context: CheckContext,
  { instanceId }: InstanceRequests,
  more: Readonly<Record<string, string>> = {},
): Promise<JsonObject> =>
  jsonOf(await askInstance(context, instanceId, 'POST', { downloads: '', ...more }), 'the session')

const readResult = async (
  context: CheckContext,
  { instanceId }: InstanceRequests,
  session: JsonObject,
  columns: readonly Column[],
) => {
  const downloadid = textOf(session, 'DownloadID')
  const rowrange = `(0,${Number(session['RecordCount'])})`
  return decodeRows(
    columns,
    await askInstance(context, instanceId, 'GET', { data: '', downloadid, rowrange }),
  )
}

/** A column of times as text, told in UTC; zeros at the end of a fraction say nothing. */
const timesOf = async (context: CheckContext, name: string): Promise<string[]> => {
  const column = `c_${name}`
  const instance = await run(context, select(context, formatSqlName(column), 'basic'), {
    'odps.sql.timezone': 'UTC',
  })
  const [, ...lines] = (await instance.result({ signal: context.signal })).trimEnd().split('\n')
  return lines
    .map(line => line.trim().replaceAll('"', ''))
    .filter(line => line !== '\\N' && line !== '')
    .map(line => line.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, ''))
    .sort()
}

const textCheck = (
  name: 'datetime' | 'timestamp' | 'date',
  what: string,
  times: readonly string[],
): Check => ({
  id: `results.${name}-as-text`,
  sentence: `${what}, as a query prints it in UTC.`,
  tables: ['basic'],
  requests: 4,
  statements: 1,
  run: async context => {
    const found = await timesOf(context, name)
    if (found.length !== times.length) throw different(`${found.length} values, not ${times.length}`)
    const wrong = times.findIndex((time, i) => found[i] !== time)
    if (wrong >= 0) throw different(`not ${times[wrong]}`, found[wrong])
    return undefined
  },
})

export const resultChecks: readonly Check[] = [
  {
    id: 'results.rows',
    sentence:
      'The rows of a query are read on the tunnel from `/projects/P/instances/I` as those of a table are.',
    tables: ['rows'],
    requests: 6,
    statements: 1,
    run: async context => {
      const instance = await run(context, select(context, '*', 'rows'))
      const { schema, rows: filling = [] } = definitionOf('rows')
      const session = await openResult(context, instance)
      const { rows } = await readResult(context, instance, session, schema.columns)
      // A query promises no order.
      const sorted = [...rows].sort((a, b) => Number(a[0]) - Number(b[0]))
      expectRows(schema.columns, sorted, filling)
      return undefined
    },
  },
  {
    id: 'results.unnamed-column',
    sentence: 'A column of a result without a name is called `_c0`; what `COUNT(*)` gives is a BIGINT.',
    tables: ['rows'],
    requests: 5,
    statements: 1,
    run: async context => {
      const session = await openResult(context, await run(context, select(context, 'COUNT(*)', 'rows')))
      const { columns } = parseTableSchema(objectIn(session, 'Schema'), 'any')
      if (columns.length !== 1) throw different(`${columns.length} columns`)
      if (columns[0]!.name !== '_c0') throw different('another name')
      if (columns[0]!.type.kind !== 'bigint') throw different('another type')
      return undefined
    },
  },
  {
    id: 'results.whole',
    sentence: 'Without `instance_tunnel_limit_enabled` a result has all rows.',
    tables: ['many'],
    requests: 5,
    statements: 1,
    run: async context => {
      const session = await openResult(context, await run(context, select(context, '*', 'many')))
      if (session['RecordCount'] !== manyRows) throw different(`${Number(session['RecordCount'])} rows`)
      return undefined
    },
  },
  {
    id: 'results.limited',
    sentence: 'With `instance_tunnel_limit_enabled` a result has 10000 rows at most.',
    tables: ['many'],
    requests: 5,
    statements: 1,
    run: async context => {
      const session = await openResult(context, await run(context, select(context, '*', 'many')), limit)
      if (session['RecordCount'] !== 10_000) throw different(`${Number(session['RecordCount'])} rows`)
      return undefined
    },
  },
  {
    id: 'results.no-rows',
    sentence:
      'The result of a statement without rows is refused on the tunnel: 400 `InstanceTypeNotSupported`.',
    tables: ['days'],
    requests: 5,
    statements: 1,
    run: async context => {
      const table = formatSqlTable(context.table('days'))
      const sql = `ALTER TABLE ${table} ADD IF NOT EXISTS PARTITION (day='no-rows', region='x')`
      const { instanceId } = await run(context, sql)
      const answer = await askInstance(context, instanceId, 'POST', { downloads: '' })
      expectRefusal(answer, 400, 'InstanceTypeNotSupported')
      return undefined
    },
  },
  {
    id: 'results.no-such-instance',
    sentence: 'An instance that is unknown on the tunnel: status 404, with some code.',
    tables: [],
    requests: 2,
    run: async context => {
      const answer = await askInstance(context, '20200101000000000gconformance', 'POST', { downloads: '' })
      if (answer.status !== 404) throw otherwise(answer)
      return codeText(parseErrorBody(answer.body.toString()).code)
    },
  },
  {
    id: 'results.arrow-timestamp',
    sentence: 'In Arrow, a TIMESTAMP of a result is a struct of seconds and nanoseconds.',
    tables: ['basic'],
    requests: 5,
    statements: 1,
    run: async context => {
      const column = definitionOf('basic').schema.columns.find(({ type }) => type.kind === 'timestamp')!
      const instance = await run(context, select(context, formatSqlName(column.name), 'basic'))
      const session = await openResult(context, instance)
      const answer = await askInstance(context, instance.instanceId, 'GET', {
        ...{ data: '', arrow: '', downloadid: textOf(session, 'DownloadID') },
        rowrange: `(0,${Number(session['RecordCount'])})`,
      })
      const { fields } = await decodeArrow([column], answer)
      if (fields[0]!.type.name !== 'struct') throw different('a count of nanoseconds')
      return undefined
    },
  },
  {
    id: 'results.preview',
    sentence:
      'A preview, `GET {table}/preview?limit=-1`, is an Arrow stream with a schema, of at most 10000 rows.',
    tables: ['many'],
    requests: 1,
    run: async context => {
      const question = onTunnel(context.table('many'), 'GET', { limit: '-1' })
      const answer = await context.ask({ ...question, path: [...question.path, 'preview'] })
      const rows = await countStreamRows(expectDone(answer).body)
      if (rows !== 10_000) throw different(`${rows} rows`)
      return undefined
    },
  },
  textCheck('datetime', 'A DATETIME is an instant, which counts milliseconds since 1970 in UTC', [
    ...['1969-12-31 23:59:59', '1970-01-01 00:00:00', '2024-02-29 12:34:56'],
  ]),
  textCheck('timestamp', 'A TIMESTAMP is an instant, whose seconds are rounded down also before 1970', [
    ...['1969-12-31 23:59:59.5', '1970-01-01 00:00:00', '2024-02-29 12:34:56.123456789'],
  ]),
  textCheck('date', 'A DATE counts days since 1970 in the Gregorian calendar', [
    ...['1969-12-31', '1970-01-01', '2024-02-29', '9999-12-31'],
  ]),
]
