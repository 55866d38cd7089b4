import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { pipeline } from 'node:stream/promises'
import { beforeEach, describe, type TestContext, test } from 'node:test'
import type {
  BlockTrace,
  CommitTrace,
  DownloadTrace,
  QueryTrace,
  RangeTrace,
  UploadTrace,
} from '../lib/index.js'
import { beginTrace, traced } from '../lib/tracing.js'
import { emulatedTable, fillTable, rowsUpTo } from './session/emulated-table.js'

const kinds = ['upload', 'block', 'commit', 'download', 'range', 'query'] as const
const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

interface Told {
  /** `block:start` */
  readonly event: string
  readonly context: object
}

/** What is published until the test has ended, in order. */
const listen = (context: TestContext): Told[] => {
  const told: Told[] = []
  for (const kind of kinds)
    for (const event of events) {
      const channel = tracingChannel(`odps-tunnel:${kind}`)[event]
      const listener = (message: unknown): void =>
        void told.push({ event: `${kind}:${event}`, context: message as object })
      channel.subscribe(listener)
      context.after(() => channel.unsubscribe(listener))
    }
  return told
}

const contextsOf = <Context>(told: readonly Told[], kind: (typeof kinds)[number]): Context[] =>
  told.filter(({ event }) => event === `${kind}:start`).map(({ context }) => context as Context)

/** The events of one context, without its kind. */
const eventsOf = (told: readonly Told[], context: object): string[] =>
  told.filter(each => each.context === context).map(({ event }) => event.split(':')[1]!)

const good = ['start', 'end', 'asyncStart', 'asyncEnd']
const failed = ['start', 'end', 'error', 'asyncStart', 'asyncEnd']

/** A download is over only when its requests are, which is after its last row. */
const ended = (context: TestContext, kind: (typeof kinds)[number]): Promise<void> => {
  const { asyncEnd } = tracingChannel(`odps-tunnel:${kind}`)
  return new Promise(resolve => {
    const listener = (): void => resolve()
    asyncEnd.subscribe(listener)
    context.after(() => asyncEnd.unsubscribe(listener))
  })
}

const closed = async (stream: NodeJS.EventEmitter & { readonly closed: boolean }): Promise<void> => {
  if (!stream.closed) await new Promise(resolve => stream.once('close', resolve))
}

