import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatTableName, parseTableName } from '../../lib/schema/table-name.js'

const invalid = (message: RegExp) => ({ name: 'TunnelOptionError', code: 'ODPS_INVALID_TABLE_NAME', message })

describe('a table name', () => {
  test('has one to three parts, with or without back quotes', () => {
    const defaults = { project: 'p', schemaName: 's' }
    assert.deepEqual(parseTableName('t', {}, { project: 'p' }), { project: 'p', table: 't' })
    assert.deepEqual(parseTableName('t', {}, defaults), { project: 'p', schemaName: 's', table: 't' })
    assert.deepEqual(parseTableName('x.t', {}, defaults), { project: 'p', schemaName: 'x', table: 't' })
    assert.deepEqual(parseTableName(' `q` . x.`t` ', {}, defaults), {
      project: 'q',
      schemaName: 'x',
      table: 't',
    })
    assert.deepEqual(parseTableName('my-project.s.表$1'), {
      project: 'my-project',
      schemaName: 's',
      table: '表$1',
    })
  })

  test('options come before defaults and must agree with it', () => {
    const options = { project: 'P', schemaName: 'S' }
    const full = { project: 'P', schemaName: 'S', table: 't' }
    assert.deepEqual(parseTableName('t', options, { project: 'other', schemaName: 'other' }), full)
    assert.deepEqual(parseTableName('p.s.t', options), { project: 'p', schemaName: 's', table: 't' })
    assert.throws(() => parseTableName('q.s.t', options), invalid(/the project 'q', .* is 'P'/))
    assert.throws(() => parseTableName('x.t', options), invalid(/the schemaName 'x', .* is 'S'/))
  })

  test('in parts is a full name: nothing completes it', () => {
    const defaults = { project: 'other', schemaName: 's' }
    const name = { project: 'p', table: 't' }
    assert.deepEqual(parseTableName(name, {}, defaults), name)
    assert.deepEqual(parseTableName({ ...name, schemaName: 'x' }, {}, defaults), { ...name, schemaName: 'x' })
    for (const bad of [
      { table: 'a.b' },
      { table: '' },
      { table: 7 },
      { schemaName: '..' },
      { project: 'a/b' },
      { project: 7 },
    ])
      assert.throws(
        () => parseTableName({ ...name, ...bad } as never),
        invalid(/not a valid name/),
        JSON.stringify(bad),
      )
    assert.throws(() => parseTableName({ table: 't' } as never, {}, defaults), {
      code: 'ODPS_MISSING_PROJECT',
      message: /this one has no project; add it/,
    })
    // It would be a table of another schema.
    assert.throws(() => parseTableName({ ...name, schema: 's' } as never), {
      code: 'ODPS_UNKNOWN_OPTION',
      message: /table: unknown option schema; did you mean schemaName\?/,
    })
    assert.throws(() => parseTableName(['t'] as never, {}, defaults), invalid(/must be text, got a list/))
    assert.throws(() => parseTableName(null as never, {}, defaults), invalid(/must be text, got null/))
  })

  test('needs a project', () => {
    for (const name of ['t', 's.t'])
      assert.throws(() => parseTableName(name), { code: 'ODPS_MISSING_PROJECT', message: /ODPS_PROJECT/ })
  })

  test('of another form is refused', () => {
    const project = { project: 'p' }
    assert.throws(() => parseTableName('a.b.c.d'), invalid(/more than three parts/))
    for (const text of ['', '.', 'a.', '.t', 'a..t', 'a b', 't;drop', "t'", '`a`b', 'a/../b'])
      assert.throws(() => parseTableName(text, project), invalid(/not a valid name/), text)
    assert.throws(() => parseTableName(7 as unknown as string), invalid(/must be text, got number/))
    assert.throws(
      () => parseTableName(`${'x'.repeat(10_000)}!`, project),
      (error: unknown) => error instanceof Error && error.message.length < 300,
    )
  })

  test('is printed for messages', () => {
    for (const name of ['p.s.t', 'p.t'])
      assert.equal(
        formatTableName(name === 'p.t' ? { project: 'p', table: 't' } : parseTableName(name)),
        name,
      )
  })
})

test('a project or a schema from the options is a legal name, too', () => {
  for (const name of ['..', '.', 'a/b', 'a?b', ' ', ''])
    for (const options of [{ project: name }, { project: 'p', schemaName: name }])
      assert.throws(() => parseTableName('t', {}, options), {
        code: 'ODPS_INVALID_TABLE_NAME',
        message: /the option (project|schemaName) is '.*', which is not a valid name/,
      })
})
