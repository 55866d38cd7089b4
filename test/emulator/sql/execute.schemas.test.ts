import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { start } from './session.js'

describe('schemas in SQL', () => {
  test('are created, listed, described and dropped', async context => {
    const sql = await start(context)
    await sql.run("create schema s1 comment 'one'; create schema if not exists p.S1; create schema s2")
    assert.equal(await sql.run('show schemas'), 'default\ns1\ns2\n')
    await sql.fails('create schema s1', /^ODPS-0130211:\[1,15\] Schema already exists - schema p\.s1/)
    assert.deepEqual(JSON.parse(await sql.run('desc schema s1')).description, 'one')
    await sql.run('create table p.s2.t (a int)')
    await sql.fails('drop schema s2', /holds tables/)
    await sql.fails('drop schema default', /is the default one/)
    await sql.run('drop table p.s2.t; drop schema s2; drop schema if exists s2')
    await sql.fails('drop schema s2', /^ODPS-0422155:\[1,13\] Schema not found/)
    assert.equal(await sql.run('show schemas in p'), 'default\ns1\n')
    await sql.fails('create schema nope.s', /^ODPS-0110061/)
  })
})
