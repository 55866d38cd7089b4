import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelProtocolError } from '../../lib/errors.js'
import { parseTableSchema, selectColumns, tableSchemaJson } from '../../lib/schema/table-schema.js'

const session = {
  IsVirtualView: false,
  columns: [
    { column_id: '0', comment: '', default_value: '', name: 'id', nullable: false, type: 'bigint' },
    { column_id: '1', comment: 'a note', default_value: 'x', name: 'Name', nullable: true, type: 'STRING' },
    { column_id: '2', name: 'tags', nullable: 'false', type: 'array<string>' },
    { column_id: '3', name: 'where', type: 'geography' },
  ],
  partitionKeys: [{ column_id: '4', name: 'month', nullable: true, type: 'string' }],
}

const unexpected = (pattern: RegExp) => (error: unknown) =>
  error instanceof TunnelProtocolError &&
  error.code === 'ODPS_UNEXPECTED_ANSWER' &&
  pattern.test(error.message)

describe('the schema of a session', () => {
  test('is read', () => {
    assert.deepEqual(parseTableSchema(session), {
      columns: [
        { name: 'id', type: { kind: 'bigint' }, nullable: false },
        { name: 'Name', type: { kind: 'string' }, nullable: true, comment: 'a note', defaultValue: 'x' },
        { name: 'tags', type: { kind: 'array', element: { kind: 'string' } }, nullable: false },
        { name: 'where', type: { kind: 'unsupported', text: 'geography' }, nullable: true },
      ],
      partitionColumns: [{ name: 'month', type: { kind: 'string' }, nullable: true }],
    })
  })

  test('in the form of the service says isNullable, and may have no partition keys', () => {
    const columns = [{ name: 'a', type: 'int', isNullable: false, defaultValue: '1' }]
    assert.deepEqual(parseTableSchema({ columns }), {
      columns: [{ name: 'a', type: { kind: 'int' }, nullable: false, defaultValue: '1' }],
      partitionColumns: [],
    })
  })

  test('is read back as it was printed, through JSON', () => {
    const schema = parseTableSchema(session)
    assert.deepEqual(parseTableSchema(JSON.parse(JSON.stringify(tableSchemaJson(schema)))), schema)
  })

  test('is printed with the JSON types that the Go client wants', () => {
    const { columns, partitionKeys } = tableSchemaJson(parseTableSchema(session)) as typeof session
    for (const column of [...columns, ...partitionKeys]) {
      assert.equal(typeof column.column_id, 'string')
      assert.equal(typeof column.nullable, 'boolean')
    }
    assert.deepEqual(partitionKeys[0]?.column_id, '4')
  })

  test('of another form is an error that says what is wrong', () => {
    for (const [json, pattern] of [
      [null, /not an object/],
      [[], /not an object/],
      ['{}', /not an object/],
      [{}, /'columns' is not a list/],
      [{ columns: [], partitionKeys: 1 }, /'partitionKeys' is not a list/],
      [{ columns: [null] }, /column is not an object/],
      [{ columns: [{ type: 'int' }] }, /no name/],
      [{ columns: [{ name: 'a' }] }, /'a' has no type/],
      [{ columns: [{ name: 'a', type: 'array<' }] }, /type of column 'a'.*position 6/],
      [{ columns: ['a', 'A'].map(name => ({ name, type: 'int' })) }, /'A' appears twice/],
    ] as const)
      assert.throws(() => parseTableSchema(json), unexpected(pattern))
  })
})

describe('a choice of columns', () => {
  const schema = parseTableSchema(session)

  test('comes in the order asked for, in the spelling of the schema', () => {
    assert.deepEqual(
      selectColumns(schema, ['TAGS', 'name']).map(column => column.name),
      ['tags', 'Name'],
    )
  })

  test('refuses unknown, repeated and partition columns, and an empty list', () => {
    for (const [names, message] of [
      [[], /empty/],
      [['id', 'ID'], /'ID' is listed twice/],
      [['idd'], /'idd' is not a column of the table, which has id, Name, tags, where; did you mean 'id'\?$/],
      [['MONTH'], /'MONTH' is a partition column/],
    ] as const)
      assert.throws(() => selectColumns(schema, names), { code: 'ODPS_INVALID_COLUMNS', message })
  })

  test('does not list a thousand names', () => {
    const columns = Array.from({ length: 1000 }, (_, i) => ({ name: `c${i}`, type: 'int' }))
    assert.throws(() => selectColumns(parseTableSchema({ columns }), ['x']), {
      message: /c0, .*c19, … \(1000\)$/,
    })
  })
})
