import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableFromIPC } from 'apache-arrow'
import { createArrowDownloadStream } from '../../lib/arrow-streams/index.js'
import { createDownloadSession, openDownloadSession } from '../../lib/download/open-download-session.js'
import type { DownloadSplit, SplitOptions } from '../../lib/download/splits.js'
import { TableResource } from '../../lib/session/table-resource.js'
import { emulatedTable, fillTable, rowsUpTo } from '../session/emulated-table.js'
import { startTableService } from '../session/table-service.js'

const overTheWire = (splits: readonly DownloadSplit[]): DownloadSplit[] =>
  JSON.parse(JSON.stringify(splits)) as DownloadSplit[]
const sizesOf = (splits: readonly { readonly count: number }[]): number[] => splits.map(({ count }) => count)

test('pieces of a table are plain JSON, which streams of rows and of Arrow take as it is', async t => {
  const table = await emulatedTable(t)
  await fillTable(table, 1000)
  const { tunnel } = table
  const session = await tunnel.createDownloadSession({ table: 't' })
  const splits = session.splits({ count: 3 })
  assert.deepEqual(overTheWire(splits), JSON.parse(JSON.stringify(splits)))
  assert.deepEqual(
    splits.map(({ start, count }) => [start, count]),
    [
      [0, 334],
      [334, 333],
      [667, 333],
    ],
  )
  const [first] = overTheWire(splits)
  assert.deepEqual(
    { ...first, schema: undefined },
    {
      ...{ project: 'p', table: 't', sessionId: session.sessionId, recordCount: 1000, schema: undefined },
      ...{ start: 0, count: 334 },
    },
  )
  const rows: unknown[] = []
  for (const split of overTheWire(splits)) rows.push(...(await tunnel.download(split)))
  assert.deepEqual(rows, rowsUpTo(1000))

  const ids: unknown[] = []
  for (const split of overTheWire(session.splits({ rows: 400 }))) {
    if (split.table === undefined) throw new Error('it is a piece of a table')
    const chunks: Buffer[] = []
    for await (const chunk of createArrowDownloadStream({ ...split, tunnel, as: 'ipc' }).chunks())
      chunks.push(chunk)
    ids.push(...tableFromIPC(Buffer.concat(chunks)).getChild('id')!.toArray())
  }
  assert.deepEqual(
    ids,
    rowsUpTo(1000).map(([id]) => id),
  )
})

test('pieces of one partition, and of what a query has left', async t => {
  const { emulator, tunnel } = await emulatedTable(t)
  await emulator.createTable({ name: 'd', columns: { id: 'bigint' }, partitionColumns: { day: 'string' } })
  await emulator.insert('d', [[1n], [2n], [3n]], { day: 'a b' })
  const session = await tunnel.createDownloadSession({ table: 'd', partitionSpec: { day: 'a b' } })
  const pieces = overTheWire(session.splits({ rows: 2 }))
  assert.deepEqual(sizesOf(pieces), [2, 1])
  assert.deepEqual(await Promise.all(pieces.map(piece => tunnel.download(piece))), [[[1n], [2n]], [[3n]]])

  const { instanceId } = await tunnel.execute({ sql: "SELECT id FROM d WHERE day = 'a b'" })
  const result = await tunnel.createDownloadSession({ instanceId })
  const parts = overTheWire(result.splits({ count: 2 }))
  assert.deepEqual(sizesOf(parts), [2, 1])
  assert.deepEqual((await Promise.all(parts.map(part => tunnel.download(part)))).flat(), [[1n], [2n], [3n]])
  assert.throws(() => result.splits({ bytes: 1 }), { code: 'ODPS_INVALID_OPTION', message: /size/ })
})

test('pieces of about so many bytes: those of the table or partition, by its rows', async t => {
  const service = await startTableService(t)
  service.recordCount = 10
  // The description of the table says 4096 bytes, so a row has 409.6.
  const session = await createDownloadSession(service.table)
  const sizes = (bytes: number): number[] => sizesOf(session.splits({ bytes }))
  assert.deepEqual(sizes(1), Array(10).fill(1))
  assert.deepEqual(sizes(819), Array(10).fill(1))
  assert.deepEqual(sizes(820), Array(5).fill(2))
  assert.deepEqual(sizes(2048), [5, 5])
  assert.deepEqual(sizes(4095), [5, 5])
  assert.deepEqual(sizes(4096), [10])
  assert.deepEqual(sizes(Number.MAX_SAFE_INTEGER), [10])
  service.recordCount = 0
  assert.deepEqual((await createDownloadSession(service.table)).splits({ bytes: 1 }), [])

  service.recordCount = 10
  service.queued.set('table', [
    (_request, response) =>
      response.end(
        '<Partition><Schema><![CDATA[{"lastModifiedTime":1,"partitionSize":100,"partitionRecordNum":-1}]]></Schema></Partition>',
      ),
  ])
  const partition = [{ name: 'month', value: '1' }]
  const part = await createDownloadSession(
    new TableResource(service.client, service.table.name, { partition }),
  )
  assert.deepEqual(sizesOf(part.splits({ bytes: 50 })), [5, 5])

  const attached = await openDownloadSession(service.table, { sessionId: 'D1' })
  assert.throws(() => attached.splits({ bytes: 100 }), {
    name: 'TunnelOptionError',
    code: 'ODPS_INVALID_OPTION',
    message: /^splits: the size of the rows is not known.*pass rows or count$/,
  })
})

test('what cannot be split is refused by option; no rows are no pieces', async t => {
  const service = await startTableService(t)
  const session = await openDownloadSession(service.table, { sessionId: 'D1' })
  const refused = (options: unknown, message: RegExp): void =>
    assert.throws(() => session.splits(options as SplitOptions), {
      name: 'TunnelOptionError',
      code: 'ODPS_INVALID_OPTION',
      message,
    })
  refused({}, /^splits: pass exactly one of count, rows and bytes, got none$/)
  refused(undefined, /got none$/)
  refused({ count: 2, rows: 3 }, /^splits: pass exactly one .* got count and rows$/)
  for (const key of ['count', 'rows', 'bytes'])
    for (const value of [0, -1, 1.5, '2', Number.NaN])
      refused({ [key]: value }, new RegExp(`^splits: ${key} must be a whole number of at least 1, got `))
  assert.throws(() => session.splits({ parts: 2 } as SplitOptions), { code: 'ODPS_UNKNOWN_OPTION' })
  // No piece is empty.
  assert.deepEqual(sizesOf(session.splits({ count: 11 })), Array(10).fill(1))
  assert.deepEqual(sizesOf(session.splits({ rows: 4, count: undefined })), [4, 3, 3])
  service.recordCount = 0
  const empty = await openDownloadSession(service.table, { sessionId: 'D1' })
  assert.deepEqual([empty.splits({ count: 3 }), empty.splits({ rows: 3 })], [[], []])
})
