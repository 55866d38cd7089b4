import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { replacePartition } from '../../docs/examples/arrow-to-table.js'
import { loadQuery } from '../../docs/examples/query-to-duckdb.js'
import { writeParquet } from '../../docs/examples/query-to-parquet.js'
import { writeArrow } from '../../docs/examples/table-to-arrow.js'
import { emulatedTable, fillTable } from '../session/emulated-table.js'

test('the examples write a table to an Arrow file, and replace a partition by it', async context => {
  const place = await emulatedTable(context)
  const { tunnel, emulator } = place
  await fillTable(place, 3)
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-arrow-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 't.arrows')
  assert.equal(await writeArrow(tunnel, { table: 't' }, path), 3)
  assert.deepEqual(
    [...(tableFromIPC(await readFile(path)).getChild('id')! as Iterable<bigint>)],
    [0n, 1n, 2n],
  )
  await assert.rejects(writeArrow(tunnel, { table: 'none' }, join(folder, 'none.arrows')))
  assert.deepEqual(await readdir(folder), ['t.arrows'])

  const columns = { id: 'bigint', name: 'string' }
  await emulator.createTable({ name: 'parts', columns, partitionColumns: { ds: 'string' } })
  for (const _ of [1, 2]) assert.equal(await replacePartition(tunnel, 'parts', 'ds=1', path), 3)
  const cut = join(folder, 'cut.arrows')
  await writeFile(cut, (await readFile(path)).subarray(0, -8))
  await assert.rejects(replacePartition(tunnel, 'parts', 'ds=1', cut), { code: 'ODPS_INVALID_VALUE' })
  assert.deepEqual(await tunnel.download({ table: 'parts', partitionSpec: 'ds=1' }), [
    [0n, 'row 0'],
    [1n, 'row 1'],
    [2n, 'row 2'],
  ])
})

test('the examples load a query into DuckDB, and write it to Parquet, as DuckDB reads both', async context => {
  const { tunnel, emulator } = await emulatedTable(context)
  const columns = { id: 'bigint', name: 'string', ratio: 'double', isNew: 'boolean', born: 'date' }
  const rows = Array.from({ length: 5000 }, (_, i) =>
    i % 5 === 4
      ? [BigInt(i), null, null, null, null]
      : [BigInt(i), `é ${i}`, i / 4, i % 2 === 0, '2024-02-29'],
  )
  emulator.queries = [
    { sql: 'SELECT everything', columns, rows },
    { sql: 'SELECT nothing', columns, rows: [] },
    { sql: 'SELECT odd', columns: { when: 'datetime' }, rows: [[new Date(0)]] },
  ]
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-duckdb-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, "it's.parquet")
  const duck = await (await DuckDBInstance.create(':memory:')).connect()
  const ask = async (sql: string): Promise<unknown> => (await duck.runAndReadAll(sql)).getRowsJson()
  const sums =
    'SELECT count(*), sum(id)::BIGINT, count(name), min(name), sum(ratio), count(*) FILTER ("isNew"), min(born), max(born)'
  // 0 + … + 4999; four of five rows; their quarters: (12 497 500 - (4 + 9 + … + 4999)) / 4; of ten rows 0, 2, 6 and 8 are new.
  const expected = [['5000', '12497500', '4000', 'é 0', 2_499_000, '2000', '2024-02-29', '2024-02-29']]

  assert.equal(await loadQuery(tunnel, 'SELECT everything', duck, 'all rows'), 5000)
  assert.deepEqual(await ask(`${sums} FROM "all rows"`), expected)
  await assert.rejects(loadQuery(tunnel, 'SELECT odd', duck, 'odd'), /when: .*CAST/)
  assert.deepEqual(await ask('SELECT table_name FROM duckdb_tables() ORDER BY ALL'), [['all rows']])

  assert.equal(await writeParquet(tunnel, 'SELECT everything', path), 5000)
  assert.deepEqual(await ask(`${sums} FROM '${path.replace("'", "''")}'`), expected)
  await assert.rejects(writeParquet(tunnel, 'SELECT nothing', join(folder, 'none')), /no rows/)
  assert.deepEqual(await readdir(folder), ["it's.parquet"])
})
