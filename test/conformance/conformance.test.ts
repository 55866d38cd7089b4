import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { allChecks } from '../../lib/conformance/all-checks.js'
import { Conformance, type RunOutcome } from '../../lib/conformance/conformance.js'
import { plannedTables } from '../../lib/conformance/plan.js'
import { formatReportJson, formatReportMarkdown } from '../../lib/conformance/report.js'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { Clock } from '../../lib/http/clock.js'
import type { TunnelOptions } from '../../lib/options.js'
import { Tunnel } from '../../lib/tunnel.js'
import { type Change, edit, OtherwiseDispatcher, on, refuse } from './otherwise.js'

const credentials = { accessKeyId: 'LTAItestAccessKeyId', accessKeySecret: 'test-Access-Key-Secret-Value' }
const clock: Clock = { now: () => Date.now(), random: () => 0.5, sleep: async () => {} }

interface Bench {
  readonly emulator: Emulator
  readonly service: OtherwiseDispatcher
  readonly options: TunnelOptions
  readonly tunnel: Tunnel
  /** Names of all tables of the project. */
  tables(): Promise<string[]>
}

const start = async (context: TestContext): Promise<Bench> => {
  const emulator = await startEmulator({ listen: false, credentials, projects: ['secretproject'] })
  const service = new OtherwiseDispatcher(emulator.dispatcher)
  const options = { ...emulator.connection, credentials, region: 'cn-test', dispatcher: service, clock }
  const tunnel = new Tunnel({ ...options, dispatcher: emulator.dispatcher })
  context.after(() => emulator.close())
  const tables = async (): Promise<string[]> => {
    const names: string[] = []
    for await (const { name } of tunnel.listTables()) names.push(name.table)
    return names.sort()
  }
  return { emulator, service, options, tunnel, tables }
}

/** The first checks, which need two tables. */
const few = allChecks.slice(0, 8)

/** Those that need no table of their own: what findings are worded with is the same. */
const plain = allChecks.filter(({ tables }) => tables.every(key => ['rows', 'target', 'days'].includes(key)))

const runAll = (conformance: Conformance, options: Partial<Parameters<Conformance['run']>[0]> = {}) =>
  conformance.run({ signal: new AbortController().signal, keep: false, onResult: () => {}, ...options })

const statesOf = ({ results }: RunOutcome): string[] => [...new Set(results.map(({ state }) => state))]

