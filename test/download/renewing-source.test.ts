import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { DownloadStreamOptions } from '../../lib/download/download-options.js'
import type { DownloadSession } from '../../lib/download/download-session.js'
import type { DownloadSessionJson } from '../../lib/download/session-json.js'
import type { FaultFunction } from '../../lib/emulator/index.js'
import { TunnelSessionError } from '../../lib/errors.js'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { Tunnel } from '../../lib/tunnel.js'
import { type EmulatedTable, emulatedTable, fillTable, rowsUpTo } from '../session/emulated-table.js'

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

interface AgedTable extends EmulatedTable {
  /** The service's clock from now on: so much before this machine's. */
  ageSeconds: number
}

/** A table that was modified a minute ago by the service's clock, unless another age is given. */
const filled = async (context: TestContext, rows: number, ageSeconds = 60): Promise<AgedTable> => {
  const age = { ageSeconds }
  const place = await emulatedTable(context, { emulatorClock: () => Date.now() - age.ageSeconds * 1000 })
  await fillTable(place, rows)
  age.ageSeconds = 0
  return Object.assign(age, place)
}

/** Reads from the first row; the first session ends after two ranges of ten rows, and `change` comes before that. */
const readThrough = async (
  place: EmulatedTable,
  change: () => Promise<unknown> = async () => {},
): Promise<unknown[]> => {
  place.emulator.setFaults(endingSession(2))
  const stream = place.tunnel.createDownloadStream({
    ...{ table: 't', rangeRows: 10, concurrency: 1, highWaterMark: 1 },
  })
  const rows: unknown[] = []
  try {
    for await (const row of stream) {
      rows.push(row)
      if (rows.length === 5) await change()
    }
  } finally {
    assert.deepEqual(rows, rowsUpTo(rows.length), 'rows before an error are exact')
  }
  return rows
}

