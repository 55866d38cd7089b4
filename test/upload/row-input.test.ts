import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { describe, test } from 'node:test'
import { promiseHooks } from 'node:v8'
import { RowBatch } from '../../lib/codec/rows/row-batch.js'
import { emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'

describe('writeBatch', () => {
  test('rejects at once on a stream that takes no more rows, and changes nothing', async context => {
    const table = await emulatedTable(context)
    const ended = table.tunnel.createUploadStream({ table: 't' })
    ended.end([1n, 'a'])
    await assert.rejects(ended.writeBatch([[2n, 'b']]), { code: 'ODPS_STREAM_ENDED' })
    await assert.rejects(ended.writeAll([[2n, 'b']]), { code: 'ODPS_STREAM_ENDED' })
    assert.equal((await ended.committed).rows, 1)
    assert.deepEqual(await readTable(table), [[1n, 'a']])
    await assert.rejects(ended.writeBatch([[2n, 'b']]), { code: 'ODPS_STREAM_ENDED' })

    const destroyed = table.tunnel.createUploadStream({ table: 't' })
    destroyed.destroy()
    await assert.rejects(destroyed.writeBatch([[2n, 'b']]), { code: 'ODPS_STREAM_DESTROYED' })

    const errored = table.tunnel.createUploadStream({ table: 't' })
    const failure = new Error('stopped')
    errored.on('error', () => {}).destroy(failure)
    await assert.rejects(errored.writeBatch([[2n, 'b']]), failure)
    await assert.rejects(errored.writeAll([[2n, 'b']]), failure)
  })

  test('rejects what is no list of rows, and leaves the stream', async context => {
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    for (const rows of [undefined, null, 7, 'text', Buffer.from('bytes'), {}])
      for (const write of ['writeBatch', 'writeAll'] as const)
        await assert.rejects(upload[write](rows as never), { code: 'ODPS_INVALID_OPTION' })
    const other = [new Set(rowsUpTo(1)), (async function* () {})()]
    for (const rows of other)
      await assert.rejects(upload.writeBatch(rows as never), /other iterables are for writeAll/)
    upload.end([1n, 'a'])
    assert.equal((await upload.committed).rows, 1)
  })

  test('adds no listener for errors, nor do writeAll and committed', async context => {
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    const committed = upload.committed
    const closed = new Promise(resolve => upload.once('close', resolve))
    await upload.writeBatch([[1n, 'a']])
    await upload.writeAll([[2n, 'b']])
    assert.equal(upload.listenerCount('error'), 0)
    upload.destroy(new Error('stopped'))
    await assert.rejects(committed, /stopped/)
    await closed
    assert.equal(upload.listenerCount('error'), 0)
  })

  test('rejects when the stream is destroyed before its rows were taken', async context => {
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    const written = upload.writeBatch(rowsUpTo(10))
    const all = upload.writeAll(rowsUpTo(10))
    upload.destroy()
    await assert.rejects(written, { code: 'ODPS_STREAM_DESTROYED' })
    await assert.rejects(all, { code: 'ODPS_STREAM_DESTROYED' })
  })

  test('resolves when bad rows were skipped', async context => {
    const table = await emulatedTable(context)
    const upload = table.tunnel.createUploadStream({ table: 't', onRowError: () => {} })
    await upload.writeBatch([
      [1n, 'a'],
      ['no number', 'b'],
      [3n, 'c'],
    ])
    upload.end()
    assert.equal((await upload.committed).rows, 2)
  })
})

describe('write and end', () => {
  for (const chunk of ['text', Buffer.from('bytes'), new Uint8Array(2)])
    test(`refuse ${typeof chunk === 'string' ? 'text' : chunk.constructor.name} as a row`, async context => {
      const { emulator, tunnel } = await emulatedTable(context)
      const upload = tunnel.createUploadStream({ table: 't' })
      upload.write([1n, 'a'])
      upload.end(chunk)
      await assert.rejects(upload.committed, { code: 'ODPS_INVALID_ROW', rowIndex: 1 })
      assert.equal(emulator.rowCount('t'), 0)
    })
})

describe('writeAll', () => {
  /** Rejects as soon as the stream fails, while the source gives nothing. */
  const failWaiting = async (
    context: Parameters<typeof emulatedTable>[0],
    source: AsyncIterable<[bigint, string]>,
  ): Promise<void> => {
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    const all = upload.writeAll(source)
    const failure = new Error('stopped')
    upload.destroy(failure)
    await assert.rejects(all, failure)
  }

  test('lets an iterator go that is waited for', async context => {
    let returned = 0
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          returned++
          return { done: true as const, value: undefined }
        },
      }),
    }
    await failWaiting(context, source)
    assert.equal(returned, 1)
  })

  test('destroys a Readable, and cancels a web stream, that is waited for', async context => {
    const readable = new Readable({ objectMode: true, read() {} })
    await failWaiting(context, readable)
    assert.ok(readable.destroyed)
    let reason: unknown = 'none'
    const web = new ReadableStream<[bigint, string]>({
      cancel: why => {
        reason = why
      },
    })
    await failWaiting(context, web)
    assert.equal(reason, undefined)
  })

  test('returns a generator when the stream fails by a row', async context => {
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    let isReturned = false
    const source = async function* () {
      try {
        for (let id = 0n; ; id++) yield id === 300n ? ['no number', 'x'] : [id, 'x']
      } finally {
        isReturned = true
      }
    }
    await assert.rejects(upload.writeAll(source()), { code: 'ODPS_INVALID_VALUE', rowIndex: 300 })
    await new Promise(setImmediate)
    assert.ok(isReturned)
  })

  test('rejects with what its source throws, and the stream goes on', async context => {
    const table = await emulatedTable(context)
    for (const thrown of [new Error('source failed'), null, undefined, 0, '', false]) {
      const upload = table.tunnel.createUploadStream({ table: 't', overwrite: true })
      const source = function* () {
        yield [1n, 'a']
        throw thrown
      }
      await assert.rejects(upload.writeAll(source()), error => {
        assert.ok(error instanceof Error)
        if (thrown instanceof Error) assert.equal(error, thrown)
        else assert.equal(error.cause, thrown)
        return true
      })
      await assert.rejects(
        upload.writeAll(
          (async function* () {
            yield* source()
          })(),
        ),
        Error,
      )
      upload.end([2n, 'b'])
      assert.equal((await upload.committed).rows, 1)
      assert.deepEqual(await readTable(table), [[2n, 'b']])
    }
  })

  test('ends before the stream does, also when the stream was told to end first', async context => {
    const table = await emulatedTable(context)
    const upload = table.tunnel.createUploadStream({ table: 't' })
    const slow = async function* (rows: [bigint, string][]) {
      for (const row of rows) {
        await new Promise(setImmediate)
        yield row
      }
    }
    const written = [upload.writeAll(rowsUpTo(1000)), upload.writeBatch([[1000n, 'x']])]
    written.push(upload.writeAll(slow(rowsUpTo(600))))
    upload.end([1001n, 'y'])
    await assert.rejects(upload.writeAll([[1n, 'late']]), { code: 'ODPS_STREAM_ENDED' })
    assert.equal((await upload.committed).rows, 1602)
    await Promise.all(written)
    const ids = ((await readTable(table)) as [bigint, string][]).map(([id]) => Number(id))
    const expected = [...Array(1002).keys(), ...Array(600).keys()]
    const ascending = (a: number, b: number): number => a - b
    assert.deepEqual(ids.sort(ascending), expected.sort(ascending))
  })

  test('fails a stream that was told to end, when its source or a row fails, and nothing is committed', async context => {
    const { tunnel, emulator } = await emulatedTable(context)
    for (const last of [new Error('source failed'), ['no number', 'x']]) {
      const upload = tunnel.createUploadStream({ table: 't' })
      const source = async function* () {
        yield* rowsUpTo(300)
        await new Promise(setImmediate)
        if (last instanceof Error) throw last
        yield last
      }
      const all = upload.writeAll(source() as AsyncIterable<[bigint, string]>)
      upload.end()
      const expected = last instanceof Error ? last : { code: 'ODPS_INVALID_VALUE', rowIndex: 300 }
      await Promise.all([assert.rejects(upload.committed, expected), assert.rejects(all, expected)])
      assert.equal(emulator.rowCount('t'), 0)
    }
  })

  test('takes batches and promises of rows within its source', async context => {
    const table = await emulatedTable(context)
    const upload = table.tunnel.createUploadStream({ table: 't' })
    const [first, second, third, fourth] = rowsUpTo(4)
    const source: unknown[] = [first, RowBatch.from([second, third]), Promise.resolve(fourth)]
    await upload.writeAll(source as unknown[][])
    upload.end()
    await upload.committed
    assert.deepEqual(await readTable(table), rowsUpTo(4))
  })

  test('makes as many promises for a row of an asynchronous source as a loop over it does', async context => {
    const { tunnel } = await emulatedTable(context)
    const upload = tunnel.createUploadStream({ table: 't' })
    await upload.writeBatch([[0n, 'a']])
    const count = 5120
    const source = async function* (): AsyncGenerator<[bigint, string]> {
      for (let id = 0n; id < count; id++) yield [id, 'b']
    }
    const web = (): ReadableStream<[bigint, string]> => {
      let id = 0n
      return new ReadableStream({
        pull: controller => (id < count ? controller.enqueue([id++, 'b']) : controller.close()),
      })
    }
    const perRow = async (work: () => Promise<unknown>): Promise<number> => {
      let made = 0
      const stop = promiseHooks.onInit(() => {
        made++
      })
      await work()
      stop()
      return Math.round(made / count)
    }
    const ofLoop = await perRow(async () => {
      for await (const row of source()) assert.ok(row)
    })
    assert.equal(await perRow(() => upload.writeAll(source())), ofLoop)
    const ofReading = await perRow(async () => {
      const reader = web().getReader()
      while (!(await reader.read()).done);
    })
    assert.equal(await perRow(() => upload.writeAll(web())), ofReading)
    upload.end()
    assert.equal((await upload.committed).rows, 2 * count + 1)
  })
})
