import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { FaultFunction } from '../../lib/emulator/index.js'
import { TunnelSessionError } from '../../lib/errors.js'
import type { DownloadSession } from '../../lib/session/download-session.js'
import { type EmulatedTable, emulatedTable, fillTable, rowsUpTo } from './emulated-table.js'

/** Ends the first download session when it has answered so many ranges. */
const endingSession = (ranges: number): FaultFunction => {
  let first: string | undefined
  let answered = 0
  return ({ action, query }) => {
    const id = query.get('downloadid')
    if (action !== 'readData') return undefined
    first ??= id
    if (id !== first || answered++ < ranges) return undefined
    return { status: 404, code: 'NoSuchDownload' }
  }
}

const filled = async (context: TestContext, rows: number): Promise<EmulatedTable> => {
  const place = await emulatedTable(context)
  await fillTable(place, rows)
  return place
}

describe('a download session that is over', () => {
  test('is replaced by one new session with as many rows', async context => {
    const place = await filled(context, 500)
    place.emulator.setFaults(endingSession(3))
    const stream = place.tunnel.createDownloadStream({ table: 't', rangeRows: 50, concurrency: 4 })
    const sessions: string[] = []
    stream.on('session', (session: DownloadSession) => sessions.push(session.sessionId))
    const rows: unknown[] = []
    for await (const row of stream) rows.push(row)
    assert.deepEqual(rows, rowsUpTo(500))
    assert.equal(new Set(sessions).size, 2)
    assert.equal(stream.session?.sessionId, sessions[1])
    assert.equal(stream.stats.retries, 1)
  })

  test('also for readBatches', async context => {
    const place = await filled(context, 100)
    place.emulator.setFaults(endingSession(2))
    const rows: unknown[] = []
    for await (const batch of place.tunnel.readBatches({ table: 't', rangeRows: 10 })) rows.push(...batch)
    assert.deepEqual(rows, rowsUpTo(100))
  })

  test('is an error when the table has another number of rows now, after exact rows', async context => {
    const place = await filled(context, 100)
    place.emulator.setFaults(endingSession(2))
    const stream = place.tunnel.createDownloadStream({
      table: 't',
      rangeRows: 10,
      concurrency: 1,
      highWaterMark: 1,
    })
    let sessionId = ''
    stream.once('session', (session: DownloadSession) => {
      sessionId = session.sessionId
    })
    const rows: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const row of stream) {
        rows.push(row)
        if (rows.length === 5) await fillTable(place, 1)
      }
    }
    await assert.rejects(read(), error => {
      assert.ok(error instanceof TunnelSessionError)
      assert.equal(error.code, 'ODPS_RECORD_COUNT_MISMATCH')
      assert.match(error.message, /it had 100 rows and has 101\. Read it again from the first row/)
      assert.equal(error.sessionId, sessionId)
      return true
    })
    assert.deepEqual(rows, rowsUpTo(20))
  })

  test('is known by its rows in another process', async context => {
    const { tunnel } = await filled(context, 30)
    const gone = { table: 't', sessionId: '20250101000000ffffffffffffffffffffffffffffffff', start: 10 }
    const read = async (options: { recordCount?: number }): Promise<unknown[]> => {
      const rows: unknown[] = []
      for await (const row of tunnel.createDownloadStream({ ...gone, ...options })) rows.push(row)
      return rows
    }
    await assert.rejects(read({}), { code: 'ODPS_NO_SUCH_SESSION' })
    await assert.rejects(read({ recordCount: 31 }), {
      code: 'ODPS_RECORD_COUNT_MISMATCH',
      message: /it had 31 rows and has 30/,
    })
    assert.deepEqual(await read({ recordCount: 30 }), rowsUpTo(30).slice(10))
    assert.throws(() => tunnel.createDownloadStream({ table: 't', recordCount: 1 }), {
      code: 'ODPS_INVALID_OPTION',
    })
  })
})