/** The same number of rows, and none the same. */
const overwrite = async ({ tunnel }: EmulatedTable, rows: number): Promise<void> => {
  const session = await tunnel.createUploadSession({ table: 't', overwrite: true })
  await session.upload(
    0,
    rowsUpTo(rows).map(([id]) => [-1n - id, 'other']),
  )
  await session.commit()
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
      assert.match(error.message, /it had 100 rows and has 101\. Start the download over/)
      assert.equal(error.sessionId, sessionId)
      return true
    })
    assert.deepEqual(rows, rowsUpTo(20))
  })

  test('is not replaced when other rows of the same number are in the table now', async context => {
    const place = await filled(context, 100)
    const change = async (): Promise<void> => {
      place.ageSeconds = 30
      await overwrite(place, 100)
    }
    await assert.rejects(readThrough(place, change), {
      name: 'TunnelSessionError',
      code: 'ODPS_TABLE_MODIFIED',
      message: /has ended, and the table has changed since: it was last modified .* then, and is .* now/,
    })
  })

  test('is not replaced when the table changes while the new session is made', async context => {
    const place = await filled(context, 100)
    const ending = endingSession(2)
    let isChanged = false
    let created = 0
    place.emulator.setFaults(request => {
      if (request.action !== 'createDownload' || isChanged || ++created === 1) return ending(request)
      place.ageSeconds = 30
      if (created === 2)
        overwrite(place, 100).then(() => {
          isChanged = true
        })
      return { status: 503, code: 'ServiceUnavailable' }
    })
    const tunnel = new Tunnel({
      ...place.emulator.connection,
      retry: { attempts: 100_000, minDelayMs: 1, maxDelayMs: 2 },
    })
    context.after(() => tunnel.close())
    const read = async (): Promise<void> => {
      const options = { table: 't', rangeRows: 10, concurrency: 1 }
      for await (const _ of tunnel.createDownloadStream(options));
    }
    await assert.rejects(read(), { code: 'ODPS_TABLE_MODIFIED' })
    assert.ok(isChanged)
  })

  test('is not replaced when the columns are in another order, or of other types', async context => {
    for (const columns of [
      { name: 'string', id: 'bigint' },
      { id: 'bigint', name: 'varchar(20)' },
    ]) {
      const place = await filled(context, 100)
      const change = async (): Promise<void> => {
        await place.emulator.dropTable('t')
        await place.emulator.createTable({ name: 't', columns })
        const session = await place.tunnel.createUploadSession({ table: 't' })
        await session.upload(
          0,
          rowsUpTo(100).map(([id, name]) => ({ id, name })),
        )
        await session.commit()
      }
      await assert.rejects(readThrough(place, change), {
        name: 'TunnelSessionError',
        code: 'ODPS_SCHEMA_MISMATCH',
      })
    }
  })

  test('is not replaced when its table was modified less than two seconds before', async context => {
    const unknown = {
      name: 'TunnelSessionError',
      code: 'ODPS_SESSION_STATUS',
      message:
        /cannot be determined whether the table has changed since: it was modified less than 2 s before/,
    }
    // The service counts whole seconds: an age of 1 s is less than two in any case, one of 3 s never.
    await assert.rejects(readThrough(await filled(context, 100, 1)), unknown)
    assert.equal((await readThrough(await filled(context, 100, 3))).length, 100)
  })

  test('is not replaced when the description cannot be read, of which the download knows nothing', async context => {
    const place = await filled(context, 100)
    const ending = endingSession(2)
    place.emulator.setFaults(request =>
      request.action === 'getTable' ? { status: 403, code: 'AccessDenied' } : ending(request),
    )
    const rows: unknown[] = []
    const stream = place.tunnel.createDownloadStream({ table: 't', rangeRows: 10, concurrency: 1 })
    const read = async (): Promise<void> => {
      for await (const row of stream) rows.push(row)
    }
    await assert.rejects(read(), {
      code: 'ODPS_SESSION_STATUS',
      message:
        /cannot be determined whether the table has changed since: its description could not be read \(ODPS_ACCESS_DENIED\)/,
    })
    assert.deepEqual(rows, rowsUpTo(20))
  })

  test('is replaced in a partition by the time of that partition', async context => {
    const place = await filled(context, 0)
    place.ageSeconds = 60
    const { emulator, tunnel } = place
    const partitionColumns = { pt: 'string' }
    await emulator.createTable({ name: 'parts', columns: { id: 'bigint', name: 'string' }, partitionColumns })
    const fill = async (partitionSpec: string): Promise<void> => {
      const session = await tunnel.createUploadSession({
        ...{ table: 'parts', partitionSpec, createPartition: true, overwrite: true },
      })
      await session.upload(0, rowsUpTo(50))
      await session.commit()
    }
    await fill('pt=a')
    const read = async (changed: string): Promise<number> => {
      emulator.setFaults(endingSession(2))
      const options = { table: 'parts', partitionSpec: 'pt=a', rangeRows: 10, concurrency: 1 }
      let rows = 0
      for await (const _ of tunnel.createDownloadStream({ ...options, highWaterMark: 1 }))
        if (++rows === 5) await fill(changed)
      return rows
    }
    place.ageSeconds = 30
    assert.equal(await read('pt=b'), 50)
    place.ageSeconds = 20
    await assert.rejects(read('pt=a'), { code: 'ODPS_TABLE_MODIFIED' })
  })

  describe('in another process', () => {
    const gone = '20250101000000ffffffffffffffffffffffffffffffff'
    const known = async ({ tunnel }: EmulatedTable): Promise<DownloadSessionJson> => {
      const session = await tunnel.createDownloadSession({ table: 't' })
      return { ...(JSON.parse(JSON.stringify(session)) as DownloadSessionJson), sessionId: gone }
    }
    const read = async ({ tunnel }: EmulatedTable, options: DownloadStreamOptions): Promise<unknown[]> => {
      const rows: unknown[] = []
      for await (const row of tunnel.createDownloadStream({ ...options, start: 10 })) rows.push(row)
      return rows
    }

    test('is known by its JSON', async context => {
      const place = await filled(context, 30)
      const json = await known(place)
      assert.deepEqual(await read(place, json), rowsUpTo(30).slice(10))
      await assert.rejects(read(place, { table: 't', sessionId: gone }), { code: 'ODPS_NO_SUCH_SESSION' })
      await assert.rejects(read(place, { ...json, recordCount: 31 }), {
        code: 'ODPS_RECORD_COUNT_MISMATCH',
        message: /it had 31 rows and has 30/,
      })
      await assert.rejects(read(place, { ...json, schema: defineSchema({ name: 'string', id: 'bigint' }) }), {
        code: 'ODPS_SCHEMA_MISMATCH',
      })
      place.ageSeconds = 30
      await overwrite(place, 30)
      await assert.rejects(read(place, json), { code: 'ODPS_TABLE_MODIFIED' })
    })

    test('is not replaced when a part of the proof is missing', async context => {
      const place = await filled(context, 30)
      const json = await known(place)
      for (const key of ['recordCount', 'schema', 'lastModified'])
        await assert.rejects(read(place, { ...json, [key]: undefined }), {
          name: 'TunnelSessionError',
          code: 'ODPS_SESSION_STATUS',
          message: new RegExp(
            `cannot be determined whether the table has changed since: ${key} was not passed`,
          ),
        })
    })

    test('has no time in its JSON where the time proves nothing', async context => {
      const json = await known(await filled(context, 30, 1))
      assert.equal(json.recordCount, 30)
      assert.ok(!('lastModified' in json))
    })

    test('must be the session described, if it lives', async context => {
      const { tunnel } = await filled(context, 30)
      const json = (await tunnel.createDownloadSession({ table: 't' })).toJSON()
      const again = await tunnel.openDownloadSession(JSON.parse(JSON.stringify(json)))
      assert.deepEqual(again.toJSON(), json)
      await assert.rejects(tunnel.openDownloadSession({ ...json, recordCount: 29 }), {
        code: 'ODPS_RECORD_COUNT_MISMATCH',
        message: /has 30 rows, not 29/,
      })
      await assert.rejects(tunnel.openDownloadSession({ ...json, schema: defineSchema({ id: 'bigint' }) }), {
        code: 'ODPS_SCHEMA_MISMATCH',
      })
    })

    test('is asked for with its id only', async context => {
      const { tunnel } = await filled(context, 1)
      const lastModified = '2025-01-02T03:04:05.000Z'
      for (const option of [{ recordCount: 1 }, { lastModified }])
        assert.throws(() => tunnel.createDownloadStream({ table: 't', ...option }), {
          code: 'ODPS_INVALID_OPTION',
        })
      assert.throws(
        () => tunnel.createDownloadStream({ table: 't', sessionId: gone, lastModified: 'yesterday' }),
        { message: /lastModified must be a time such as 2025-01-02T03:04:05.000Z/ },
      )
    })
  })
})
