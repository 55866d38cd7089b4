import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { emulatedTable, fillTable, rowsUpTo } from './emulated-table.js'

test('one signal over many streams has one listener, and none when they have ended', async context => {
  const { tunnel } = await emulatedTable(context)
  const abort = new AbortController()
  const { signal } = abort
  const warnings: Error[] = []
  const warn = (warning: Error): void => void warnings.push(warning)
  process.on('warning', warn)
  context.after(() => process.off('warning', warn))
  await fillTable({ tunnel } as never, 3)
  const uploads = Array.from({ length: 20 }, () => tunnel.createUploadStream({ table: 't', signal }))
  const downloads = Array.from({ length: 20 }, () => tunnel.createDownloadStream({ table: 't', signal }))
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  await Promise.all([
    ...uploads.map(upload => pipeline(rowsUpTo(3), upload)),
    ...downloads.map(download => download.toArray()),
    ...Array.from({ length: 20 }, () => tunnel.download({ table: 't', signal })),
  ])
  const closed = [...uploads, ...downloads].filter(stream => !stream.closed)
  await Promise.all(closed.map(stream => once(stream, 'close')))
  await new Promise(setImmediate)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  assert.deepEqual(warnings, [])
})

test('one signal stops them all', async context => {
  const { tunnel } = await emulatedTable(context)
  const abort = new AbortController()
  const streams = Array.from({ length: 15 }, () =>
    tunnel.createUploadStream({ table: 't', signal: abort.signal }),
  )
  const failures = streams.map(stream => assert.rejects(stream.committed, { name: 'AbortError' }))
  abort.abort()
  await Promise.all(failures)
})
