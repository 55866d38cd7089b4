import assert from 'node:assert/strict'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { emulatedTable, readTable } from '../session/emulated-table.js'

describe('unknownColumns', () => {
  const rows = [
    { id: 1n, extra: 'x', name: 'a' },
    { id: 2n, name: 'b', more: 1, most: 2 },
    { first: true, NAME: 'c', id: 3n },
    { extra: 1, name: 'd' },
    { id: 5n, name: 'e' },
    [6n, 'f'],
    {},
  ]
  const expected = [
    [1n, 'a'],
    [2n, 'b'],
    [3n, 'c'],
    [null, 'd'],
    [5n, 'e'],
    [6n, 'f'],
    [null, null],
  ]

  test("'ignore' leaves out keys that are no column", async context => {
    const table = await emulatedTable(context)
    await pipeline(rows, table.tunnel.createUploadStream({ table: 't', unknownColumns: 'ignore' }))
    assert.deepEqual(await readTable(table), expected)
    const session = await table.tunnel.createUploadSession({ table: 't', overwrite: true })
    await session.upload(0, rows, { unknownColumns: 'ignore' })
    await session.commit()
    assert.deepEqual(await readTable(table), expected)
  })

  test('a row of which no key is a column is an error all the same, and so are equal keys', async context => {
    const { tunnel } = await emulatedTable(context)
    const upload = async (row: object): Promise<unknown> =>
      tunnel.upload({ table: 't', unknownColumns: 'ignore' }, [{ id: 1n }, row as Record<string, unknown>])
    await assert.rejects(upload({ nome: 'a', ident: 1n }), {
      code: 'ODPS_UNKNOWN_COLUMN',
      message:
        "Row 1: none of its keys is a column; 'nome' is not a column of the table, which has id, name; did you mean 'name'?",
    })
    await assert.rejects(upload({ id: 1n, ID: 2n, x: 3 }), { code: 'ODPS_INVALID_ROW', rowIndex: 1 })
  })

  test("'error', the default, names the key", async context => {
    const { tunnel } = await emulatedTable(context)
    for (const options of [{}, { unknownColumns: 'error' as const }])
      await assert.rejects(tunnel.upload({ table: 't', ...options }, [{ id: 1n, extra: 'x' }]), {
        code: 'ODPS_UNKNOWN_COLUMN',
        column: 'extra',
        message: "Row 0: 'extra' is not a column of the table, which has id, name",
      })
    const session = await tunnel.createUploadSession({ table: 't' })
    for (const call of [
      () => session.upload(0, [], { unknownColums: 'ignore' } as object),
      () => session.load({ sgnal: undefined } as object),
      () => session.commit([], { sgnal: undefined } as object),
    ])
      await assert.rejects(call, { code: 'ODPS_UNKNOWN_OPTION' })
    assert.throws(() => tunnel.createUploadStream({ table: 't', unknownColumns: 'drop' as never }), {
      code: 'ODPS_INVALID_OPTION',
    })
  })
})