describe('tracing channels', () => {
  test('tell of an upload, its blocks and its commit, in this order', async context => {
    const told = listen(context)
    const { tunnel } = await emulatedTable(context)
    const stream = tunnel.createUploadStream({ table: 't', blockRows: 2, concurrency: 1 })
    await pipeline(rowsUpTo(3), stream)
    await closed(stream)
    assert.deepEqual(
      told.map(({ event }) => event),
      [
        ...['upload:start', 'upload:end'],
        ...good.map(event => `block:${event}`),
        ...good.map(event => `block:${event}`),
        ...good.map(event => `commit:${event}`),
        ...['upload:asyncStart', 'upload:asyncEnd'],
      ],
    )
    const [upload] = contextsOf<UploadTrace>(told, 'upload')
    const { sessionId } = stream.session!
    assert.equal(upload!.stats, stream.stats)
    assert.deepEqual([upload!.project, upload!.table, upload!.result?.rows], ['p', 't', 3])
    assert.equal(upload!.result?.committed, true)
    const blocks = contextsOf<BlockTrace>(told, 'block')
    assert.deepEqual(
      blocks.map(({ parent, sessionId: id, blockId, rows }) => [parent === upload, id, blockId, rows]),
      [
        [true, sessionId, 0, 2],
        [true, sessionId, 1, 1],
      ],
    )
    assert.deepEqual(
      blocks.map(({ result }) => result?.blockId),
      [0, 1],
    )
    const [commit] = contextsOf<CommitTrace>(told, 'commit')
    assert.deepEqual([commit!.parent, commit!.sessionId, commit!.result?.rows], [upload, sessionId, 3])
  })

  test('tell of a download and its ranges, those that were broken off as one', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 5)
    const told = listen(context)
    table.emulator.setFaults([{ action: 'readData', fault: { cutBodyAfter: 30 } }])
    const stream = table.tunnel.createDownloadStream({ table: 't', rangeRows: 3, concurrency: 1 })
    const over = ended(context, 'download')
    assert.equal((await stream.toArray()).length, 5)
    await over
    assert.equal(stream.stats.retries, 1)
    const [download] = contextsOf<DownloadTrace>(told, 'download')
    const ranges = contextsOf<RangeTrace>(told, 'range')
    for (const each of [download!, ...ranges]) assert.deepEqual(eventsOf(told, each), good)
    assert.deepEqual(download!.source, { project: 'p', table: 't' })
    assert.equal(download!.stats, stream.stats)
    assert.deepEqual(download!.result, { isComplete: true })
    assert.deepEqual(
      ranges.map(({ parent, start, count, result }) => [parent === download, start, count, result?.rows]),
      [
        [true, 0, 3, 3],
        [true, 3, 2, 2],
      ],
    )
  })

  test('tell of a download that is left that it is not complete, and of its range how far it came', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 5)
    const told = listen(context)
    for await (const batch of table.tunnel.readBatches({ table: 't', rangeRows: 2, concurrency: 2 })) {
      assert.equal(batch.length, 2)
      break
    }
    const [download] = contextsOf<DownloadTrace>(told, 'download')
    assert.deepEqual(eventsOf(told, download!), good)
    assert.deepEqual(download!.result, { isComplete: false })
    const rows = contextsOf<RangeTrace>(told, 'range').map(({ result }) => result?.rows)
    assert.deepEqual(rows, [2, 0])
  })

  test('tell of a query and the download that waits for it', async context => {
    const { tunnel, emulator } = await emulatedTable(context)
    const told = listen(context)
    emulator.queries = [{ sql: 'SELECT 1', columns: { one: 'bigint' }, rows: [[1n]] }]
    assert.deepEqual(await tunnel.query({ sql: 'SELECT 1' }), [[1n]])
    const [download] = contextsOf<DownloadTrace>(told, 'download')
    const [query] = contextsOf<QueryTrace>(told, 'query')
    assert.deepEqual(eventsOf(told, query!), good)
    assert.deepEqual([query!.parent, query!.project], [download, 'p'])
    assert.equal(query!.instanceId, download!.stats.query?.instanceId)
    assert.deepEqual(query!.result, { instanceId: query!.instanceId })
    assert.equal(download!.source, undefined)
    assert.ok(!JSON.stringify([query, download]).includes('SELECT'))
  })

  test('tell what failed: a block, and with it its upload', async context => {
    const told = listen(context)
    const { tunnel, emulator } = await emulatedTable(context)
    emulator.setFaults(({ action }) =>
      action === 'putBlock' ? { status: 403, code: 'NoPermission' } : undefined,
    )
    const stream = tunnel.createUploadStream({ table: 't' })
    let error: unknown
    await assert.rejects(pipeline(rowsUpTo(1), stream), cause => {
      error = cause
      return true
    })
    await closed(stream)
    const [upload] = contextsOf<UploadTrace>(told, 'upload')
    const [block] = contextsOf<BlockTrace>(told, 'block')
    for (const each of [upload!, block!]) {
      assert.deepEqual(eventsOf(told, each), failed)
      assert.equal(each.error, error)
    }
    assert.deepEqual(contextsOf(told, 'commit'), [])
  })

  test('tell what failed: a commit, a range and a query', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 1)
    const told = listen(context)
    const { tunnel, emulator } = table
    emulator.setFaults(({ action }) =>
      action === 'commitUpload' || action === 'readData' ? { status: 403, code: 'NoPermission' } : undefined,
    )
    await assert.rejects(tunnel.upload({ table: 't' }, rowsUpTo(1)))
    await assert.rejects(tunnel.download({ table: 't' }))
    emulator.queries = [{ sql: 'SELECT 1', error: 'ODPS-0130131:[1,8] Table not found' }]
    await assert.rejects(tunnel.query({ sql: 'SELECT 1' }))
    for (const kind of ['upload', 'commit', 'download', 'range', 'query'] as const) {
      const contexts = contextsOf<UploadTrace>(told, kind)
      const last = contexts.at(-1)!
      assert.deepEqual(eventsOf(told, last), failed, kind)
      assert.ok(last.error instanceof Error && last.result === undefined)
    }
  })

  test('tell of an upload that is destroyed that nothing was committed', async context => {
    const told = listen(context)
    const { tunnel } = await emulatedTable(context)
    const stream = tunnel.createUploadStream({ table: 't' })
    stream.destroy()
    await closed(stream)
    const [upload] = contextsOf<UploadTrace>(told, 'upload')
    assert.deepEqual(eventsOf(told, upload!), failed)
    assert.equal((upload!.error as { code?: string }).code, 'ODPS_STREAM_DESTROYED')
  })

  test('tell of blocks and commits of sessions without an upload', async context => {
    const told = listen(context)
    await fillTable(await emulatedTable(context), 2)
    assert.equal(contextsOf(told, 'upload').length, 0)
    for (const kind of ['block', 'commit'] as const) {
      const [only] = contextsOf<BlockTrace>(told, kind)
      assert.equal(only!.parent, undefined)
      assert.deepEqual(eventsOf(told, only!), good)
    }
  })
})

describe('a channel without listeners', () => {
  let asked = 0
  const channel = tracingChannel<object>('odps-tunnel:test')
  const context = (): object => {
    asked++
    return {}
  }
  beforeEach(() => {
    asked = 0
  })

  test('asks for no context', async () => {
    assert.equal(beginTrace(channel, context), undefined)
    assert.equal(await traced(channel, context, async () => 1), 1)
    assert.equal(asked, 0)
  })

  test('asks for one as soon as somebody listens', async () => {
    const listener = (): void => {}
    channel.asyncEnd.subscribe(listener)
    assert.notEqual(beginTrace(channel, context), undefined)
    assert.equal(await traced(channel, context, async () => 1), 1)
    assert.equal(asked, 2)
    channel.asyncEnd.unsubscribe(listener)
  })
})
