import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ColumnTexts, checkSchema, defineSchema } from '../../lib/schema/define-schema.js'
import { parseTableSchema, tableSchemaJson } from '../../lib/schema/table-schema.js'

const refused = (columns: unknown, code: string, message: RegExp): void =>
  assert.throws(() => defineSchema(columns as ColumnTexts), { name: 'TunnelOptionError', code, message })

describe('a schema in the program', () => {
  test('is a table schema with columns in the order written, from an object or a list', () => {
    const expected = {
      columns: [
        { name: 'id', type: { kind: 'bigint' }, nullable: false },
        { name: 'a', type: { kind: 'string' }, nullable: true },
        { name: 'B', type: { kind: 'array', element: { kind: 'int' } }, nullable: false },
      ],
      partitionColumns: [{ name: 'month', type: { kind: 'string' }, nullable: true }],
    }
    const object = { id: 'bigint not null', a: ' STRING ', B: 'array< int >  NOT  NULL ' }
    const partitionColumns = { month: 'string' }
    assert.deepEqual(defineSchema(object, { partitionColumns }), expected)
    assert.deepEqual(
      defineSchema(Object.entries(object), { partitionColumns: [['month', 'string']] }),
      expected,
    )
    assert.deepEqual(parseTableSchema(tableSchemaJson(defineSchema(object, { partitionColumns }))), expected)
  })

  test('as an object refuses keys that objects put first; as a list it takes them', () => {
    refused({ a: 'int', 7: 'int' }, 'ODPS_INVALID_COLUMNS', /'7' first; write \[\['name', 'type'\], …\]/)
    const { columns } = defineSchema([
      ['a', 'int'],
      ['7', 'int'],
    ])
    assert.deepEqual(
      columns.map(column => column.name),
      ['a', '7'],
    )
    assert.equal(defineSchema({ '07': 'int', '-1': 'int' }).columns.length, 2)
  })

  test('takes a column named __proto__ or constructor', () => {
    const columns = JSON.parse('{"__proto__": "int", "constructor": "string"}')
    assert.equal(defineSchema(columns).columns[0]?.name, '__proto__')
  })

  test('of another form is refused', () => {
    refused({}, 'ODPS_INVALID_COLUMNS', /there are none/)
    refused(null, 'ODPS_INVALID_COLUMNS', /expected type texts/)
    refused('id bigint', 'ODPS_INVALID_COLUMNS', /expected type texts/)
    refused({ a: { type: 'int' } }, 'ODPS_INVALID_COLUMNS', /type of column 'a' is not text/)
    refused([['a', 'int'], ['b']], 'ODPS_INVALID_COLUMNS', /entry 1 is not a pair/)
    refused(['ab'], 'ODPS_INVALID_COLUMNS', /entry 0 is not a pair/)
    refused([[' ', 'int']], 'ODPS_INVALID_COLUMNS', /no name/)
    refused({ a: 'int', A: 'int' }, 'ODPS_INVALID_COLUMNS', /'A' appears twice/)
    assert.throws(
      () => defineSchema({ a: 'int' }, { partitionColumns: { A: 'string' } }),
      /'A' appears twice/,
    )
  })

  test('of too many columns is refused at once, and blanks take no time', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => [`c${i}`, 'bigint'] as const)
    const before = process.cpuUsage()
    assert.throws(() => defineSchema(many), {
      code: 'ODPS_INVALID_COLUMNS',
      message: /20000 are more than/,
    })
    assert.throws(() => defineSchema(Object.fromEntries(many)), { code: 'ODPS_INVALID_COLUMNS' })
    assert.equal(defineSchema(many.slice(0, 10_000)).columns.length, 10_000)
    const blanks = ' '.repeat(200_000)
    assert.equal(
      defineSchema({ a: `bigint not${blanks.slice(0, 1000)}null${blanks}` }).columns[0]!.nullable,
      false,
    )
    assert.throws(() => defineSchema({ a: `bigint${blanks}x` }), { code: 'ODPS_INVALID_DATA_TYPE' })
    assert.throws(() => defineSchema({ a: `not${blanks}`.repeat(3) }), { code: 'ODPS_INVALID_DATA_TYPE' })
    assert.ok(process.cpuUsage(before).user < 5_000_000)
  })

  test('with a type that is not known is refused, also deep inside', () => {
    refused({ a: 'strng' }, 'ODPS_INVALID_DATA_TYPE', /Column 'a': .*'strng' is not known/)
    refused({ a: 'map<int,struct<x:array<strng>>>' }, 'ODPS_INVALID_DATA_TYPE', /'strng' is not known/)
    refused({ a: 'array<' }, 'ODPS_INVALID_DATA_TYPE', /Column 'a': .*position 6/)
    refused({ a: 'not null' }, 'ODPS_INVALID_DATA_TYPE', /Column 'a'/)
  })
})

