import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { allChecks } from '../../lib/conformance/all-checks.js'
import { type Plan, planRun } from '../../lib/conformance/plan.js'
import { CheckRun } from '../../lib/conformance/run-checks.js'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { Clock } from '../../lib/http/clock.js'
import { type Connection, connect, type TunnelOptions } from '../../lib/options.js'
import { deviations } from './deviations.js'
import { OtherwiseDispatcher, refuse } from './otherwise.js'

const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }

/** Nobody waits for it. */
const clock: Clock = { now: () => Date.now(), random: () => 0.5, sleep: async () => {} }

let emulator: Emulator
let service: OtherwiseDispatcher
let options: TunnelOptions
let connection: Connection
let plan: Plan
let run: CheckRun

before(async () => {
  emulator = await startEmulator({ listen: false, credentials, projects: ['p'] })
  service = new OtherwiseDispatcher(emulator.dispatcher)
  options = { ...emulator.connection, project: 'p', region: 'cn-test', dispatcher: service, clock }
  connection = connect(options)
  plan = planRun(connection, allChecks, { prefix: 'tmp_' })
  run = new CheckRun(plan, { connection, options, signal: new AbortController().signal })
})

after(async () => {
  service.change = reply => reply
  assert.deepEqual(await plan.tables.dropAll(), [])
  await run.close()
  await emulator.close()
})

describe('checks', () => {
  test('have ids of their own, each with a deviation', () => {
    const ids = allChecks.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
    assert.deepEqual(Object.keys(deviations).sort(), [...ids].sort())
  })

  for (const check of allChecks) {
    test(`${check.id}: as assumed by the emulator, with no more requests than it declares`, async () => {
      service.change = reply => reply
      await run.prepare(check)
      const [requests, bytes] = [service.requests, service.bytes]
      const { state, what, detail } = (await run.run(check))!
      assert.equal(state, 'as assumed', `${what}: ${detail}`)
      const sent = service.requests - requests
      assert.ok(sent <= check.requests, `${sent} requests, and ${check.requests} are declared`)
      const sentBytes = service.bytes - bytes
      const statementBytes = 2_000 * (check.statements ?? 0)
      assert.ok(sentBytes <= (check.bytes ?? 0) + statementBytes, `${sentBytes} bytes are sent`)
    })

    for (const [change, expected] of deviations[check.id] ?? [])
      test(`${check.id}: different, ${expected}`, async () => {
        service.change = reply => reply
        await run.prepare(check)
        service.change = change()
        const { state, what } = (await run.run(check))!
        assert.deepEqual({ state, what }, { state: 'different', what: expected })
      })

    test(`${check.id}: not as assumed by a service that forbids everything`, async () => {
      service.change = reply => reply
      await run.prepare(check)
      service.change = (reply, asked) => refuse(403, 'NoPermission')(reply, asked)
      const { state } = (await run.run(check))!
      assert.notEqual(state, 'as assumed')
    })
  }
})
