import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { idAndName, TableCalls, twoRows, withEmulator } from './emulator-client.js'

describe('names', () => {
  test('compare without case; a schema is a space of its own, and default is none', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 'T', columns: { ID: 'BIGINT', Name: 'String' } })
      await emulator.createTable({ name: 's.t', columns: idAndName })
      const path = (path: string): TableCalls => new TableCalls(emulator, path)
      await path('/projects/P/tables/T').upload([twoRows])
      await path('/projects/p/schemas/default/tables/t').upload([twoRows])
      await path('/projects/p/schemas/S/tables/t').upload([twoRows])
      assert.equal(emulator.rowCount('t'), 4)
      assert.equal(emulator.rowCount('t', undefined, { schemaName: 's' }), 2)
    }))
})
