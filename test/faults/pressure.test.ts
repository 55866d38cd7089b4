import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { Tunnel } from '../../lib/tunnel.js'
import { blockLimits, planBlocks } from '../../lib/upload/block-plan.js'
import { rowsUpTo } from '../session/emulated-table.js'

const credentials = { accessKeyId: 'any', accessKeySecret: 'any' }

const start = async (context: TestContext, options: EmulatorOptions = {}) => {
  const emulator = await startEmulator({ projects: ['p'], ...options })
  const tunnel = new Tunnel({ endpoint: emulator.endpoint, project: 'p', credentials })
  context.after(async () => {
    await tunnel.close()
    await emulator.close()
  })
  return { emulator, tunnel }
}

const idAndName = { id: 'bigint', name: 'string' }

const readAll = async (stream: AsyncIterable<unknown>): Promise<unknown[]> => {
  const rows: unknown[] = []
  for await (const row of stream) rows.push(row)
  return rows
}

describe('under pressure', { timeout: 300_000 }, () => {
  test('a consumer that stops for longer than the idle limit of the service gets every row', async context => {
    const idleTimeoutMs = 150
    const { emulator, tunnel } = await start(context, { idleTimeoutMs })
    await emulator.createTable({ name: 't', columns: idAndName })
    const rows = Array.from({ length: 1_500 }, (_, i) => [BigInt(i), `${i} `.repeat(2_500)])
    await pipeline(Readable.from(rows), tunnel.createUploadStream({ table: 't' }))
    const stream = tunnel.createDownloadStream({
      ...{ table: 't', compression: 'raw', rangeRows: 1_000, concurrency: 2 },
      ...{ highWaterMark: 1, readAheadBytes: 100_000 },
    })
    let at = 0
    for await (const row of stream) {
      // Not to wait for something: the time itself is what is tested.
      if (at === 1 || at === 700) await delay(4 * idleTimeoutMs)
      assert.deepEqual(row, rows[at++])
    }
    assert.equal(at, rows.length)
    assert.ok(stream.stats.retries > 0, 'the service never closed a connection')
  })

  test('64 streams at once', async context => {
    const { emulator, tunnel } = await start(context)
    const columns = idAndName
    await emulator.createTable({ name: 't', columns, partitionColumns: { p: 'bigint' } })
    const numbers = Array.from({ length: 64 }, (_, i) => i)
    const rowsOf = (i: number) => rowsUpTo(100 + i)
    const place = (i: number) => ({ table: 't', partitionSpec: { p: i } })
    await Promise.all(
      numbers.map(i =>
        pipeline(
          Readable.from(rowsOf(i)),
          tunnel.createUploadStream({ ...place(i), createPartition: true, blockRows: 40 }),
        ),
      ),
    )
    const read = await Promise.all(
      numbers.map(i => readAll(tunnel.createDownloadStream({ ...place(i), rangeRows: 30 }))),
    )
    for (const i of numbers) assert.deepEqual(read[i], rowsOf(i))
  })

  test('10 000 tiny blocks', async context => {
    const { emulator, tunnel } = await start(context)
    await emulator.createTable({ name: 't', columns: idAndName })
    const rows = rowsUpTo(10_000)
    // Blocks of one row: the first half of 20 000 ids before they grow.
    const upload = tunnel.createUploadStream({ table: 't', blockRows: 1, concurrency: 8, compression: 'raw' })
    await Promise.all([upload.writeAll(rows).then(() => upload.end()), upload.committed])
    assert.equal(upload.stats.blocks, 10_000)
    assert.deepEqual(await readAll(tunnel.createDownloadStream({ table: 't' })), rows)
  })

  test('more rows than all ids hold at the first size: blocks grow, at both ends of the ids', async context => {
    const { emulator, tunnel } = await start(context)
    await emulator.createTable({ name: 't', columns: idAndName })
    const capacityOf = (start: number, count: number, blockRows: number): number => {
      const plan = planBlocks({ blockIds: { start, count }, blockRows })
      return Array.from({ length: count }, (_, k) => blockLimits(plan, k).rows).reduce((sum, n) => sum + n, 0)
    }
    assert.equal(capacityOf(0, 20_000, 1), 48_000)
    for (const start of [0, 19_960]) {
      const blockIds = { start, count: 40 }
      const rows = rowsUpTo(capacityOf(start, 40, 1))
      assert.equal(rows.length, 96)
      const options = { table: 't', blockIds, blockRows: 1, overwrite: true }
      const upload = tunnel.createUploadStream(options)
      await pipeline(Readable.from(rows), upload)
      const { blockIds: ids } = await upload.committed
      assert.deepEqual([ids.at(0), ids.at(-1)], [start, start + 39])
      assert.deepEqual(await readAll(tunnel.createDownloadStream({ table: 't' })), rows)
      const tooMany = pipeline(Readable.from(rowsUpTo(97)), tunnel.createUploadStream(options))
      await assert.rejects(tooMany, { code: 'ODPS_BLOCK_IDS_EXHAUSTED' })
      assert.equal(emulator.rowCount('t'), 96)
    }
  })

  test('rows of more than 8 MB', async context => {
    const { emulator, tunnel } = await start(context)
    await emulator.createTable({
      name: 't',
      columns: { id: 'bigint', a: 'string', b: 'string', c: 'binary' },
    })
    const [a, b] = ['a'.repeat(8 << 20), '表'.repeat((8 << 20) / 3)]
    const rows = [1n, 2n, 3n].map(id => [id, a, b, Buffer.alloc(5 << 20, Number(id))])
    await pipeline(Readable.from(rows), tunnel.createUploadStream({ table: 't' }))
    const read = (await readAll(tunnel.createDownloadStream({ table: 't' }))) as typeof rows
    assert.equal(read.length, 3)
    for (const [i, row] of read.entries())
      assert.ok(
        row.every((cell, j) =>
          Buffer.isBuffer(cell) ? cell.equals(rows[i]![j] as Buffer) : cell === rows[i]![j],
        ),
        `row ${i}`,
      )
    const large = tunnel.createUploadStream({ table: 't' })
    await assert.rejects(pipeline(Readable.from([[1n, `${a}!`, '', null]]), large), {
      code: 'ODPS_FIELD_TOO_LONG',
    })
    assert.equal(emulator.rowCount('t'), 3)
  })

  test('1 200 columns', async context => {
    const { emulator, tunnel } = await start(context)
    const names = Array.from({ length: 1_200 }, (_, i) => `column_with_a_longer_name_${i}`)
    const columns = Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? 'bigint' : 'string']))
    await emulator.createTable({ name: 't', columns })
    const rows = [0, 1, 2].map(k =>
      names.map((_, i) => (i % 7 === k ? null : i % 2 === 0 ? BigInt(i * k) : `${k}.${i}`)),
    )
    await pipeline(Readable.from(rows), tunnel.createUploadStream({ table: 't' }))
    assert.deepEqual(await readAll(tunnel.createDownloadStream({ table: 't' })), rows)
    const reversed = [...names].reverse()
    const picked = await readAll(tunnel.createDownloadStream({ table: 't', columns: reversed }))
    assert.deepEqual(
      picked,
      rows.map(row => [...row].reverse()),
    )
  })
})
