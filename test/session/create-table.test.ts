import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { emulatedTable } from './emulated-table.js'

describe('the option schema', () => {
  test('of createTable may be the texts of defineSchema', async context => {
    const { tunnel } = await emulatedTable(context)
    await tunnel.createTable({ table: 'n1', schema: { id: 'bigint not null', columns: 'string' } })
    await tunnel.createTable({ table: 'n2', schema: [['2024', 'string']] })
    const { schema } = await tunnel.getTable('n1')
    assert.deepEqual(
      schema.columns.map(({ name, type, nullable }) => [name, type.kind, nullable]),
      [
        ['id', 'bigint', false],
        ['columns', 'string', true],
      ],
    )
    assert.equal((await tunnel.getTable('n2')).schema.columns[0]!.name, '2024')
    for (const wrong of [{ id: 'bigintt' }, { id: 7 }, {}, [], [['id']]])
      await assert.rejects(tunnel.createTable({ table: 'n3', schema: wrong as never }), {
        name: 'TunnelOptionError',
      })
  })

  test('of another form is a TunnelOptionError everywhere, never a TypeError', async context => {
    const { tunnel } = await emulatedTable(context)
    const column = { name: 'id', type: { kind: 'bigint' }, nullable: true }
    const wrong: unknown[] = [
      { id: 'bigint' },
      { columns: [column] },
      { columns: {}, partitionColumns: [] },
      { columns: [{ ...column, type: 'bigint' }], partitionColumns: [] },
      { columns: [{ ...column, type: { kind: 'array' } }], partitionColumns: [] },
      { columns: [{ ...column, name: undefined }], partitionColumns: [] },
      { columns: [null], partitionColumns: [] },
      { columns: Array.from({ length: 10_001 }, () => column), partitionColumns: [] },
    ]
    const refused = { name: 'TunnelOptionError', code: 'ODPS_INVALID_OPTION', message: /schema must be/ }
    for (const schema of wrong as never[]) {
      assert.throws(() => tunnel.createUploadStream({ table: 't', schema }), refused)
      assert.throws(() => tunnel.createDownloadStream({ table: 't', schema }), refused)
      await assert.rejects(tunnel.openDownloadSession({ table: 't', sessionId: 'x', schema }), refused)
    }
    for (const schema of wrong.slice(1) as never[])
      await assert.rejects(tunnel.createTable({ table: 'n', schema }), { name: 'TunnelOptionError' })
  })
})
