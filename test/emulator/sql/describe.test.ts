import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { start } from './session.js'

describe('SHOW and DESC', () => {
  test('DESC', async context => {
    const sql = await start(context, { clock: () => Date.UTC(2025, 0, 2, 3, 4, 5) })
    await sql.run("create table desc (a int comment 'first') partitioned by (d string)")
    const text = await sql.run('desc desc')
    assert.match(text, /^\| CreateTime: +2025-01-02 03:04:05 +\|$/m)
    assert.match(text, /^\| a +\| int +\| +\| first +\|$/m)
    assert.match(text, /^\| Partition Columns: +\|$/m)
    assert.equal(
      new Set(
        text
          .trimEnd()
          .split('\n')
          .map(({ length }) => length),
      ).size,
      1,
    )
    assert.match(await sql.run('describe extended desc'), /^\| RecordNum: +0 +\|$/m)
    await sql.fails('desc nope', /^ODPS-0130131:\[1,6\]/)
    await sql.fails("desc desc partition (d='1')", /^ODPS-0130241/)
  })
})
