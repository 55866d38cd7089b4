import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { emulatedTable, fillTable, readTable, rowsUpTo } from './emulated-table.js'

/** What JavaScript lets people throw, and callbacks take for success. */
const odd: readonly unknown[] = [null, undefined, 0, '', false, Number.NaN, 'text', Symbol('s')]

const isErrorFor =
  (thrown: unknown) =>
  (error: unknown): true => {
    assert.ok(error instanceof Error, `${String(thrown)} gave ${String(error)}`)
    assert.ok(Object.is(error.cause, thrown) || Object.is((error.cause as Error)?.cause, thrown))
    return true
  }

describe('an upload stream fails by whatever is thrown, and commits nothing', () => {
  const throwing: Readonly<Record<string, (thrown: unknown) => object>> = {
    'a getter of an object': thrown => ({
      id: 1n,
      get name() {
        throw thrown
      },
    }),
    'a cell of an array': thrown =>
      Object.defineProperty([1n, 'a'], 1, {
        get: () => {
          throw thrown
        },
      }),
    'a proxy': thrown =>
      new Proxy(
        { id: 1n, name: 'a' },
        {
          get: () => {
            throw thrown
          },
          ownKeys: () => {
            throw thrown
          },
        },
      ),
  }
  for (const [name, row] of Object.entries(throwing))
    test(name, async context => {
      const table = await emulatedTable(context)
      for (const thrown of odd)
        for (const write of ['write', 'writeBatch', 'pipeline'] as const) {
          // Node's own pipeline looks at a row before the upload does.
          if (write === 'pipeline' && name === 'a proxy') continue
          const upload = table.tunnel.createUploadStream({ table: 't' })
          const rows = [...rowsUpTo(3), row(thrown) as unknown[], ...rowsUpTo(3)]
          const run = async (): Promise<unknown> => {
            if (write === 'pipeline') return pipeline(rows, upload)
            if (write === 'writeBatch') await upload.writeBatch(rows)
            else for (const each of rows) upload.write(each)
            upload.end()
            return finished(upload)
          }
          await assert.rejects(run(), isErrorFor(thrown))
          await assert.rejects(upload.committed, isErrorFor(thrown))
        }
      assert.deepEqual(await readTable(table), [])
    })

  test('what cannot be looked at', async context => {
    const trap = (): never => {
      throw new Error('do not touch')
    }
    const traps = Object.fromEntries(
      ['get', 'has', 'getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor', 'set', 'defineProperty'].map(
        name => [name, trap],
      ),
    )
    const unreadable: readonly unknown[] = [
      new Proxy({}, traps),
      new Proxy(new Error('hidden'), traps),
      Object.defineProperty(new Error('hidden'), 'message', { get: trap }),
      Object.defineProperty(new Error('hidden'), 'stack', { get: trap }),
      Object.freeze(Object.assign(new Error('frozen'), { name: 'AbortError' })),
      Object.create(null),
    ]
    const table = await emulatedTable(context)
    for (const thrown of unreadable)
      for (const where of ['row', 'onRowError', 'source'] as const) {
        const fail = (): never => {
          throw thrown
        }
        const row = where === 'row' ? Object.defineProperty([1n, 'a'], 1, { get: fail }) : ['no number', 'b']
        const rows = function* () {
          yield [1n, 'a']
          if (where === 'source') fail()
          yield row
        }
        const options = { table: 't', ...(where === 'onRowError' && { onRowError: fail }) }
        await assert.rejects(table.tunnel.upload(options, rows()))
        const upload = table.tunnel.createUploadStream(options)
        const written = upload.writeAll(rows()).then(() => {
          upload.end()
          return finished(upload)
        })
        await assert.rejects(written)
        upload.destroy()
        const source = new Readable({ objectMode: true, read: () => source.destroy(thrown as Error) })
        await assert.rejects(table.tunnel.upload({ table: 't' }, source))
      }
    assert.deepEqual(await readTable(table), [])
  })

  test('onRowError', async context => {
    const table = await emulatedTable(context)
    for (const thrown of odd) {
      const onRowError = (): never => {
        throw thrown
      }
      const upload = table.tunnel.createUploadStream({ table: 't', onRowError })
      await assert.rejects(
        pipeline(
          [
            [1n, 'a'],
            ['no number', 'b'],
            [3n, 'c'],
          ],
          upload,
        ),
        isErrorFor(thrown),
      )
    }
    assert.deepEqual(await readTable(table), [])
  })

  test('the rows of a session', async context => {
    const { tunnel } = await emulatedTable(context)
    const session = await tunnel.createUploadSession({ table: 't' })
    for (const thrown of odd) {
      const rows = function* () {
        yield [1n, 'a']
        throw thrown
      }
      await assert.rejects(session.upload(0, rows()), isErrorFor(thrown))
      await assert.rejects(
        session.upload(0, [throwing['a getter of an object']!(thrown)]),
        isErrorFor(thrown),
      )
    }
    assert.deepEqual((await session.load()).blocks, [])
  })
})

