import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { idAndName, TableCalls, twoRows, withEmulator } from '../emulator-client.js'

describe('partitions', () => {
  test('quotes, slashes and other orders name the same partition', () =>
    withEmulator(async emulator => {
      await emulator.createTable({
        name: 't',
        columns: idAndName,
        partitionColumns: { pt: 'string', hh: 'string' },
      })
      await emulator.addPartition('t', 'pt=a,hh=1')
      for (const partition of ['pt=\'a\',hh="1"', 'pt=a/hh=1', 'hh=1,PT=a'])
        await new TableCalls(emulator, undefined, partition).upload([twoRows])
      assert.equal(emulator.rowCount('t', { pt: 'a', hh: 1 }), 6)
      assert.equal(emulator.rowCount('t', { pt: 'a', hh: 2 }), 0)
      assert.equal(emulator.rowCount('t'), 6)
    }))

  test('create_partition makes it, with any value or none', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
      await new TableCalls(emulator, undefined, 'pt=a').upload([twoRows], 'uploads=&create_partition=true')
      await new TableCalls(emulator, undefined, 'pt=b').upload([twoRows], 'uploads=&create_partition=')
      assert.deepEqual([emulator.rowCount('t', 'pt=a'), emulator.rowCount('t', 'pt=b')], [2, 2])
      await new TableCalls(emulator, undefined, 'pt=a').upload([], 'uploads=&overwrite=true')
      assert.deepEqual([emulator.rowCount('t', 'pt=a'), emulator.rowCount('t', 'pt=b')], [0, 2])
    }))
})
