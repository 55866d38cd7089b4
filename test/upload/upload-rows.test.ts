import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { describe, test } from 'node:test'
import { RowBatch } from '../../lib/codec/rows/row-batch.js'
import { download, upload } from '../../lib/index.js'
import { emulatedTable, fillTable, readTable, rowsUpTo } from '../session/emulated-table.js'

const webStream = (rows: readonly unknown[]): ReadableStream<unknown[]> =>
  new ReadableStream({
    start: controller => {
      for (const row of rows) controller.enqueue(row as unknown[])
      controller.close()
    },
  })

describe('upload', () => {
  test('takes whatever can be iterated, and resolves when the rows are committed', async context => {
    const table = await emulatedTable(context)
    const rows = rowsUpTo(600)
    const sources = {
      array: rows,
      batch: RowBatch.from(rows),
      batches: [RowBatch.from(rows.slice(0, 300)), RowBatch.from(rows.slice(300))] as unknown as typeof rows,
      generator: (function* () {
        yield* rows
      })(),
      'async generator': (async function* () {
        yield* rows
      })(),
      readable: Readable.from(rows),
      'web stream': webStream(rows) as ReadableStream<[bigint, string]>,
      set: new Set(rows),
    }
    for (const [name, source] of Object.entries(sources)) {
      const result = await table.tunnel.upload({ table: 't', overwrite: true }, source)
      assert.deepEqual([result.committed, result.rows], [true, 600], name)
      assert.deepEqual(await readTable(table), rows, name)
    }
    assert.equal((await table.tunnel.upload({ table: 't', overwrite: true }, [])).rows, 0)
    assert.deepEqual(await readTable(table), [])
  })

  test('at top level closes a connection of its own', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const place = { ...emulator.connection, table: 't' }
    assert.equal((await upload(place, rowsUpTo(3))).rows, 3)
    assert.deepEqual(await download(place), rowsUpTo(3))
    assert.equal((await upload({ tunnel, table: 't' }, rowsUpTo(3))).rows, 3)
    const objects = await download({ tunnel, table: 't', rowShape: 'object', columns: ['name'], count: 1 })
    assert.deepEqual(objects, [{ name: 'row 0' }])
    await assert.rejects(upload({ ...place, tunnel }, []), { code: 'ODPS_INVALID_OPTION' })
    await assert.rejects(download({ ...place, tunnel }), { code: 'ODPS_INVALID_OPTION' })
  })

  test('refuses what gives no rows, or not all, before any request', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const readFrom = Readable.from(rowsUpTo(3))
    for await (const _ of readFrom) break
    const started = new PassThrough({ objectMode: true })
    started.write([1n, 'a'])
    started.read()
    const destroyed = Readable.from(rowsUpTo(3))
    destroyed.destroy()
    const errored = new Readable({ objectMode: true, read() {} })
    errored.on('error', () => {}).destroy(new Error('earlier'))
    const flowing = new PassThrough({ objectMode: true })
    flowing.on('data', () => {})
    const locked = webStream(rowsUpTo(3))
    locked.getReader()
    const failed = new ReadableStream({ start: controller => controller.error(new Error('earlier')) })
    const disturbed = webStream(rowsUpTo(3))
    const reader = disturbed.getReader()
    await reader.read()
    reader.releaseLock()
    const odd = [undefined, null, 7, {}, 'text', Buffer.from('bytes'), new Uint8Array(3), () => {}]
    for (const rows of [...odd, readFrom, started, destroyed, errored, flowing, locked, failed, disturbed])
      await assert.rejects(tunnel.upload({ table: 't' }, rows as never), {
        name: 'TunnelOptionError',
        code: 'ODPS_INVALID_OPTION',
      })
    const generator = rowsUpTo(3).values()
    await assert.rejects(tunnel.upload({ table: 't', nope: 1 } as never, generator), {
      code: 'ODPS_UNKNOWN_OPTION',
    })
    assert.deepEqual(emulator.requests, [])
  })

  test('a row that does not fit rejects with its number, and closes the source', async context => {
    const table = await emulatedTable(context)
    let isClosed = false
    const source = async function* () {
      try {
        yield [1n, 'a']
        yield null as never
        for (;;) yield [2n, 'b']
      } finally {
        isClosed = true
      }
    }
    await assert.rejects(table.tunnel.upload({ table: 't' }, source()), {
      code: 'ODPS_INVALID_ROW',
      rowIndex: 1,
    })
    await new Promise(setImmediate)
    assert.ok(isClosed)
    assert.deepEqual(await readTable(table), [])
  })

  test('a source that fails, or ends too early, rejects with its error; nothing is committed', async context => {
    const table = await emulatedTable(context)
    const failure = new Error('source failed')
    const failing = async function* () {
      yield* rowsUpTo(1000)
      throw failure
    }
    await assert.rejects(table.tunnel.upload({ table: 't' }, failing()), failure)
    await assert.rejects(table.tunnel.upload({ table: 't' }, Readable.from(failing())), failure)
    const cut = new PassThrough({ objectMode: true })
    cut.write([1n, 'a'])
    setImmediate(() => cut.destroy())
    await assert.rejects(table.tunnel.upload({ table: 't' }, cut), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
    assert.deepEqual(await readTable(table), [])
    const sessions = table.emulator.requests.filter(({ action }) => action === 'commitUpload')
    assert.deepEqual(sessions, [])
  })

  test('an upload that fails lets a source go that gives nothing', async context => {
    const { tunnel } = await emulatedTable(context, {
      faults: [{ action: 'createUpload', times: 9, fault: { status: 403, code: 'NoPermission' } }],
    })
    const silent = new Readable({ objectMode: true, read() {} })
    await assert.rejects(tunnel.upload({ table: 't' }, silent), { code: 'ODPS_ACCESS_DENIED' })
    assert.ok(silent.destroyed)
    let isCancelled = false
    const web = new ReadableStream<unknown[]>({
      cancel: () => {
        isCancelled = true
      },
    })
    await assert.rejects(tunnel.upload({ table: 't' }, web), { code: 'ODPS_ACCESS_DENIED' })
    assert.ok(isCancelled)
  })

  test('a signal stops it', async context => {
    const { tunnel } = await emulatedTable(context)
    const abort = new AbortController()
    const silent = new Readable({ objectMode: true, read() {} })
    const uploading = tunnel.upload({ table: 't', signal: abort.signal }, silent)
    abort.abort()
    await assert.rejects(uploading, { name: 'AbortError' })
    assert.ok(silent.destroyed)
  })

  test('a refused commit rejects', async context => {
    const table = await emulatedTable(context, {
      faults: [{ action: 'commitUpload', fault: { status: 403, code: 'NoPermission' } }],
    })
    await assert.rejects(table.tunnel.upload({ table: 't' }, rowsUpTo(3)), { code: 'ODPS_ACCESS_DENIED' })
    assert.deepEqual(await readTable(table), [])
  })
})

describe('download', () => {
  test('resolves to all rows, or rejects', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 5000)
    assert.deepEqual(await table.tunnel.download({ table: 't', rangeRows: 700 }), rowsUpTo(5000))
    assert.deepEqual(await table.tunnel.download({ table: 't', start: 4998 }), rowsUpTo(5000).slice(4998))
    await assert.rejects(table.tunnel.download({ table: 'missing' }), { code: 'ODPS_NO_SUCH_TABLE' })
    await assert.rejects(table.tunnel.download({ table: 't', nope: 1 } as never), {
      code: 'ODPS_UNKNOWN_OPTION',
    })
    table.emulator.setFaults([
      { action: 'readData', times: 99, fault: { status: 404, code: 'NoSuchDownload' } },
    ])
    await assert.rejects(table.tunnel.download({ table: 't' }), { name: 'TunnelSessionError' })
  })
})
