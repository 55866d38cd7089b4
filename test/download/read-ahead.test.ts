import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteBudget } from '../../lib/budget/byte-budget.js'
import type { RangeFormat } from '../../lib/download/range-decoder.js'
import { RangeReader } from '../../lib/download/range-reader.js'
import type { RangeSource } from '../../lib/download/range-rows.js'
import { ReadAhead } from '../../lib/download/read-ahead.js'
import { type Clock, systemClock } from '../../lib/http/clock.js'
import { newDownloadStats } from '../../lib/session/transfer-stats.js'

const mebibyte = 2 ** 20
const chunkBytes = 64 * 1024

/** The first range gives a chunk, a row each, when `give` is called; those behind have as many as are asked for. */
class Service {
  nowMs = 0
  /** Bytes of all ranges that were fetched. */
  bytes = 0
  give = (): void => {}

  readonly #clock: Clock = { ...systemClock, now: () => this.nowMs }

  /** Of ranges of 1000 rows. */
  reader(readAhead: ReadAhead): RangeReader<Buffer> {
    const source: Partial<RangeSource> = {
      ...{ clock: this.#clock, memory: new ByteBudget() },
      openRange: async ({ start }) => {
        // Those behind are full by then.
        if (start === 0) await settled()
        const head = { contentEncoding: undefined, columns: [], requestId: undefined, destroy: () => {} }
        return { ...head, body: this.#chunks(start === 0) }
      },
    }
    const options = {
      columns: undefined,
      compression: 'raw',
      format,
      rangeRows: 1000,
      concurrency: 4,
    } as const
    const stats = newDownloadStats(() => 4)
    const range = { start: 0, count: 4000 }
    return new RangeReader(source as RangeSource, range, { ...options, readAhead, signal: undefined }, stats)
  }

  async *#chunks(isFirst: boolean): AsyncGenerator<Buffer, void, undefined> {
    for (let row = 0; row < 1000; row++) {
      if (isFirst)
        await new Promise<void>(resolve => {
          this.give = resolve
        })
      else this.bytes += chunkBytes
      yield Buffer.alloc(chunkBytes)
    }
  }

  /** The reader waits so long for its next chunk. */
  async read(reader: RangeReader<Buffer>, waitMs: number): Promise<void> {
    const items = reader.next()
    await settled()
    await settled()
    this.nowMs += waitMs
    this.give()
    assert.equal((await items)?.length, 1)
    await settled()
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 300; turn++) await new Promise(setImmediate)
}

const format: RangeFormat<Buffer> = {
  load: async () => () => {
    const decoder = {
      ...{ rows: 0, rawBytes: 0, ended: false, end: () => {} },
      push: (chunk: Uint8Array, items: Buffer[]) => {
        decoder.rows++
        items.push(chunk as Buffer)
      },
    }
    return decoder
  },
}

/** A chunk that is being fetched by each range may come on top. */
const assertAhead = ({ bytes }: Service, expected: number): void =>
  assert.ok(
    bytes > expected - 4 * chunkBytes && bytes <= expected + 4 * chunkBytes,
    `${bytes} bytes were read ahead, not about ${expected}`,
  )

describe('reading ahead', () => {
  test('begins with a MiB, and takes twice as much each time the reader has waited 20 ms, up to the limit', async () => {
    const service = new Service()
    const reader = service.reader(new ReadAhead(3 * mebibyte))
    await service.read(reader, 0)
    assertAhead(service, mebibyte)
    await service.read(reader, 19)
    assertAhead(service, mebibyte)
    await service.read(reader, 1)
    assertAhead(service, 2 * mebibyte)
    await service.read(reader, 20)
    assertAhead(service, 3 * mebibyte)
    await service.read(reader, 20)
    assertAhead(service, 3 * mebibyte)
    await reader.destroy()
  })

  test('a wait for the first bytes of an answer says nothing', async () => {
    const service = new Service()
    const reader = service.reader(new ReadAhead(32 * mebibyte))
    await service.read(reader, 1000)
    assertAhead(service, mebibyte)
    await reader.destroy()
  })

  test('a reader that comes late takes no more', async () => {
    const service = new Service()
    const reader = service.reader(new ReadAhead(32 * mebibyte))
    for (let row = 0; row < 5; row++) {
      service.nowMs += 1000
      await service.read(reader, 0)
    }
    assertAhead(service, mebibyte)
    await reader.destroy()
  })

  test('the next partition begins with what the one before has found out', async () => {
    const readAhead = new ReadAhead(32 * mebibyte)
    const [before, next] = [new Service(), new Service()]
    const reader = before.reader(readAhead)
    await before.read(reader, 0)
    await before.read(reader, 20)
    await reader.destroy()
    const second = next.reader(readAhead)
    await next.read(second, 0)
    assertAhead(next, 2 * mebibyte)
    await second.destroy()
  })

  test('a wait while there is room for more says nothing', () => {
    const readAhead = new ReadAhead(32 * mebibyte)
    const share = readAhead.share(new ByteBudget())
    share.take(mebibyte - 1)
    assert.equal(readAhead.wait(share, systemClock), undefined)
    share.take(1)
    assert.notEqual(readAhead.wait(share, systemClock), undefined)
  })
})
