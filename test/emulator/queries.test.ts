import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { columnOf } from '../../lib/arrow/columns/column.js'
import { BatchReader } from '../../lib/arrow/tunnel/batch-reader.js'
import { type WireBatch, WireTypes } from '../../lib/arrow/tunnel/wire-types.js'
import { type Emulator, type QuerySource, startEmulator } from '../../lib/emulator/index.js'
import { Timestamp } from '../../lib/values/timestamp.js'
import { childOf, readXml, textAt } from '../../lib/xml.js'
import { arrowVectors, plainValue } from '../arrow/tunnel/arrow-vectors.js'
import { columnsOf, streamOf } from '../codec/golden-vectors.js'
import { call, jsonOf, type Reply, twoRows } from './emulator-client.js'

const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const jobOf = (sql: string, settings: Record<string, string> = {}): Buffer =>
  Buffer.from(
    `<Instance><Job><Priority>9</Priority><Tasks><SQL><Name>AnonymousSQLTask</Name><Config><Property><Name>settings</Name><Value>${escapeText(JSON.stringify(settings))}</Value></Property><Property><Name>uuid</Name><Value>11111111-2222-3333-4444-555555555555</Value></Property></Config><Query>${escapeText(sql)}</Query></SQL></Tasks></Job></Instance>`,
  )

/** Requests about one instance. */
class InstanceCalls {
  readonly #emulator: Emulator
  readonly id: string

  private constructor(emulator: Emulator, id: string) {
    this.#emulator = emulator
    this.id = id
  }

  static async submit(emulator: Emulator, sql: string, settings = {}): Promise<InstanceCalls> {
    const { status, headers } = await call(emulator.endpoint, 'POST', '/projects/p/instances', {
      body: jobOf(sql, settings),
    })
    assert.equal(status, 201)
    return new InstanceCalls(emulator, headers['location']!.split('/').at(-1)!)
  }

