import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cliBench } from './support.js'

test('rows of 1 200 whole numbers pass, whose fields fill the buffer between two checks', async context => {
  const bench = await cliBench(context)
  const names = Array.from({ length: 1200 }, (_, i) => `c${i}`)
  await bench.emulator.createTable({ name: 't', columns: names.map(name => ({ name, type: 'bigint' })) })
  const rows = Array.from({ length: 70 }, (_, row) =>
    names.map((_, i) => String(9_000_000_000_000_000_000n + BigInt(row + i))).join(),
  )
  const text = `${[names.join(), ...rows].join('\n')}\n`
  await bench.ok(['upload', await bench.write('wide.csv', text), 't'])
  await bench.ok(['download', 't', bench.path('out.csv')])
  assert.equal(await bench.read('out.csv'), text)
})