describe('drift', () => {
  const expected = defineSchema({ id: 'bigint not null', name: 'string', at: 'datetime' })
  const differs = (actual: ColumnTexts, message: string, use?: 'read' | 'write'): void =>
    assert.throws(() => checkSchema(expected, defineSchema(actual), use), {
      name: 'TunnelOptionError',
      code: 'ODPS_SCHEMA_MISMATCH',
      message: `The table differs from the schema in the program: ${message}. Change the program, or the table`,
    })

  test('is not there when names, types and order agree', () => {
    checkSchema(expected, expected)
    checkSchema(expected, parseTableSchema(tableSchemaJson(expected)))
    checkSchema(expected, defineSchema({ ...textsOf, at: 'DATETIME' }, { partitionColumns: { p: 'string' } }))
  })

  const textsOf = { id: 'bigint not null', name: 'string', at: 'datetime' }

  test('names the columns that differ, all of them', () => {
    differs({ ...textsOf, name: 'binary' }, "column 'name' is binary, not string")
    differs({ id: 'bigint not null', at: 'datetime' }, "column 'name' is missing")
    differs({ ...textsOf, more: 'int' }, "column 'more' is not in the program")
    differs(
      { ID: 'int not null', at: 'datetime', x: 'int' },
      "column 'id' is spelled 'ID'; column 'id' is int, not bigint; column 'name' is missing; " +
        "column 'x' is not in the program",
    )
    differs(
      { id: 'bigint not null', at: 'datetime', name: 'string' },
      "the order differs: column 1 is 'at', not 'name'",
    )
  })

  test('is not there between results with two columns of one name, in their order', () => {
    const [id, name] = expected.columns
    const of = (...columns: readonly (typeof id)[]) => ({ ...expected, columns: columns.map(each => each!) })
    checkSchema(of(id, name, id), of(id, name, id))
    const typed = { ...id!, type: { kind: 'int' } } as const
    const message = /column 'id' is int, not bigint/
    assert.throws(() => checkSchema(of(id, name, id), of(id, name, typed)), { message })
    assert.throws(() => checkSchema(of(id, id), of(id)), { message: /column 'id' is missing/ })
    assert.throws(() => checkSchema(of(id), of(id, id)), { message: /column 'id' is not in the program/ })
  })

  test('in NULLs counts where it does harm', () => {
    const nullable = { ...textsOf, id: 'bigint' }
    differs(nullable, "column 'id' may be NULL")
    differs(nullable, "column 'id' may be NULL", 'read')
    checkSchema(expected, defineSchema(nullable), 'write')
    const strict = { ...textsOf, name: 'string not null' }
    differs(strict, "column 'name' is not null")
    differs(strict, "column 'name' is not null", 'write')
    checkSchema(expected, defineSchema(strict), 'read')
  })

  test('in partition columns counts when the program names them', () => {
    const schema = (partition: ColumnTexts) => defineSchema(textsOf, { partitionColumns: partition })
    checkSchema(schema({ p: 'string' }), schema({ p: 'string not null' }))
    assert.throws(() => checkSchema(schema({ p: 'string' }), schema({ p: 'bigint' })), {
      message: /partition column 'p' is bigint, not string/,
    })
    assert.throws(() => checkSchema(schema({ p: 'string' }), defineSchema(textsOf)), {
      message: /partition column 'p' is missing/,
    })
  })

  test('of many columns is shortened', () => {
    const many = Array.from({ length: 30 }, (_, i) => [`c${i}`, 'int'] as const)
    assert.throws(() => checkSchema(defineSchema(many), defineSchema({ a: 'int' })), {
      message: /column 'c9' is missing; and 21 more\./,
    })
  })
})
