import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createBudget } from '../../lib/budget/budget.js'
import { ByteBudget } from '../../lib/budget/byte-budget.js'
import { ChunkPool } from '../../lib/compression/chunk-pool.js'
import { TunnelSessionError, TunnelValueError } from '../../lib/errors.js'
import { newUploadStats } from '../../lib/session/transfer-stats.js'
import type { PreparedBlock } from '../../lib/upload/block-builder.js'
import { BlockSender } from '../../lib/upload/block-sender.js'
import type { BlockTarget } from '../../lib/upload/block-target.js'
import type { Transaction } from '../../lib/upload/transaction.js'
import { Uploader, type UploaderConfig } from '../../lib/upload/uploader.js'

/** Takes text as rows, `bad` excepted; every third row waits for `turn`. */
class Lines implements Transaction<object> {
  readonly result = { sessionId: 's' }
  readonly log: string[] = []
  turn = Promise.resolve()
  failure: TunnelSessionError | undefined

  add(row: unknown, rowIndex: number): Promise<void> | undefined {
    if (row === 'bad') throw valueError
    this.log.push(`${rowIndex}:${row}`)
    return this.log.length % 3 === 0 ? this.turn : undefined
  }

  close(): undefined {
    this.log.push('close')
  }

  async sent(): Promise<void> {
    this.log.push('sent')
  }

  async commit(): Promise<void> {
    this.log.push('commit')
    if (this.failure) throw this.failure
  }

  async rest(): Promise<TunnelSessionError | undefined> {
    return this.failure
  }

  destroy(): void {
    this.log.push('destroy')
  }
}

const valueError = new TunnelValueError('ODPS_INVALID_VALUE', 'bad')

const openUploader = async (
  lines: Lines,
  options: Partial<UploaderConfig<object>> = {},
): Promise<Uploader<object>> => {
  const config: UploaderConfig<object> = {
    table: { project: 'p', table: 't' },
    begin: async () => lines,
    ...{ compression: 'raw', concurrency: 1, commit: true, budget: createBudget({}) },
    ...{ onRowError: 'fail', maxRowErrors: Number.POSITIVE_INFINITY },
    ...options,
  }
  const uploader = new Uploader(config, () => {})
  await uploader.open()
  return uploader
}

