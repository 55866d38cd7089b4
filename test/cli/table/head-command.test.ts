import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { cliBench } from '../support.js'

describe('head', () => {
  test('shows what stands in the record: both of two equal keys, and bytes that are not text', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 't',
      columns: { m: 'map<bigint,int>', j: 'json', s: 'string', n: 'array<string>' },
    })
    // 2n and 2 are two keys of a JavaScript Map, and one BIGINT.
    const twice = new Map<unknown, unknown>([
      [2n, 1],
      [2, 2],
    ])
    await bench.fill('t', [[twice, [1.5], 'plain', ['x']]])
    const { stdout } = await bench.ok(['head', 't', '--json'])
    assert.equal(stdout, '{"m":[[2,1],[2,2]],"j":[1.5],"s":"plain","n":["x"]}\n')
    assert.match((await bench.ok(['head', 't'])).stdout, /\[\[2,1\],\[2,2\]\]/)
  })

  test('bytes that are not text are shown as such, and refused where JSON cannot hold them', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { s: 'string', n: 'array<string>' } })
    await bench.fill('t', [
      ['fine', ['fine']],
      [Buffer.from([0x61, 0xff]), [Buffer.from([0xff])]],
    ])
    const { stdout } = await bench.ok(['head', 't'])
    assert.match(stdout, /a\\xff +\(not UTF-8\)/)
    assert.doesNotMatch(stdout, /\ufffd/)
    const json = await bench.run(['head', 't', '--json'])
    assert.equal(json.code, 1)
    assert.match(json.stderr, /row 1, column 's': contains bytes that are not UTF-8/)
  })

  test('of columns in their order, and none of an empty table', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { a: 'bigint', B: 'string' } })
    assert.match((await bench.ok(['head', 't'])).stderr, /0 of 0 rows/)
    await bench.fill('t', [
      [1n, 'x'],
      [2n, 'y'],
    ])
    const { stdout, stderr } = await bench.ok(['head', 't', '--columns', 'b,a', '-n', '1', '--json'])
    assert.equal(stdout, '{"b":"x","a":1}\n')
    assert.equal(stderr, '')
    assert.match((await bench.ok(['head', 't', '-n', '1'])).stderr, /1 of 2 rows/)
    assert.match((await bench.run(['head', 't', '--columns', 'c'])).stderr, /'?c'?/)
  })
})

test('rows are read for their cells in one way only', () => {
  const lib = fileURLToPath(new URL('../../../lib/cli/', import.meta.url))
  const readers = readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .filter(file =>
      /\bcreateDownloadStream\(|\b(?:tunnel|session)\.(?:download|readBatches)\(/.test(
        readFileSync(`${lib}${file}`, 'utf8'),
      ),
    )
  // doctor counts the rows that come, and looks at none.
  assert.deepEqual(readers.sort(), ['doctor/checks.ts', 'file-rows.ts'])
})