describe('a run', () => {
  test('finds the emulator as assumed, and leaves nothing but what was there', async context => {
    const { emulator, service, options, tables } = await start(context)
    await emulator.createTable({ name: 'tmp_odps_tunnel_mine', columns: { a: 'bigint' } })
    await using conformance = new Conformance(options, { prefix: 'tmp_' })
    const planned = plannedTables(conformance.plan).map(({ title }) => title)
    for (const title of planned) assert.match(title, /^secretproject\.tmp_odps_tunnel_[0-9a-f]{8}_\d+$/)
    const outcome = await runAll(conformance)
    assert.deepEqual(statesOf(outcome), ['as assumed'])
    assert.equal(outcome.results.length, allChecks.length)
    assert.deepEqual(outcome.left, [])
    assert.deepEqual(await tables(), ['tmp_odps_tunnel_mine'])
    const made = emulator.requests.filter(({ action }) => action === 'submitInstance').length
    assert.equal(made, conformance.plan.statements)
    assert.ok(service.requests <= conformance.plan.requests, `${service.requests} requests`)
  })

  test('creates its tables with a comment, for a day, and never IF NOT EXISTS', async context => {
    const { options, tunnel, tables } = await start(context)
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: few })
    const { left } = await runAll(conformance, { keep: true })
    const names = await tables()
    assert.equal(names.length, 2)
    assert.deepEqual(
      left.map(({ name }) => name.table),
      names,
    )
    const info = await tunnel.getTable(names[0]!)
    assert.equal(info.lifecycleDays, 1)
    assert.equal(info.comment, `odps-tunnel conformance, run ${conformance.plan.runId}: may be dropped`)
  })

  test('does not touch a table that is there already, although it has the name', async context => {
    const { emulator, options, tables } = await start(context)
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: few })
    const [first] = [...conformance.plan.tables.names.values()]
    await emulator.createTable({ name: first!.table, columns: { a: 'bigint' } })
    const outcome = await runAll(conformance)
    const whats = outcome.results.map(({ what }) => what ?? '')
    assert.ok(
      whats.includes('its table could not be made: the statement failed with code ODPS-0130211'),
      whats.join('; '),
    )
    assert.deepEqual(await tables(), [first!.table])
  })

  test('drops a table whose creation was not confirmed, by its comment', async context => {
    const { service, options, tables } = await start(context)
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: few })
    service.change = on('getInstance', refuse(400, 'InvalidArgument'), 0)
    const outcome = await runAll(conformance)
    assert.match(outcome.results.map(({ what }) => what).join(), /its table could not be made/)
    assert.deepEqual(await tables(), [])
    assert.deepEqual(outcome.left, [])
  })

  test('leaves a table whose comment is another, and says how to drop it', async context => {
    const { service, options, tables } = await start(context)
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: few })
    service.change = reply => ({
      ...reply,
      body: Buffer.from(reply.body.toString('latin1').replaceAll('may be dropped', 'precious'), 'latin1'),
    })
    const { left } = await runAll(conformance)
    const names = await tables()
    assert.equal(names.length, 2)
    assert.deepEqual(
      left.map(({ statement }) => statement),
      names.map(name => `DROP TABLE \`secretproject\`.\`${name}\`;`),
    )
  })

  test('that is stopped drops its tables, and reports what it has', async context => {
    const { options, tables } = await start(context)
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: plain })
    const stop = new AbortController()
    const outcome = await runAll(conformance, {
      signal: stop.signal,
      onResult: ({ id }) => {
        if (id === 'routing.schema') stop.abort()
      },
    })
    assert.deepEqual(await tables(), [])
    assert.equal(outcome.results.at(-1)?.id, 'routing.schema')
    const text = formatReportMarkdown(conformance.reportOf(outcome, { verbose: false }))
    assert.match(text, new RegExp(`${plain.length - 3} not reached`))
  })

  test('that nobody allows to make tables goes on with what needs none', async context => {
    const { service, options } = await start(context)
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: plain })
    service.change = on('submitInstance', refuse(403, 'NoPermission'))
    const outcome = await runAll(conformance)
    const byId = new Map(outcome.results.map(({ id, state }) => [id, state]))
    assert.equal(byId.get('errors.no-such-table'), 'as assumed')
    assert.equal(byId.get('uploads.append'), 'not allowed')
    assert.ok(![...byId.values()].includes('different'), JSON.stringify([...byId]))
  })

  test('lists what earlier runs have left, and does not touch it', async context => {
    const { emulator, options, tables } = await start(context)
    const older = 'tmp_odps_tunnel_0123abcd_1'
    for (const name of [
      older,
      'tmp_odps_tunnel_0123abcd_x',
      'tmp_odps_tunnel_mine',
      'odps_tunnel_0123abcd_1',
    ])
      await emulator.createTable({ name, columns: { a: 'bigint' } })
    await using conformance = new Conformance(options, { prefix: 'TMP_', checks: few })
    const left = await conformance.findLeftovers(new AbortController().signal)
    assert.deepEqual(
      left.map(({ statement }) => statement),
      [`DROP TABLE \`secretproject\`.\`${older}\`;`],
    )
    await runAll(conformance)
    assert.equal((await tables()).length, 4)
  })

  test('waits for a service that is busy, and does not ask for ever', async context => {
    const { service, options } = await start(context)
    const [first] = allChecks
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: [first!] })
    service.change = on('getEndpoint', refuse(503, 'ServiceUnavailable'), 0)
    assert.deepEqual(statesOf(await runAll(conformance)), ['as assumed'])
    service.change = on('getEndpoint', refuse(429, 'FlowExceeded'))
    const { results } = await runAll(conformance)
    assert.equal(results[0]!.state, 'not asked')
    assert.equal(results[0]!.what, 'the service was busy: status 429, code FlowExceeded')
  })

  test('needs the service, not only the tunnel', () => {
    const options = { tunnelEndpoint: 'http://dt.example', project: 'p', credentials }
    assert.throws(() => new Conformance(options, { prefix: 'tmp_' }), { code: 'ODPS_MISSING_ENDPOINT' })
  })

  test('does not end with a mistake in a check, and drops its tables after it', async context => {
    const { options, tables } = await start(context)
    const broken = {
      ...few[1]!,
      run: async () => {
        throw new TypeError('oops')
      },
    }
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: [broken, ...few] })
    const { results } = await runAll(conformance)
    assert.deepEqual(
      results.slice(0, 2).map(({ state, what, detail }) => ({ state, what, detail })),
      [
        { state: 'not asked', what: 'the check itself failed: please report it', detail: 'TypeError: oops' },
        { state: 'as assumed', what: undefined, detail: undefined },
      ],
    )
    assert.deepEqual(await tables(), [])
  })

  for (const prefix of ['', '1x', 'a-b', 'a.b', '`', 'x'.repeat(42)])
    test(`refuses the prefix '${prefix}'`, async context => {
      const { options } = await start(context)
      assert.throws(() => new Conformance(options, { prefix }), { code: 'ODPS_INVALID_OPTION' })
    })
})

