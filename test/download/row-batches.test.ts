import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { Agent, type Dispatcher } from 'undici'
import { downloadConfig } from '../../lib/download/download-config.js'
import type { DownloadSession } from '../../lib/download/download-session.js'
import { RowBatches } from '../../lib/download/row-batches.js'
import { readBatches } from '../../lib/index.js'
import { connect } from '../../lib/options.js'
import { TableResource } from '../../lib/session/table-resource.js'
import type { DownloadStats } from '../../lib/session/transfer-stats.js'
import {
  credentials,
  type EmulatedTable,
  emulatedTable,
  fillTable,
  rowsUpTo,
} from '../session/emulated-table.js'

interface Watched extends EmulatedTable {
  /** Requests that were sent and have neither ended nor failed. */
  readonly underWay: () => number
}

const watched = async (context: TestContext, rows: number): Promise<Watched> => {
  let count = 0
  const agent = new Agent()
  context.after(() => agent.close())
  const dispatcher = agent.compose(dispatch => (options, handler) => {
    count++
    const end = (): void => {
      count--
    }
    return dispatch(options, endTold(handler, end))
  })
  const table = await emulatedTable(context, { dispatcher })
  await fillTable(table, rows)
  return { ...table, underWay: () => count }
}

const endTold = (handler: Dispatcher.DispatchHandler, end: () => void): Dispatcher.DispatchHandler => ({
  onRequestStart: (...args) => handler.onRequestStart?.(...args),
  onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
  onResponseStart: (...args) => handler.onResponseStart?.(...args),
  onResponseData: (...args) => handler.onResponseData?.(...args),
  onResponseEnd: (...args) => {
    end()
    handler.onResponseEnd?.(...args)
  },
  onResponseError: (...args) => {
    end()
    handler.onResponseError?.(...args)
  },
})

const requests = ({ emulator }: EmulatedTable): number => emulator.requests.length