describe('uploader', () => {
  test('takes rows in order, waits where a row says so, then sends and commits', async () => {
    const lines = new Lines()
    const uploader = await openUploader(lines)
    assert.equal(uploader.add(['a', 'b']), undefined)
    await uploader.add(['c', 'd', 'e', 'f'])
    assert.equal(uploader.addRow('g'), undefined)
    const { rows, committed } = await uploader.finish()
    assert.deepEqual({ rows, committed }, { rows: 7, committed: true })
    assert.deepEqual(lines.log, ['0:a', '1:b', '2:c', '3:d', '4:e', '5:f', '6:g', 'close', 'sent', 'commit'])
  })

  test('leaves no garbage of a row that nothing waits for', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const lines = new Lines()
    lines.add = () => undefined
    const uploader = await openUploader(lines)
    const rows = Array.from({ length: 10_000 }, () => 'a')
    const growth = [1, 2, 3].map(() => {
      collectGarbage()
      const before = process.memoryUsage().heapUsed
      uploader.add(rows)
      return process.memoryUsage().heapUsed - before
    })
    // One object is 16 bytes at least.
    assert.ok(Math.min(...growth) < 8 * rows.length, `${growth} bytes for ${rows.length} rows`)
  })

  test('hands rows that do not fit to onRowError, with their index in the input', async () => {
    const lines = new Lines()
    const seen: unknown[] = []
    const onRowError = (error: TunnelValueError, row: unknown, index: number): void =>
      void seen.push([error, row, index])
    const uploader = await openUploader(lines, { onRowError, maxRowErrors: 1 })
    await uploader.add(['a', 'bad', 'b'])
    assert.deepEqual(seen, [[valueError, 'bad', 1]])
    assert.throws(() => uploader.add(['bad']), valueError)
    assert.deepEqual([uploader.stats.rows, uploader.stats.rowErrors], [2, 2])
  })

  test('refuses an onRowError that returns a promise, whatever becomes of that', async () => {
    const uploader = await openUploader(new Lines(), { onRowError: () => Promise.reject(new Error('lost')) })
    assert.throws(() => uploader.add(['bad']), {
      code: 'ODPS_INVALID_OPTION',
      message: /onRowError must be a synchronous function/,
    })
    await new Promise(setImmediate)
  })

  test('refuses the rows behind one that waited when it was stopped meanwhile', async () => {
    const lines = new Lines()
    let go = (): void => {}
    lines.turn = new Promise(resolve => {
      go = resolve
    })
    const uploader = await openUploader(lines)
    const added = uploader.add(['a', 'b', 'c', 'd'])
    const stopped = new Error('stopped')
    uploader.abort(stopped, stopped)
    go()
    await assert.rejects(async () => added, stopped)
    await uploader.rest()
    assert.deepEqual(lines.log, ['0:a', '1:b', '2:c', 'destroy'])
  })

  test('commits nothing when it was stopped before, and without commit: true', async () => {
    const stoppedLines = new Lines()
    const stopped = await openUploader(stoppedLines)
    stopped.abort(new Error('stopped'))
    await assert.rejects(stopped.finish(), { name: 'AbortError' })
    const lines = new Lines()
    const uploader = await openUploader(lines, { commit: false })
    assert.equal((await uploader.finish()).committed, false)
    assert.deepEqual(
      [stoppedLines.log, lines.log],
      [
        ['close', 'sent'],
        ['close', 'sent'],
      ],
    )
  })

  test('tells at rest what a commit that had left failed with', async () => {
    const lines = new Lines()
    lines.failure = new TunnelSessionError('ODPS_COMMIT_UNKNOWN', 'unknown', { sessionId: 's' })
    const uploader = await openUploader(lines)
    const finished = uploader.finish()
    finished.catch(() => {})
    while (!uploader.isCommitting) await new Promise(setImmediate)
    uploader.abort(new Error('stopped'))
    assert.equal((await uploader.rest()) satisfies TunnelSessionError | undefined, lines.failure)
  })
})

describe('block sender', () => {
  /** Slots take blocks in turn and know nothing of sessions. */
  class Slots implements BlockTarget {
    readonly limits = { bytes: 1, rows: 1 }
    readonly sent: string[] = []
    readonly waiting: (() => void)[] = []
    #next = 0

    place(): number {
      return this.#next++ % 2
    }

    async put(place: number, { rows }: PreparedBlock): Promise<number | undefined> {
      await new Promise<void>(resolve => this.waiting.push(resolve))
      this.sent.push(`${place}:${rows}`)
      return rows === 3 ? undefined : rows
    }

    async finish(): Promise<void> {}
  }

  test('sends to any target, as many blocks at once as there are permits', async () => {
    const slots = new Slots()
    const stats = newUploadStats(() => 2)
    const { signal } = new AbortController()
    const options = {
      concurrency: 2,
      pool: new ChunkPool(),
      memory: new ByteBudget().share(),
      call: { signal },
      onFailure: assert.fail,
    }
    const sender = new BlockSender(options, stats)
    const send = (rows: number): Promise<void> | undefined =>
      sender.send(slots, slots.place(), async () => ({ body: [], rows, rawBytes: 10, checksum: 0 }))
    assert.equal(send(1), undefined)
    assert.equal(send(2), undefined)
    const third = send(3)
    assert.ok(third)
    while (slots.waiting.length < 2) await new Promise(setImmediate)
    assert.deepEqual([stats.blocksInFlight, slots.sent], [2, []])
    slots.waiting.shift()!()
    await third
    while (slots.waiting.length < 2) await new Promise(setImmediate)
    for (const go of slots.waiting) go()
    await sender.drain()
    assert.deepEqual(slots.sent, ['0:1', '1:2', '0:3'])
    const { blocks, blocksSkipped, rawBytes, wireBytes } = stats
    assert.deepEqual(
      { blocks, blocksSkipped, rawBytes, wireBytes },
      { blocks: 2, blocksSkipped: 1, rawBytes: 30, wireBytes: 3 },
    )
  })
})
