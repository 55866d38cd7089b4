import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startEmulator } from '../../../lib/emulator/index.js'
import { Session } from '../sql/session.js'

/** Data files of all tables, their number. */
const countSegments = async (dataDir: string): Promise<number> =>
  (await readdir(dataDir, { recursive: true })).filter(name => name.endsWith('.rec')).length

test('what SQL changes is on the disk, and nothing else', async context => {
  const dataDir = await mkdtemp(join(tmpdir(), 'odps-tunnel-sql-'))
  context.after(() => rm(dataDir, { recursive: true, force: true }))
  const first = await startEmulator({ projects: ['p'], dataDir })
  const sql = new Session(first)
  await sql.run('create table t (a bigint, b string, c bigint) partitioned by (d string)')
  await sql.run("insert into t partition (d='1') values (1, 'x', 10), (2, null, 20)")
  await sql.run("insert into t partition (d='2') values (3, 'y', 30)")
  await sql.run("insert overwrite table t partition (d='2') values (4, 'z', 40)")
  await sql.run('create table copy as select b, d from t')
  await sql.run('alter table t drop columns a; alter table t rename to u; alter table u change b name string')
  await sql.run("alter table u partition (d='1') rename to partition (d='3')")
  await sql.fails("insert into u partition (d='2') values ('w', 'x')", /column c/)
  assert.equal(await countSegments(dataDir), 3)
  await first.close()

  const second = await startEmulator({ projects: ['p'], dataDir })
  context.after(() => second.close())
  const rows = await second.rows('u', undefined, { rowShape: 'array' })
  assert.deepEqual(rows, [
    ['z', 40n, '2'],
    ['x', 10n, '3'],
    [null, 20n, '3'],
  ])
  assert.deepEqual(await second.rows('copy'), [
    { b: 'x', d: '1' },
    { b: null, d: '1' },
    { b: 'z', d: '2' },
  ])
  const again = new Session(second)
  assert.match(await again.run('show create table u'), /`name` STRING,\n {2}`c` {4}BIGINT/)
  await again.fails('select * from t', /Table not found/)
})
