import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import type { FaultSource } from '../../lib/emulator/index.js'
import type { UploadStream } from '../../lib/upload/upload-stream.js'
import { type EmulatedTable, emulatedTable, rowsUpTo } from '../session/emulated-table.js'

const rowCount = 50
const blockRows = 10

interface Case {
  readonly name: string
  readonly faults?: (actor: Actor) => FaultSource
  /** Done right after the stream was made. */
  readonly act?: (actor: Actor) => void
  /** `code` or `message` of the error that ends the stream; undefined: it finishes. */
  readonly error?: string
  readonly rowsInTable: number
  /** What `committed` says, where that is not simply the stream's outcome. */
  readonly committed?: boolean
}

/** What a case may pull at. */
interface Actor {
  readonly controller: AbortController
  stream?: UploadStream
}

const onAction =
  (action: string, then: (actor: Actor) => void, sequence = 0) =>
  (actor: Actor): FaultSource =>
  request => {
    if (request.action === action && request.sequence === sequence) then(actor)
    return undefined
  }

const cases: readonly Case[] = [
  { name: 'ok', rowsInTable: rowCount },
  {
    name: 'refused at create',
    faults: () => [{ action: 'createUpload', fault: { status: 403, code: 'NoPermission' } }],
    error: 'ODPS_ACCESS_DENIED',
    rowsInTable: 0,
  },
  {
    name: 'third block fails',
    faults: () => [{ action: 'putBlock', blockId: 2, fault: { status: 403, code: 'NoPermission' } }],
    error: 'ODPS_ACCESS_DENIED',
    rowsInTable: 0,
  },
  {
    name: 'commit fails',
    faults: () => [{ action: 'commitUpload', fault: { status: 403, code: 'NoPermission' } }],
    error: 'ODPS_ACCESS_DENIED',
    rowsInTable: 0,
  },
  {
    name: 'commit answer is lost after the work was done',
    faults: () => [{ action: 'commitUpload', fault: 'drop-answer' }],
    rowsInTable: rowCount,
  },
  {
    name: 'destroyed before open',
    act: actor => actor.stream?.destroy(new Error('enough')),
    error: 'enough',
    rowsInTable: 0,
  },
  {
    name: 'destroyed mid-block',
    faults: onAction('putBlock', actor => actor.stream?.destroy(new Error('enough'))),
    error: 'enough',
    rowsInTable: 0,
  },
  {
    name: 'destroyed during commit',
    faults: onAction('commitUpload', actor => actor.stream?.destroy(new Error('enough'))),
    error: 'enough',
    rowsInTable: rowCount,
    committed: true,
  },
  {
    name: 'aborted before open',
    act: actor => actor.controller.abort(),
    error: 'ABORT_ERR',
    rowsInTable: 0,
  },
  {
    name: 'aborted at the second block',
    faults: onAction('putBlock', actor => actor.controller.abort(), 1),
    error: 'ABORT_ERR',
    rowsInTable: 0,
  },
  {
    name: 'aborted during commit: too late, the answer decides',
    faults: onAction('commitUpload', actor => actor.controller.abort()),
    rowsInTable: rowCount,
  },
]

type Drive = (stream: UploadStream) => Promise<void>

const drives: Readonly<Record<string, Drive>> = {
  pipeline: stream => pipeline(Readable.from(rowsUpTo(rowCount)), stream),
  'pipeline behind a transform': stream =>
    pipeline(rowsUpTo(rowCount), new PassThrough({ objectMode: true }), stream),
  finished: async stream => {
    for (const row of rowsUpTo(rowCount)) stream.write(row)
    stream.end()
    await finished(stream)
  },
  'for await with write and drain': async stream => {
    const done = finished(stream)
    for await (const row of Readable.from(rowsUpTo(rowCount))) {
      if (stream.destroyed) break
      if (!stream.write(row))
        await Promise.race([new Promise(resolve => stream.once('drain', resolve)), done])
    }
    stream.end()
    await done
  },
}

const run = async (context: TestContext, drive: Drive, each: Case): Promise<void> => {
  const actor: Actor = { controller: new AbortController() }
  const faults = each.faults?.(actor)
  const table = await emulatedTable(context, faults === undefined ? {} : { faults })
  const stream = table.tunnel.createUploadStream({ table: 't', blockRows, signal: actor.controller.signal })
  actor.stream = stream
  const errors: unknown[] = []
  stream.on('error', error => errors.push(error))
  const ended = drive(stream).then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  )
  each.act?.(actor)
  const outcome = await ended
  if (!stream.closed) await new Promise(resolve => stream.once('close', resolve))
  await check(each, table, stream, outcome, errors)
}

const check = async (
  each: Case,
  { emulator }: EmulatedTable,
  stream: UploadStream,
  outcome: (Error & { code?: string }) | undefined,
  errors: readonly unknown[],
): Promise<void> => {
  if (each.error === undefined) assert.equal(outcome, undefined)
  else assert.ok([outcome?.code, outcome?.message].includes(each.error), `${outcome?.stack}`)
  assert.equal(errors.length, each.error === undefined ? 0 : 1)
  assert.equal(emulator.rowCount('t'), each.rowsInTable)
  const committed = await stream.committed.then(
    result => result.committed,
    () => false,
  )
  assert.equal(committed, each.committed ?? each.error === undefined)
  assert.equal(stream.writableFinished, each.error === undefined)
}

for (const [mode, drive] of Object.entries(drives))
  describe(`upload outcomes, ${mode}`, () => {
    for (const each of cases) test(each.name, context => run(context, drive, each))
  })