describe('a download fails by whatever a parser throws', () => {
  test('as a stream, in batches, and through a session', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 10)
    const session = await table.tunnel.createDownloadSession({ table: 't' })
    for (const thrown of odd) {
      const parsers = {
        id: (value: unknown): unknown => {
          if (value === 5n) throw thrown
          return value
        },
      }
      const options = { table: 't', parsers }
      const each = async (rows: AsyncIterable<unknown>): Promise<void> => {
        for await (const _ of rows);
      }
      await assert.rejects(each(table.tunnel.createDownloadStream(options)), isErrorFor(thrown))
      await assert.rejects(each(table.tunnel.readBatches(options)), isErrorFor(thrown))
      await assert.rejects(session.download(0, 10, { parsers }), isErrorFor(thrown))
    }
  })
})

/** What is reported to the process while it runs, in place of ending it. */
const reported = async (context: TestContext, run: () => Promise<void>): Promise<unknown[]> => {
  const seen: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', error => seen.push(error))
  context.after(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  await run()
  await new Promise(setImmediate)
  return seen
}

describe('what a listener throws is its own', () => {
  const failure = new Error('in a listener')
  const throwing = (): never => {
    throw failure
  }

  test('an upload is committed, and Node is told', async context => {
    // A slow machine would tell of progress more than once.
    context.mock.timers.enable({ apis: ['setInterval'] })
    const table = await emulatedTable(context)
    const seen = await reported(context, async () => {
      const upload = table.tunnel.createUploadStream({ table: 't' })
      upload.on('session', throwing).on('progress', throwing)
      await pipeline(rowsUpTo(10), upload)
      assert.equal((await upload.committed).committed, true)
    })
    assert.deepEqual(seen, [failure, failure])
    assert.deepEqual(await readTable(table), rowsUpTo(10))
  })

  test('a download ends', async context => {
    // A slow machine would tell of progress more than once.
    context.mock.timers.enable({ apis: ['setInterval'] })
    const table = await emulatedTable(context)
    await fillTable(table, 10)
    const rows: unknown[] = []
    const seen = await reported(context, async () => {
      const stream = table.tunnel.createDownloadStream({ table: 't' })
      stream.on('session', throwing).on('progress', throwing)
      stream.on('data', row => rows.push(row))
      await once(stream, 'end')
    })
    assert.deepEqual(seen, [failure, failure])
    assert.deepEqual(rows, rowsUpTo(10))
  })

  test('a request is repeated, whatever onRetry throws', async context => {
    const table = await emulatedTable(context, {
      faults: [{ action: 'putBlock', fault: { status: 503, code: 'ServiceUnavailable' } }],
    })
    const session = await table.tunnel.createUploadSession({ table: 't' })
    const seen = await reported(context, async () => {
      await session.upload(0, rowsUpTo(3), { onRetry: throwing })
      await session.commit()
    })
    assert.deepEqual(seen, [failure])
    assert.deepEqual(await readTable(table), rowsUpTo(3))
  })
})
