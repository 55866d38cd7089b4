import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DownloadSession } from '../../lib/download/download-session.js'
import { TunnelOptionError, TunnelServiceError } from '../../lib/errors.js'
import { emulatedTable } from '../session/emulated-table.js'

type Context = Parameters<typeof emulatedTable>[0]

/** Partitions a=0…2, b=x and y; the rows of each are its number and a hundred more. */
const partitionedTable = async (context: Context, rows = 2) => {
  const table = await emulatedTable(context)
  await table.emulator.createTable({
    name: 'parts',
    columns: { id: 'bigint' },
    partitionColumns: { a: 'bigint', b: 'string' },
  })
  let number = 0n
  for (const a of [0, 1, 2])
    for (const b of ['x', 'y']) {
      const session = await table.tunnel.createUploadSession({
        table: 'parts',
        partitionSpec: { a, b },
        createPartition: true,
      })
      const first = number++
      await session.upload(
        0,
        Array.from({ length: rows }, (_, i) => [first + 100n * BigInt(i)]),
      )
      await session.commit()
    }
  return table
}

describe('download of partitions', () => {
  test('gives the rows of all, in order, with their partition columns', async context => {
    const { tunnel } = await partitionedTable(context)
    const stream = tunnel.createDownloadStream({ table: 'parts', partitions: 'all', partitionColumns: true })
    const sessions: string[] = []
    stream.on('session', ({ partition }: DownloadSession) =>
      sessions.push(partition!.map(({ value }) => value).join('')),
    )
    const rows = await stream.toArray()
    assert.equal(rows.length, 12)
    assert.deepEqual(rows.slice(0, 3), [
      [0n, 0n, 'x'],
      [100n, 0n, 'x'],
      [1n, 0n, 'y'],
    ])
    assert.deepEqual(sessions, ['0x', '0y', '1x', '1y', '2x', '2y'])
    assert.deepEqual([stream.stats.rows, stream.stats.totalRows], [12, 12])
  })

  for (const partitions of ['a=1', { a: 1 }] as const)
    test(`gives those under ${JSON.stringify(partitions)}`, async context => {
      const { tunnel } = await partitionedTable(context)
      const rows: unknown[] = []
      for await (const batch of tunnel.readBatches({ table: 'parts', partitions })) rows.push(...batch)
      assert.deepEqual(rows, [[2n], [102n], [3n], [103n]])
    })

  test('gives nothing when there are none', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    await emulator.createTable({ name: 'none', columns: { id: 'bigint' }, partitionColumns: { a: 'string' } })
    assert.deepEqual(await tunnel.createDownloadStream({ table: 'none', partitions: 'all' }).toArray(), [])
  })

  test('lets everything go when it is destroyed midway', async context => {
    const { tunnel } = await partitionedTable(context, 20_000)
    const stream = tunnel.createDownloadStream({ table: 'parts', partitions: 'all', rangeRows: 1000 })
    for await (const _row of stream) if (stream.stats.rows > 25_000) break
    assert.equal(stream.destroyed, true)
    await stream[Symbol.asyncDispose]()
  })

  test('fails with the error of one partition', async context => {
    const { emulator, tunnel } = await partitionedTable(context)
    emulator.setFaults([{ action: 'createDownload', after: 3, fault: { status: 403, code: 'NoPermission' } }])
    const stream = tunnel.createDownloadStream({ table: 'parts', partitions: 'all' })
    await assert.rejects(stream.toArray(), error => {
      assert.ok(error instanceof TunnelServiceError)
      assert.equal(error.code, 'ODPS_ACCESS_DENIED')
      return true
    })
  })

  for (const option of [{ partitionSpec: 'a=1,b=x' }, { sessionId: 's' }, { start: 1 }, { count: 1 }])
    test(`refuses ${Object.keys(option)[0]}`, async context => {
      const { tunnel } = await emulatedTable(context)
      assert.throws(
        () => tunnel.createDownloadStream({ table: 'parts', partitions: 'all', ...option }),
        (error: unknown) =>
          error instanceof TunnelOptionError && /applies to one partition/.test(error.message),
      )
    })
})
