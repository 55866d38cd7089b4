import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startEmulator } from '../../../lib/emulator/index.js'
import { Session } from './session.js'

/* MAX_PT as MaxCompute's reference tells it: the greatest of the first level, by its letters, among partitions with data. */

const fill = async (session: Session): Promise<void> => {
  const { emulator } = session
  await emulator.createTable({
    name: 'tbl',
    columns: { id: 'bigint' },
    partitionColumns: { pt: 'string', hh: 'bigint' },
  })
  for (const [pt, hh, id] of [
    ['20120901', 9, 1],
    ['20120902', 1, 2],
    ['20120902', 2, 3],
    ['9', 1, 4],
  ] as const)
    await session.run(`insert into tbl partition (pt='${pt}', hh=${hh}) values (${id})`)
  await session.run("alter table tbl drop partition (pt='9', hh=1)")
  await session.run("alter table tbl add partition (pt='20120903', hh=1)")
  await emulator.createTable({
    name: 'numbers',
    columns: { id: 'bigint' },
    partitionColumns: { n: 'bigint' },
  })
  for (const n of [9, 10]) await session.run(`insert into numbers partition (n=${n}) values (${n})`)
  await emulator.createTable({ name: 'plain', columns: { id: 'bigint' } })
  await emulator.createTable({ name: 'empty', columns: { id: 'bigint' }, partitionColumns: { pt: 'string' } })
}

describe('MAX_PT', () => {
  let session: Session
  before(async () => {
    const emulator = await startEmulator({ projects: ['p'] })
    session = new Session(emulator)
    await fill(session)
  })
  after(() => session.emulator.close())

  const ids = async (sql: string): Promise<unknown[]> => (await session.table(sql)).rows.flat()

  test('a plain read takes its partition, and the empty one behind it does not count', async () => {
    assert.deepEqual(await ids("select id from tbl where pt = max_pt('tbl')"), [2n, 3n])
    assert.deepEqual(await ids("select id from tbl where pt = MAX_PT('p.tbl') and hh = 2"), [3n])
  })

  test('values are compared as texts', async () =>
    assert.deepEqual(await ids("select id from numbers where n = max_pt('numbers')"), [9n]))

  test('it is a value of any other query', async () => {
    assert.deepEqual(await session.table("select max_pt('tbl') as pt, count(*) as n from numbers"), {
      columns: ['pt string', 'n bigint'],
      rows: [['20120902', 2n]],
    })
    await session.run("create view latest as select id + 1 as id from tbl where pt = max_pt('tbl')")
    assert.deepEqual(await ids('select id from latest'), [3n, 4n])
    await session.run(
      "insert into tbl partition (pt='20120904', hh=1) select 7L from numbers where n = max_pt('numbers')",
    )
    assert.deepEqual(await ids('select id from latest'), [8n])
  })

  test('a table without partitions that have rows is refused, with the place', async () => {
    await session.fails(
      "select *\nfrom plain where id = max_pt('plain')",
      /ODPS-0130071:\[2,30\].*plain is not partitioned/,
    )
    await session.fails("select * from empty where pt = max_pt('empty')", /empty has no partition with rows/)
    await session.fails("select * from plain where id = max_pt('none')", /ODPS-0130131/)
  })

  test('anything but the name of a table in quotes is refused', async () => {
    await session.fails('select max_pt(id) from plain', /the emulator does not have the function MAX_PT/i)
    await session.fails("select max_pt('a b') from plain", /the end of the table name/)
  })
})
