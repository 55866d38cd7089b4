import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadQueue, type Message } from '../../docs/examples/streaming-upload.js'
import { emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'

test('the example acknowledges what is in the table, and a killed consumer loses no message', async context => {
  const table = await emulatedTable(context)
  const all = rowsUpTo(40).map(
    ([id, name]): Message => ({ id: String(id), body: JSON.stringify({ id: Number(id), name }) }),
  )
  const acknowledged = new Set<string>()
  const load = async (): Promise<void> => {
    const upload = table.tunnel.createStreamingUploadStream({ table: 't', flushRows: 7, slots: 1 })
    const messages = async function* () {
      yield* all.filter(({ id }) => !acknowledged.has(id))
    }
    await loadQueue(
      messages(),
      upload,
      body => JSON.parse(body),
      async ids => {
        for (const id of ids) acknowledged.add(id)
      },
    )
  }
  // The third pack is taken, nothing is heard of it, and the consumer ends.
  table.emulator.setFaults([
    { action: 'putPack', after: 2, fault: 'drop-answer' },
    { action: 'putPack', after: 3, fault: { status: 403, code: 'NoPermission' } },
  ])
  await assert.rejects(load(), { code: 'ODPS_ACCESS_DENIED' })
  assert.deepEqual(
    [...acknowledged],
    rowsUpTo(14).map(([id]) => String(id)),
  )
  table.emulator.setFaults()
  await load()
  assert.equal(acknowledged.size, 40)
  const rows = (await readTable(table)) as [bigint, string][]
  // Those of the third pack are there twice.
  assert.deepEqual(rows, [...rowsUpTo(21), ...rowsUpTo(40).slice(14)])
})
