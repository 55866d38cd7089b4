import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import type { DownloadStream } from '../../lib/download/download-stream.js'
import type { FaultSource } from '../../lib/emulator/index.js'
import { emulatedTable, fillTable, rowsUpTo } from '../session/emulated-table.js'

const rowCount = 500
const rangeRows = 100

/** What a case may pull at. */
interface Actor {
  readonly controller: AbortController
  stream?: DownloadStream
}

interface Case {
  readonly name: string
  readonly faults?: (actor: Actor) => FaultSource
  readonly act?: (actor: Actor) => void
  /** `code` or `message` of the error that ends the stream; undefined: it ends. */
  readonly error?: string
}

const onRange =
  (sequence: number, then: (actor: Actor) => void) =>
  (actor: Actor): FaultSource =>
  request => {
    if (request.action === 'readData' && request.sequence === sequence) then(actor)
    return undefined
  }

const cases: readonly Case[] = [
  { name: 'ok' },
  {
    name: 'refused at create',
    faults: () => [{ action: 'createDownload', fault: { status: 404, code: 'NoSuchTable' } }],
    error: 'ODPS_NO_SUCH_TABLE',
  },
  {
    name: 'third range fails',
    faults: () => [{ action: 'readData', after: 2, fault: { status: 403, code: 'NoPermission' } }],
    error: 'ODPS_ACCESS_DENIED',
  },
  {
    name: 'third range cut once: goes on where it was',
    faults: () => [{ action: 'readData', after: 2, fault: { cutBodyAfter: 700 } }],
  },
  {
    name: 'a flipped bit before any row was delivered: asked for again',
    faults: () => [{ action: 'readData', after: 2, fault: { corruptBodyAt: 300 } }],
  },
  {
    name: 'every range cut before its first row',
    faults: () => [{ action: 'readData', after: 2, times: 1000, fault: { cutBodyAfter: 5 } }],
    error: 'ODPS_CONNECTION_LOST',
  },
  {
    name: 'destroyed before open',
    act: actor => actor.stream?.destroy(new Error('enough')),
    error: 'enough',
  },
  {
    name: 'destroyed in the middle',
    faults: onRange(3, actor => actor.stream?.destroy(new Error('enough'))),
    error: 'enough',
  },
  { name: 'aborted before open', act: actor => actor.controller.abort(), error: 'ABORT_ERR' },
  {
    name: 'aborted in the middle',
    faults: onRange(3, actor => actor.controller.abort()),
    error: 'ABORT_ERR',
  },
]

type Drive = (stream: DownloadStream, rows: unknown[]) => Promise<void>

const collector = (rows: unknown[]): Writable =>
  new Writable({
    objectMode: true,
    write(row, _encoding, callback) {
      rows.push(row)
      callback()
    },
  })

const drives: Readonly<Record<string, Drive>> = {
  pipeline: (stream, rows) => pipeline(stream, collector(rows)),
  'pipeline through a transform': (stream, rows) =>
    pipeline(stream, new PassThrough({ objectMode: true }), collector(rows)),
  finished: async (stream, rows) => {
    stream.on('data', row => rows.push(row))
    await finished(stream)
  },
  'for await': async (stream, rows) => {
    for await (const row of stream) rows.push(row)
  },
}

const run = async (context: TestContext, drive: Drive, each: Case): Promise<void> => {
  const actor: Actor = { controller: new AbortController() }
  const table = await emulatedTable(context)
  await fillTable(table, rowCount)
  table.emulator.setFaults(each.faults?.(actor))
  const signal = actor.controller.signal
  const stream = table.tunnel.createDownloadStream({ table: 't', rangeRows, compression: 'raw', signal })
  actor.stream = stream
  const rows: unknown[] = []
  const errors: unknown[] = []
  stream.on('error', error => errors.push(error))
  const ended = drive(stream, rows).then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  )
  each.act?.(actor)
  const outcome = await ended
  if (!stream.closed) await new Promise(resolve => stream.once('close', resolve))
  assert.deepEqual(rows, rowsUpTo(rowCount).slice(0, rows.length))
  if (each.error === undefined) assert.equal(outcome, undefined)
  else assert.ok([outcome?.code, outcome?.message].includes(each.error), `${outcome?.stack}`)
  assert.equal(errors.length, each.error === undefined ? 0 : 1)
  assert.equal(rows.length === rowCount, each.error === undefined)
  assert.equal(stream.readableEnded, each.error === undefined)
}

for (const [mode, drive] of Object.entries(drives))
  describe(`download outcomes, ${mode}`, () => {
    for (const each of cases) test(each.name, context => run(context, drive, each))
  })