describe('batches of rows', () => {
  test('send nothing before the first of them is asked for', async context => {
    const table = await watched(context, 10)
    const before = requests(table)
    const batches = table.tunnel.readBatches({ table: 't' })
    await new Promise(setImmediate)
    assert.equal(requests(table), before)
    assert.equal(batches.session, undefined)
    assert.deepEqual(await batches.next(), { done: false, value: rowsUpTo(10) })
    assert.ok(requests(table) > before)
    await batches.return()
  })

  test('end without a request when they are left before they began', async context => {
    const table = await watched(context, 10)
    const before = requests(table)
    const batches = table.tunnel.readBatches({ table: 't' })
    assert.deepEqual(await batches.return(), { done: true, value: undefined })
    assert.deepEqual(await batches.next(), { done: true, value: undefined })
    assert.equal(requests(table), before)
  })

  test('tell of their session and progress, and count the rows they have given', async context => {
    const { tunnel } = await watched(context, 1000)
    const batches = tunnel.readBatches({ table: 't', rangeRows: 300 })
    const sessions: DownloadSession[] = []
    const progress: DownloadStats[] = []
    batches
      .on('session', session => sessions.push(session))
      .on('progress', stats => progress.push({ ...stats }))
    let rows = 0
    for await (const batch of batches) {
      rows += batch.length
      assert.equal(batches.stats.rows, rows)
      assert.equal(batches.session, sessions[0])
    }
    assert.equal(rows, 1000)
    assert.equal(sessions.length, 1)
    assert.equal(progress.at(-1)!.rows, 1000, 'the last one is told after the last row')
    assert.equal(batches.stats.totalRows, 1000)
    assert.equal(batches.stats.ranges, 4)
  })

  test('are iterated once: a second loop goes on where the first one is', async context => {
    const { tunnel } = await watched(context, 30)
    const batches = tunnel.readBatches({ table: 't', rangeRows: 10 })
    const [first, second] = [batches[Symbol.asyncIterator](), batches[Symbol.asyncIterator]()]
    assert.equal(first, second)
    assert.deepEqual((await first.next()).value, rowsUpTo(10))
    const rest: unknown[] = []
    for await (const batch of batches) rest.push(...batch)
    assert.deepEqual(rest, rowsUpTo(30).slice(10))
    for await (const _ of batches) assert.fail('it has ended')
  })

  test('end all requests before break is over', async context => {
    const table = await watched(context, 40)
    // The second range is held back: its request waits for an answer when the loop is left.
    table.emulator.setFaults([{ action: 'readData', after: 1, times: 3, fault: { delayMs: 60_000 } }])
    for await (const batch of table.tunnel.readBatches({ table: 't', rangeRows: 10, concurrency: 3 })) {
      assert.deepEqual(batch, rowsUpTo(10))
      assert.ok(table.underWay() > 0)
      break
    }
    assert.equal(table.underWay(), 0)
  })

  test('give the end to a next that waits while they are left', async context => {
    const table = await watched(context, 20)
    table.emulator.setFaults([{ action: 'readData', after: 1, fault: { delayMs: 60_000 } }])
    const batches = table.tunnel.readBatches({ table: 't', rangeRows: 10, concurrency: 1 })
    await batches.next()
    const waiting = batches.next()
    await batches.return()
    assert.deepEqual(await waiting, { done: true, value: undefined })
    assert.equal(table.underWay(), 0)
  })

  test('throw what is thrown into them, and have ended then', async context => {
    const table = await watched(context, 20)
    const batches = table.tunnel.readBatches({ table: 't', rangeRows: 10 })
    await batches.next()
    const thrown = new Error('enough')
    await assert.rejects(batches.throw(thrown), thrown)
    assert.equal(table.underWay(), 0)
    assert.deepEqual(await batches.next(), { done: true, value: undefined })
  })

  test('end with await using', async context => {
    const table = await watched(context, 20)
    const batches = table.tunnel.readBatches({ table: 't', rangeRows: 10 })
    await batches.next()
    await batches[Symbol.asyncDispose]()
    assert.equal(table.underWay(), 0)
    assert.deepEqual(await batches.next(), { done: true, value: undefined })
  })

  test('throw an error once, with counters that are final', async context => {
    const table = await watched(context, 60)
    table.emulator.setFaults([
      { action: 'readData', after: 1, fault: { status: 403, code: 'NoPermission' } },
      { action: 'readData', after: 2, times: 5, fault: { delayMs: 60_000 } },
    ])
    const batches = table.tunnel.readBatches({ table: 't', rangeRows: 10, concurrency: 3 })
    await batches.next()
    await assert.rejects(batches.next(), {
      code: 'ODPS_ACCESS_DENIED',
      sessionId: batches.session!.sessionId,
    })
    assert.equal(table.underWay(), 0)
    const final = structuredClone(batches.stats)
    assert.equal(final.rows, 10)
    assert.deepEqual(await batches.next(), { done: true, value: undefined })
    await new Promise(setImmediate)
    assert.deepEqual(batches.stats, final)
  })

  test('stop by their signal, before and between batches', async context => {
    const { tunnel, ...table } = await watched(context, 20)
    const gone = tunnel.readBatches({ table: 't', signal: AbortSignal.abort('early') })
    await assert.rejects(gone.next(), { name: 'AbortError', cause: 'early' })
    const abort = new AbortController()
    const batches = tunnel.readBatches({ table: 't', rangeRows: 10, concurrency: 2, signal: abort.signal })
    await batches.next()
    abort.abort('enough')
    // Not the end, which would say that all rows came.
    await assert.rejects(batches.next(), { name: 'AbortError', cause: 'enough' })
    assert.equal(table.underWay(), 0)
  })

  test('are not changed by what a listener throws', async context => {
    const { tunnel } = await watched(context, 20)
    const thrown = new Error('of the listener')
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const unheard: unknown[] = []
    process.on('uncaughtException', error => unheard.push(error))
    context.after(() => {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    })
    const batches = tunnel.readBatches({ table: 't', rangeRows: 10 })
    batches.once('session', () => {
      throw thrown
    })
    const rows: unknown[] = []
    for await (const batch of batches) rows.push(...batch)
    assert.deepEqual(rows, rowsUpTo(20))
    assert.deepEqual(unheard, [thrown])
  })

  test('release what was made for them once, however they end', async context => {
    const { emulator } = await watched(context, 20)
    const place = { endpoint: emulator.endpoint, project: 'p', credentials } as const
    const run = async (table: string, loop: (batches: RowBatches) => Promise<unknown>): Promise<number> => {
      let released = 0
      const { client } = connect(place)
      context.after(() => client.close())
      const resource = new TableResource(client, { project: 'p', table })
      const config = downloadConfig(resource, { table, rangeRows: 10 })
      const batches = new RowBatches(config, async () => void released++)
      await loop(batches)
      await batches.return()
      return released
    }
    const all = async (batches: RowBatches): Promise<void> => {
      for await (const _ of batches) assert.equal(batches.stats.rows % 10, 0)
    }
    const first = async (batches: RowBatches): Promise<void> => {
      for await (const _ of batches) break
    }
    assert.equal(await run('t', all), 1)
    assert.equal(await run('t', first), 1)
    assert.equal(
      await run('none', batches => assert.rejects(batches.next(), { code: 'ODPS_NO_SUCH_TABLE' })),
      1,
    )
    assert.equal(await run('t', async () => {}), 1)
  })

  test('connect by themselves at top level', async context => {
    const { emulator } = await watched(context, 20)
    const rows: unknown[] = []
    for await (const batch of readBatches({
      endpoint: emulator.endpoint,
      project: 'p',
      credentials,
      table: 't',
    }))
      rows.push(...batch)
    assert.deepEqual(rows, rowsUpTo(20))
    assert.throws(() => readBatches({ table: 't', rows: 1 } as never), { code: 'ODPS_UNKNOWN_OPTION' })
  })
})
