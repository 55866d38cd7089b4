import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cliBench } from './support.js'

const page = readFileSync(new URL('../../docs/from-odpscmd.md', import.meta.url), 'utf8')

/** The command lines in the cells of the tables, in their order. */
const lines = [...page.matchAll(/^\|.*\|$/gm)]
  .flatMap(([row]) => row.split('|').map(cell => /^`odps-tunnel (.+)`$/.exec(cell.trim())?.[1]))
  .filter(line => line !== undefined)

const files: Readonly<Record<string, string>> = {
  'sales.txt': '1,a\n2,b\n',
  'sales.csv': 'id,name\n1,a\n2,b\n',
  'semi.txt': '3;NULL\n',
  'semi.csv': 'id;name\n3;NULL\n',
  'bad.txt': 'x,a\n4,d\n',
  'bad.csv': 'id,name\nx,a\n4,d\n',
}

test('every command line of the page From odpscmd runs', async context => {
  const bench = await cliBench(context)
  const columns = { id: 'bigint', name: 'string' }
  await bench.emulator.createTable({ name: 'sales', columns })
  await bench.emulator.createTable({ name: 'daily', columns, partitionColumns: { day: 'string' } })
  await bench.emulator.createTable({ name: 'customers', columns, primaryKey: ['id'] })
  for (const [name, text] of Object.entries(files)) await bench.write(name, text)
  await bench.write(
    'odps_config.ini',
    `project_name=p\nend_point=${bench.emulator.endpoint}\naccess_id=test-id\naccess_key=test-secret\n`,
  )
  const ran = new Map<string, string>()
  for (const line of lines) {
    const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      ([, single, double, word]) => single ?? double ?? word!,
    )
    // A transfer that was begun here would have an id.
    const args = words.map(word =>
      word === '<id>' ? '--help' : /^\w+\.(txt|csv|parquet|ini)$/.test(word) ? bench.path(word) : word,
    )
    ran.set(line, (await bench.ok(args)).stdout)
  }
  assert.ok(ran.size > 35, `${ran.size} lines`)
  // Those in odpscmd's words and those in ours did the same.
  assert.equal(await bench.read('out.txt'), '1,a\n2,b\n')
  assert.equal(await bench.read('out.csv'), 'id,name\n1,a\n2,b\n')
  assert.equal(await bench.read('ids.txt'), '1\n2\n')
  assert.equal(await bench.read('rejected.csv'), 'id,name\nx,a\n')
  assert.equal(bench.emulator.rowCount('daily', 'day=1'), 4)
  assert.equal(bench.emulator.rowCount('customers'), 2)
  assert.equal(ran.get('tables list --prefix sal'), 'sales\n')
  assert.equal(ran.get('count sales'), '3\n')
  assert.match(ran.get('query "SELECT id, name FROM sales"')!, /^5,e$/m)
  assert.equal((await bench.run(['tables', 'exists', 'sales'])).stdout, 'false\n')
  assert.equal((await bench.ok(['partitions', 'list', 'daily'])).stdout, 'day=1\n')
})
