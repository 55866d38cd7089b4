import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'
import { Child } from './child-process.js'
import { Random } from './random.js'

const rowCount = 200
const blockRows = 10
/** One to find the tunnel, one to create the session, 20 blocks, one to look before the commit, the commit. */
const requests = 24

describe('an upload whose process is killed', { timeout: 120_000 }, () => {
  const random = new Random(20250102)
  const moments = [
    0,
    1,
    2,
    requests - 2,
    requests - 1,
    ...[1, 2, 3].map(() => random.integer(3, requests - 3)),
  ]

  for (const moment of moments)
    test(`when request ${moment} of ${requests} arrives, and is resumed`, async context => {
      const place = await emulatedTable(context)
      const { emulator, tunnel } = place
      const reached = new Promise<void>(resolve => {
        let seen = 0
        emulator.setFaults(() => {
          if (seen++ === moment) resolve()
          return undefined
        })
      })
      const child = new Child('uploading-child.ts', [emulator.endpoint, String(rowCount), String(blockRows)])
      const sessionLine = child.line()
      await reached
      await child.kill()
      emulator.setFaults()
      const sessionId = (await sessionLine) ?? undefined
      const attach = sessionId === undefined ? {} : { sessionId, resume: true }
      const upload = tunnel.createUploadStream({ table: 't', blockRows, ...attach })
      await pipeline(Readable.from(rowsUpTo(rowCount)), upload)
      assert.deepEqual(await readTable(place), rowsUpTo(rowCount))
      const { blocks: sent, blocksSkipped } = upload.stats
      assert.equal(sent + blocksSkipped, rowCount / blockRows)
      if (moment > 10) assert.ok(blocksSkipped > 0, 'no block was taken over')
    })

  test('and is not resumed, leaves the table as it was', async context => {
    const place = await emulatedTable(context)
    const child = new Child('uploading-child.ts', [place.emulator.endpoint, '200', '10'])
    assert.match((await child.line()) ?? '', /^\d{14}[0-9a-f]{32}$/)
    await child.kill()
    assert.deepEqual(await readTable(place), [])
  })
})
