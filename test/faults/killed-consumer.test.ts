import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadTopic } from '../../docs/examples/kafka.js'
import type { EmulatorAction } from '../../lib/emulator/index.js'
import { emulatedTable, readTable } from '../session/emulated-table.js'
import { FakeTopic } from '../upload/fake-kafka.js'
import { Child } from './child-process.js'
import { Random } from './random.js'

/** How often each id is in the table. */
const countsOf = (rows: readonly unknown[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const [id] of rows as [bigint][]) counts.set(String(id), (counts.get(String(id)) ?? 0) + 1)
  return counts
}

/** No message is lost, and each crash repeats one checkpoint at most. */
const checkCounts = (rows: readonly unknown[], messages: number, crashes: number, each: number): void => {
  const counts = countsOf(rows)
  const missing = Array.from({ length: messages }, (_, id) => String(id)).filter(id => !counts.has(id))
  assert.deepEqual(missing, [])
  assert.equal(counts.size, messages)
  const repeated = rows.length - messages
  assert.ok(repeated <= crashes * each, `${repeated} rows are in the table again after ${crashes} crashes`)
}

describe('a consumer that acknowledges at checkpoints', { timeout: 120_000 }, () => {
  test('loses nothing when it stops anywhere, and repeats one checkpoint at most', async context => {
    const messages = 40
    let sawRepeats = 0
    for (let seed = 0; seed < 8; seed++) {
      const random = new Random(seed)
      const place = await emulatedTable(context)
      const partitions: string[][] = [[], [], []]
      for (let id = 0; id < messages; id++) partitions[random.integer(0, 2)]!.push(String(id))
      const topic = new FakeTopic(partitions)
      const each = random.integer(3, 15)
      let crashes = 0
      for (let isDone = false; !isDone; ) {
        const consumer = topic.consumer(random.integer(1, 12))
        const upload = place.tunnel.createUploadStream({ table: 't', checkpoint: { rows: each } })
        upload.on('error', () => {})
        const stop = await loadTopic(consumer, upload, value => [BigInt(String(value)), 'x'])
        let left = crashes < 4 ? random.integer(1, 12) : Number.POSITIVE_INFINITY
        const crash = new Promise<'crash'>(resolve => {
          place.emulator.setFaults(() => {
            if (left-- > 0) return undefined
            consumer.crash()
            upload.destroy()
            resolve('crash')
            return undefined
          })
        })
        const ended = consumer.consumed.then(stop).then(
          () => 'done' as const,
          () => crash,
        )
        isDone = (await Promise.race([ended, crash])) === 'done'
        if (!upload.closed) await new Promise(resolve => upload.once('close', resolve))
        if (!isDone) crashes++
      }
      place.emulator.setFaults()
      const rows = await readTable(place)
      checkCounts(rows, messages, crashes, each)
      if (rows.length > messages) sawRepeats++
      assert.deepEqual(
        topic.committed,
        partitions.map(({ length }) => length),
      )
      await place.emulator.close()
    }
    assert.ok(sawRepeats > 0, 'no crash came between a commit and its acknowledgement')
  })

  test('loses nothing when its process is killed', async context => {
    const place = await emulatedTable(context)
    const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-consumer-'))
    context.after(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'offsets.json')
    await writeFile(file, '[0,0]')
    const [messages, each] = [90, 10]
    const start = (): Child =>
      new Child('consuming-child.ts', [place.emulator.endpoint, file, String(messages), String(each)])
    // Before a session, when a commit arrives, and when it is done and not acknowledged: its answer was lost.
    const moments: [EmulatorAction, number, 'drop-answer'?][] = [
      ['createUpload', 2],
      ['commitUpload', 2],
      ['getUpload', 3, 'drop-answer'],
    ]
    for (const [action, nth, atCommit] of moments) {
      let seen = 0
      const reached = new Promise<void>(resolve => {
        place.emulator.setFaults(request => {
          if (request.action === action && ++seen === nth) resolve()
          // The second load follows the commit whose answer was lost.
          return request.action === 'commitUpload' && seen === nth - 1 ? atCommit : undefined
        })
      })
      const child = start()
      await reached
      await child.kill()
      place.emulator.setFaults()
    }
    const acknowledged = JSON.parse(await readFile(file, 'utf8')) as number[]
    assert.ok(acknowledged[0]! > 0, 'nothing was acknowledged before the last kill')
    const last = start()
    assert.deepEqual(await last.exited(), { code: 0, signal: null }, last.errors)
    checkCounts(await readTable(place), messages, moments.length, each)
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), [45, 45])
  })
})