/** Puts text wherever a service can put any. */
const inject = (text: string): readonly [name: string, change: Change][] => [
  ['codes', (reply, asked) => refuse(400, text)(reply, asked)],
  [
    'codes of refusals',
    (reply, asked) => (reply.status < 300 ? reply : refuse(reply.status, text)(reply, asked)),
  ],
  [
    'messages and ids',
    () => {
      const error = { Code: 'InvalidArgument', Message: text, RequestId: text, HostId: text }
      return { status: 400, headers: { 'x-odps-request-id': text }, body: Buffer.from(JSON.stringify(error)) }
    },
  ],
  ['bodies', reply => ({ ...reply, body: Buffer.from(text) })],
  [
    'headers',
    reply => ({
      ...reply,
      headers: { ...reply.headers, connection: text, 'keep-alive': text, 'odps-tunnel-metrics': text },
    }),
  ],
  [
    'values of JSON',
    (reply, asked) => {
      try {
        return edit(json => Object.fromEntries(Object.keys(json).map(key => [key, text])))(reply, asked)
      } catch {
        return reply
      }
    },
  ],
  [
    'keys of JSON',
    (reply, asked) => {
      try {
        return edit(json => ({ ...json, [text]: { [text]: text } }))(reply, asked)
      } catch {
        return reply
      }
    },
  ],
]

describe('a report', () => {
  const texts = [
    credentials.accessKeyId,
    credentials.accessKeySecret,
    'Secretproject',
    'emulator.invalid',
    'Alice,4711,alice@example.com',
  ]
  const cases = [
    ...texts.flatMap(text => inject(text).filter(([name]) => name.startsWith('codes'))),
    ...inject(texts.join(' ')),
  ]
  for (const [i, [name, change]] of cases.entries())
    test(`has no name, key or row in it that the service puts into ${name}, ${i}`, async context => {
      const { service, options } = await start(context)
      await using conformance = new Conformance(options, { prefix: 'tmp_', checks: plain })
      service.change = (reply, asked) => (asked.action === 'submitInstance' ? reply : change(reply, asked))
      const outcome = await runAll(conformance)
      const report = conformance.reportOf(outcome, { verbose: false })
      const written = `${formatReportMarkdown(report)}${formatReportJson(report)}`.toLowerCase()
      if (name !== 'keys of JSON') assert.notDeepEqual(statesOf(outcome), ['as assumed'])
      for (const each of [...texts, conformance.plan.runId])
        for (const part of each.split(',')) assert.ok(!written.includes(part.toLowerCase()), part)
      const verbose = conformance.reportOf(outcome, { verbose: true })
      const whole = `${formatReportMarkdown(verbose)}${formatReportJson(verbose)}`
      assert.match(whole, /secretproject/)
      assert.doesNotMatch(whole, /the check itself failed/)
      for (const secret of Object.values(credentials)) assert.ok(!whole.includes(secret), 'a secret')
    })

  test('says what came, and shows the words of the service only with verbose', async context => {
    const { service, options } = await start(context)
    await using conformance = new Conformance(options, { prefix: 'tmp_', checks: few })
    service.change = on('getTable', refuse(400, 'InvalidArgument'), 1)
    const outcome = await runAll(conformance)
    const text = formatReportMarkdown(conformance.reportOf(outcome, { verbose: false }))
    assert.match(text, /\*\*8 ids: 7 as assumed, 1 different, 0 not allowed, 0 not asked\*\*/)
    assert.match(
      text,
      /## Different\n\n.*\n.*\n\| routing\.schema \| .* \| on the service: status 400, code InvalidArgument \|\n/,
    )
    const json = JSON.parse(formatReportJson(conformance.reportOf(outcome, { verbose: false }))) as {
      counts: object
      results: { id: string; what?: string }[]
    }
    assert.deepEqual(json.counts, { different: 1, 'not allowed': 0, 'not asked': 0, 'as assumed': 7 })
    const told = json.results.find(({ id }) => id === 'routing.schema')
    assert.deepEqual(Object.keys(told!), ['id', 'sentence', 'state', 'what'])
    const verbose = formatReportMarkdown(conformance.reportOf(outcome, { verbose: true }))
    assert.match(verbose, /on the service: status 400, code InvalidArgument — request \w+: other \|/)
    assert.match(verbose, /- project: secretproject/)
  })
})
