import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { chain, none } from 'stream-chain'
import { RowBatch } from '../../lib/codec/rows/row-batch.js'
import { batch } from '../../lib/transforms/batch.js'
import { toTable } from '../../lib/transforms/to-table.js'
import { runChain } from './run-chain.js'

interface Failures {
  readonly write?: Error
  readonly final?: Error
}

/** Stands for an upload: a Writable whose end is a commit that takes a while. */
class Upload extends Writable {
  readonly rows: unknown[] = []
  readonly batches: number[] = []
  committed = false
  mostWaiting = 0
  readonly #failures: Failures

  constructor(failures: Failures = {}) {
    super({ objectMode: true, highWaterMark: 4 })
    this.#failures = failures
  }

  writeBatch(rows: readonly unknown[]): Promise<void> {
    this.batches.push(rows.length)
    return new Promise((resolve, reject) => {
      this.write({ rows }, error => (error ? reject(error) : resolve()))
    })
  }

  override _write(chunk: unknown, _encoding: string, callback: (error?: Error) => void): void {
    this.mostWaiting = Math.max(this.mostWaiting, this.writableLength)
    const isBatch = typeof chunk === 'object' && chunk !== null && 'rows' in chunk
    this.rows.push(...(isBatch ? (chunk.rows as unknown[]) : [chunk]))
    setImmediate(callback, this.#failures.write)
  }

  override _final(callback: (error?: Error) => void): void {
    setImmediate(() => {
      this.committed = this.#failures.final === undefined
      callback(this.#failures.final)
    })
  }
}

const rowsUpTo = (count: number): number[][] => Array.from({ length: count }, (_, i) => [i])
const identity = (row: unknown) => row

describe('toTable', () => {
  test('a chain finishes when the upload is committed', async () => {
    const upload = new Upload()
    await pipeline(Readable.from(rowsUpTo(100)), chain([identity, toTable(upload)]))
    assert.equal(upload.committed, true)
    assert.deepEqual(upload.rows, rowsUpTo(100))
    assert.ok(upload.mostWaiting <= 5)
  })

  test('so does a chain of it alone, and one without rows', async () => {
    for (const rows of [rowsUpTo(10), []]) {
      const upload = new Upload()
      await pipeline(Readable.from(rows), chain([toTable(upload)]))
      assert.ok(upload.committed)
      assert.equal(upload.rows.length, rows.length)
    }
  })

  test('finished() and the finish event wait for the commit, too', async () => {
    const upload = new Upload()
    const tail = chain([identity, toTable(upload)])
    Readable.from(rowsUpTo(10)).pipe(tail)
    await once(tail, 'finish')
    assert.ok(upload.committed)
    await finished(tail.resume())
  })

  test('batches go through writeBatch, or row by row where there is none', async () => {
    const upload = new Upload()
    await pipeline(Readable.from(rowsUpTo(25)), chain([identity, batch(10), toTable(upload)]))
    assert.deepEqual(upload.batches, [10, 10, 5])
    assert.deepEqual(upload.rows, rowsUpTo(25))
    const rows: unknown[] = []
    const plain = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(row, _encoding, callback) {
        rows.push(row)
        setImmediate(callback)
      },
    })
    await pipeline(Readable.from(rowsUpTo(25)), chain([batch(10), toTable(plain)]))
    assert.deepEqual(rows, rowsUpTo(25))
  })

  test('rows that a function drops do not arrive', async () => {
    const upload = new Upload()
    const odd = (row: number[]) => (row[0]! % 2 ? row : none)
    await pipeline(Readable.from(rowsUpTo(6)), chain([odd, toTable(upload)]))
    assert.deepEqual(upload.rows, [[1], [3], [5]])
  })

  test('a commit that fails is the error of the chain', async () => {
    const failure = new Error('commit failed')
    const upload = new Upload({ final: failure })
    await assert.rejects(pipeline(Readable.from(rowsUpTo(10)), chain([identity, toTable(upload)])), failure)
    assert.equal(upload.committed, false)
    assert.ok(upload.destroyed)
  })

  test('a write that fails is the error of the chain, for rows and batches', async () => {
    const failure = new Error('write failed')
    for (const functions of [[identity], [identity, batch(3)]]) {
      const upload = new Upload({ write: failure })
      const whole = chain([...functions, toTable(upload)] as [typeof identity])
      await assert.rejects(pipeline(Readable.from(rowsUpTo(100)), whole), failure)
      assert.equal(upload.committed, false)
    }
  })

  test('a function that throws, and a source that fails, destroy the upload without a commit', async () => {
    const failure = new Error('no good')
    const upload = new Upload()
    const bad = (row: number[]) => {
      if (row[0] === 5) throw failure
      return row
    }
    await assert.rejects(pipeline(Readable.from(rowsUpTo(10)), chain([bad, toTable(upload)])), failure)
    await closed(upload)
    const other = new Upload()
    const failing = async function* () {
      yield [1]
      throw failure
    }
    await assert.rejects(pipeline(Readable.from(failing()), chain([identity, toTable(other)])), failure)
    await closed(other)
  })

  const closed = async (upload: Upload): Promise<void> => {
    if (!upload.closed) await once(upload, 'close')
    assert.ok(upload.destroyed)
    assert.equal(upload.committed, false)
  }

  test('a chain destroyed in the middle destroys the upload without a commit', async () => {
    const upload = new Upload()
    const tail = chain([identity, toTable(upload)])
    for (const row of rowsUpTo(20)) tail.write(row)
    await once(upload, 'drain')
    tail.destroy()
    await closed(upload)
  })

  test('nobody listens any more when the chain has ended, well or badly', async () => {
    const bad = (): never => {
      throw new Error('no good')
    }
    for (const [functions, failures] of [
      [[identity], {}],
      [[identity], { final: new Error('commit failed') }],
      [[identity, batch(3)], { write: new Error('write failed') }],
      [[bad], {}],
    ] as const) {
      const upload = new Upload(failures)
      const listeners = ['error', 'drain', 'close'].map(name => upload.listenerCount(name))
      const whole = chain([...functions, toTable(upload)] as unknown as [typeof identity])
      await pipeline(Readable.from(rowsUpTo(10)), whole).catch(() => {})
      if (!upload.closed) await once(upload, 'close')
      await new Promise(setImmediate)
      assert.deepEqual(
        ['error', 'drain', 'close'].map(name => upload.listenerCount(name)),
        listeners,
      )
    }
  })

  test('an `error` without an error fails the chain all the same', async () => {
    const upload = new Upload()
    const whole = chain([identity, toTable(upload)])
    upload.emit('error', undefined)
    await assert.rejects(pipeline(Readable.from(rowsUpTo(3)), whole), /undefined was thrown/)
    assert.equal(upload.committed, false)
  })

  test('an upload destroyed elsewhere fails the chain, and so does one that had failed before', async () => {
    const upload = new Upload()
    const tail = chain([identity, toTable(upload)])
    upload.destroy()
    await assert.rejects(pipeline(Readable.from(rowsUpTo(3)), tail), { code: 'ODPS_STREAM_DESTROYED' })
    const failure = new Error('earlier')
    const failed = new Upload()
    failed.on('error', () => {})
    failed.destroy(failure)
    await assert.rejects(finished(failed), failure)
    await assert.rejects(pipeline(Readable.from(rowsUpTo(3)), chain([toTable(failed)])), failure)
  })
})

describe('batch', () => {
  test('gathers rows, the last batch smaller', async () => {
    const batches = (await runChain(rowsUpTo(7), batch(3))) as unknown[][]
    assert.deepEqual(
      batches.map(rows => [rows instanceof RowBatch, [...rows]]),
      [
        [true, [[0], [1], [2]]],
        [true, [[3], [4], [5]]],
        [true, [[6]]],
      ],
    )
    assert.deepEqual(await runChain([], batch(3)), [])
    assert.ok(batches[0]?.map(row => row) instanceof RowBatch)
  })

  test('needs a size', () => {
    for (const size of [0, 1.5, -1, Number.NaN, '3' as never])
      assert.throws(() => batch(size), { code: 'ODPS_INVALID_OPTION' })
  })
})