  get(query: string): Promise<Reply> {
    return call(this.#emulator.endpoint, 'GET', `/projects/p/instances/${this.id}?${query}`)
  }

  async status(): Promise<string> {
    const root = readXml((await this.get('taskstatus')).body.toString())
    const task = textAt(root, 'Tasks', 'Task', 'Status')
    return `${textAt(root, 'Status')}, ${task}`
  }

  async text(): Promise<string> {
    const root = readXml((await this.get('result')).body.toString())
    const result = childOf(childOf(childOf(root, 'Tasks'), 'Task'), 'Result')!
    return `${result.attributes['Format']}: ${Buffer.from(result.text, 'base64')}`
  }

  stop(): Promise<Reply> {
    const body = Buffer.from('<Instance><Status>Terminated</Status></Instance>')
    return call(this.#emulator.endpoint, 'PUT', `/projects/p/instances/${this.id}`, { body })
  }

  tunnel(method: string, query: string, headers = {}): Promise<Reply> {
    return call(this.#emulator.tunnelEndpoint, method, `/projects/p/instances/${this.id}?${query}`, {
      headers,
    })
  }
}

const start = async (context: TestContext, queries?: QuerySource, options = {}): Promise<Emulator> => {
  const emulator = await startEmulator({ projects: ['p'], queries, ...options })
  context.after(() => emulator.close())
  return emulator
}

const idAndName = { id: 'bigint', name: 'string' }

describe('queries', () => {
  test('rows come as text and through the instance tunnel, as if they were those of a table', async context => {
    const emulator = await start(context, [
      {
        sql: 'select id, count(*) from t group by id',
        columns: idAndName,
        rows: [[1n, 'abc'], { id: 2, name: null }],
      },
    ])
    const instance = await InstanceCalls.submit(emulator, 'SELECT id, COUNT( * ) -- all\nFROM t GROUP BY id;')
    assert.equal(await instance.status(), 'Terminated, Success')
    assert.equal(await instance.text(), 'csv: "id","name"\n1,"abc"\n2,\\N\n')
    const session = jsonOf(await instance.tunnel('POST', 'downloads='))
    assert.equal(session['RecordCount'], 2)
    const { columns, partitionKeys } = session['Schema'] as { columns: object[]; partitionKeys: object[] }
    assert.deepEqual(
      columns.map(column => [Reflect.get(column, 'name'), Reflect.get(column, 'type')]),
      [
        ['id', 'bigint'],
        ['name', 'string'],
      ],
    )
    assert.deepEqual(partitionKeys, [])
    const data = `data=&downloadid=${session['DownloadID']}&rowrange=(0,2)`
    assert.equal((await instance.tunnel('GET', data)).body.toString('hex'), twoRows.toString('hex'))
    const source = readXml((await instance.get('source')).body.toString())
    const config = childOf(childOf(childOf(source, 'Tasks'), 'SQL'), 'Config')!
    assert.equal(textAt(config.children[1]!, 'Value'), '11111111-2222-3333-4444-555555555555')
  })

  test('the limited mode gives ten thousand rows, the other all', async context => {
    const rows = Array.from({ length: 10_001 }, (_, i) => [BigInt(i)])
    const emulator = await start(context, [{ sql: /./, columns: { n: 'bigint' }, rows }])
    const instance = await InstanceCalls.submit(emulator, 'select 1')
    const count = async (query: string): Promise<unknown> =>
      jsonOf(await instance.tunnel('POST', query))['RecordCount']
    assert.equal(await count('downloads='), 10_001)
    assert.equal(await count('downloads=&instance_tunnel_limit_enabled='), 10_000)
  })

  test('text and patterns: the first that fits', async context => {
    const one = (n: number): { columns: Record<string, string>; rows: unknown[] } => ({
      columns: { n: 'bigint' },
      rows: [[n]],
    })
    const emulator = await start(context, [
      { sql: "select 'A;b', `X` from t", ...one(1) },
      { sql: /from\s+LOGS/gi, ...one(2) },
      { sql: /logs/, ...one(3) },
    ])
    await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    const resultOf = async (sql: string): Promise<string> =>
      (await InstanceCalls.submit(emulator, sql)).text()
    const first = 'csv: "n"\n1\n'
    assert.equal(await resultOf("select 'A;b', `X` from t"), first)
    assert.equal(await resultOf("SET odps.sql.x = 1; set y=2;\nSELECT\t'A;b' , `X` FROM T ;;"), first)
    for (let i = 0; i < 2; i++) assert.equal(await resultOf('select 1 FROM logs'), 'csv: "n"\n2\n')
    assert.equal(await resultOf('select 1 from my_logs'), 'csv: "n"\n3\n')
    assert.match(await resultOf("select 'a;b', `X` from t"), /^text: ODPS-0130071:/)
    assert.equal(await resultOf('select id from t'), 'csv: "id"\n')
  })

  test('an error is that of the task', async context => {
    const error = 'ODPS-0130131:[1,15] Table not found - table p.nope cannot be resolved'
    const emulator = await start(context, [{ sql: /nope/, error }])
    const instance = await InstanceCalls.submit(emulator, 'select * from nope')
    assert.equal(await instance.status(), 'Terminated, Failed')
    assert.equal(await instance.text(), `text: ${error}`)
    const { status, body } = await instance.tunnel('POST', 'downloads=')
    assert.equal(status, 400)
    assert.equal(JSON.parse(body.toString()).Code, 'TaskFailed')
    assert.equal(JSON.parse(body.toString()).Message, error)
  })

  test('a statement without rows has text and no download', async context => {
    const emulator = await start(context, [{ sql: /^analyze/i, text: 'OK' }])
    const instance = await InstanceCalls.submit(emulator, 'ANALYZE TABLE t COMPUTE STATISTICS;')
    assert.equal(await instance.status(), 'Terminated, Success')
    assert.equal(await instance.text(), 'text: OK')
    const { status, body } = await instance.tunnel('POST', 'downloads=')
    assert.deepEqual([status, JSON.parse(body.toString()).Code], [400, 'InstanceTypeNotSupported'])
  })

  test('a function sees the job and may leave it to the emulator; its mistakes fail the task', async context => {
    const seen: unknown[] = []
    const emulator = await start(context, async ({ sql, project, schemaName, settings }) => {
      seen.push([sql, project, schemaName, Object.fromEntries(settings)])
      if (sql.includes('mine')) return { columns: { n: 'bigint' }, rows: [[5n]] }
      if (sql.includes('odd')) return { columns: { n: 'bigint' }, rows: [['x']] }
      if (sql.includes('bad')) throw new Error('no idea')
      return undefined
    })
    await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    const resultOf = async (sql: string): Promise<string> =>
      (await InstanceCalls.submit(emulator, sql, { a: 'b' })).text()
    assert.equal(await resultOf('select mine()'), 'csv: "n"\n5\n')
    assert.equal(await resultOf('select count(*) from t'), 'csv: "_c0"\n0\n')
    assert.match(await resultOf('select odd()'), /^text: ODPS-0420061:.*function of the option queries.*'n'/)
    assert.match(await resultOf('select bad()'), /^text: ODPS-0420061:.*no idea$/)
    assert.deepEqual(seen[0], ['select mine()', 'p', undefined, { a: 'b' }])
  })

  test('an instance that runs shows its state, is listed by time, and can be stopped', async context => {
    let now = Date.UTC(2025, 0, 2, 3, 4, 5)
    const emulator = await start(
      context,
      [{ sql: /./, columns: { n: 'bigint' }, rows: [[1n]], runMs: 10_000 }],
      { clock: () => now },
    )
    const listed = async (query: string): Promise<string[]> => {
      const { body } = await call(emulator.endpoint, 'GET', `/projects/p/instances?onlyowner=yes&${query}`)
      const root = readXml(body.toString())
      return root.children.filter(({ name }) => name === 'Instance').map(each => textAt(each, 'Name') ?? '')
    }
    const first = await InstanceCalls.submit(emulator, 'select 1')
    now += 5000
    const second = await InstanceCalls.submit(emulator, 'select 1')
    assert.equal(await first.status(), 'Running, Running')
    assert.equal(await first.text(), 'text: ')
    const running = await first.get('')
    assert.equal(running.headers['x-odps-start-time'], 'Thu, 02 Jan 2025 03:04:05 GMT')
    assert.equal(running.headers['x-odps-end-time'], '')
    const early = await first.tunnel('POST', 'downloads=')
    assert.deepEqual([early.status, jsonOf(early)['Code']], [400, 'InstanceNotTerminate'])
    const progress = readXml((await first.get('instanceprogress=AnonymousSQLTask')).body.toString())
    assert.equal(textAt(progress, 'Stage', 'FinishedPercentage'), '50')
    assert.deepEqual(await listed('status=Running'), [first.id, second.id])
    assert.deepEqual(await listed(`status=Running&daterange=${now / 1000}:`), [second.id])

    assert.equal((await second.stop()).status, 200)
    assert.equal(await second.status(), 'Terminated, Cancelled')
    assert.equal((await second.stop()).status, 409)
    const stopped = await second.tunnel('POST', 'downloads=')
    assert.deepEqual([stopped.status, jsonOf(stopped)['Code']], [400, 'TaskFailed'])
    assert.deepEqual(await listed('status=Running'), [first.id])

    now += 5000
    assert.equal(await first.status(), 'Terminated, Success')
    assert.equal((await first.get('')).headers['x-odps-end-time'], 'Thu, 02 Jan 2025 03:04:15 GMT')
    assert.equal(await second.status(), 'Terminated, Cancelled')
    assert.equal(await first.text(), 'csv: "n"\n1\n')
    assert.deepEqual(await listed(''), [first.id, second.id])
  })

  test('in Arrow their times are structs of seconds and nanoseconds, as PyODPS reads them', async context => {
    const vector = arrowVectors('instance')[0]!
    const times = vector.rows!.map(([cell]) => cell as { seconds: number; nanos: number } | null)
    const rows = times.map(time => [time && new Timestamp(time.seconds, time.nanos)])
    const emulator = await start(context, [{ sql: /./, columns: { t: 'timestamp' }, rows }])
    const instance = await InstanceCalls.submit(emulator, 'select t from t')
    const { DownloadID } = jsonOf(await instance.tunnel('POST', 'downloads='))
    const reply = await instance.tunnel('GET', `data=&arrow=&downloadid=${DownloadID}&rowrange=(0,100)`)
    const cells = (stream: Buffer): unknown[] => {
      const reader = new BatchReader(new WireTypes(columnsOf(vector)))
      const batches: WireBatch[] = []
      reader.push(stream, batches)
      reader.end(batches)
      return batches.flatMap(({ length, columns }) => {
        const column = columnOf(columns[0]!, () => [])
        return Array.from({ length }, (_, row) => plainValue(column.at(row)))
      })
    }
    const expected = times.map(time => time && [BigInt(time.seconds), time.nanos])
    assert.deepEqual(cells(streamOf(vector)!), expected)
    assert.deepEqual(cells(reply.body), expected)
  })

  test('they can be replaced', async context => {
    const emulator = await start(context)
    const resultOf = async (): Promise<string> =>
      (await InstanceCalls.submit(emulator, 'explain select 1')).text()
    assert.equal(emulator.queries, undefined)
    assert.match(await resultOf(), /^text: ODPS-0130071:.*the emulator does not have .* option queries/)
    const list: QuerySource = [{ sql: 'explain select 1', columns: { n: 'int' }, rows: [[1]] }]
    emulator.queries = list
    assert.equal(emulator.queries, list)
    assert.equal(await resultOf(), 'csv: "n"\n1\n')
    emulator.queries = undefined
    assert.match(await resultOf(), /^text: ODPS/)
  })

  test('two columns may have one name', async context => {
    const columns = [
      { name: 'n', type: 'bigint' },
      { name: 'n', type: 'string' },
    ]
    const emulator = await start(context, [
      {
        sql: /./,
        columns,
        rows: [
          [1n, 'abc'],
          [2n, null],
        ],
      },
    ])
    const instance = await InstanceCalls.submit(emulator, 'select a.n, b.n from a join b')
    const session = jsonOf(await instance.tunnel('POST', 'downloads='))
    const data = `data=&downloadid=${session['DownloadID']}&rowrange=(0,2)`
    assert.equal((await instance.tunnel('GET', data)).body.toString('hex'), twoRows.toString('hex'))
  })

  test('what is no answer is refused where it is given', async () => {
    const wrong: [unknown, RegExp][] = [
      ['select 1', /queries must be a function or a list of rules, got/],
      [
        [{ sql: '', columns: idAndName, rows: [] }],
        /queries\[0\]: sql must be SQL text or a regular expression/,
      ],
      [[{ sql: /./ }], /queries\[0\] must have columns and rows, or error, or text/],
      [[{ sql: /./, columns: idAndName }], /must have columns and rows, or error, or text/],
      [
        [{ sql: /./, columns: idAndName, rows: [], text: '' }],
        /must have columns and rows, or error, or text/,
      ],
      [[{ sql: /./, error: 'broken' }], /error must be text that begins with a code of the service/],
      [[{ sql: /./, columns: { n: 'bigint' }, rows: [[1n], ['x']] }], /queries\[0\]: .*row 1.*'n'/i],
      [[{ sql: /./, columns: {}, rows: [] }], /at least one column/],
      [[{ sql: /./, column: idAndName, rows: [] }], /unknown option column; did you mean columns/],
    ]
    for (const [queries, message] of wrong)
      await assert.rejects(startEmulator({ queries: queries as never }), { message })
  })
})
