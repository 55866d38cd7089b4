import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { chainUnchecked } from 'stream-chain'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { parseNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows } from '../../lib/transforms/object-rows.js'
import { JsonNumber } from '../../lib/values/json-tree.js'
import { emulatedTable } from '../session/emulated-table.js'

/*
 * Digits, spellings and keys as a file has them, in the table. The right values are what Python says of the same text:
 *   json.loads(line, parse_float=str, parse_int=str, object_pairs_hook=list)
 */

const json = '{"2": [1.0, 2.50, -0, 1e400, 123456789012345678901234567890], "1": "a  b\\u00e9\\/", "2": null}'
const line = `{"d": 12345678901234567.89, "b": -9223372036854775807, "j": ${json}, "m": {"10": 0.10, "9": 12345678901234567890.123456789012345678}, "l": [3.141592653589793238], "s": {"X": 1.50, "j": [ 1.0 ]}, "f": 1e38, "x": 0.1, "k": -0}`
const types = {
  d: 'decimal(38,2)',
  b: 'bigint',
  j: 'json',
  m: 'map<bigint,decimal(38,18)>',
  l: 'array<decimal(38,18)>',
  s: 'struct<x:decimal(10,2),j:json>',
  f: 'float',
  x: 'double',
  k: 'json',
}
const loaded = [
  '12345678901234567.89',
  -9223372036854775807n,
  json,
  new Map([
    [10n, '0.10'],
    [9n, '12345678901234567890.123456789012345678'],
  ]),
  ['3.141592653589793238'],
  { x: '1.50', j: '[ 1.0 ]' },
  Math.fround(1e38),
  0.1,
  '-0',
]

/** Loads text through a chain, and reads the table. */
const load = async (
  context: TestContext,
  columns: Record<string, string>,
  text: string,
  between: readonly unknown[] = [],
): Promise<unknown[]> => {
  const { emulator, tunnel } = await emulatedTable(context)
  await emulator.createTable({ name: 'j', columns })
  const upload = tunnel.createUploadStream({ table: 'j' })
  const functions = [parseNdjson(), ...between, objectsToRows(defineSchema(columns))]
  await pipeline(Readable.from([text]), chainUnchecked(functions), upload)
  const rows: unknown[] = []
  for await (const row of tunnel.createDownloadStream({ table: 'j', json: 'text' })) rows.push(row)
  return rows
}

describe('JSON lines into a table, digit by digit', () => {
  test('as they were written', async context => {
    assert.deepEqual(await load(context, types, `${line}\n`), [loaded])
  })

  test('also where a function has made another object of the row', async context => {
    const copied = await load(context, types, line, [(row: object) => ({ ...row })])
    // A bare number of the row itself is a number by then, as JavaScript prints it.
    assert.deepEqual(copied, [loaded.with(-1, '0')])
  })

  test('what a function has changed counts, not what was written', async context => {
    const change = (row: { j: { a: unknown[] }; n: number }) => {
      row.j.a.push(2)
      return { ...row, n: row.n + 1 }
    }
    const text = '{"j":{"a":[1.0]},"n":1.0}\n{"j":{"a":[]},"n":1e0}'
    assert.deepEqual(await load(context, { j: 'json', n: 'json' }, text, [change]), [
      ['{"a":[1,2]}', '2'],
      ['{"a":[2]}', '2'],
    ])
  })

  test('numbers beyond a type are refused, not rounded to infinity or 0', async context => {
    for (const [type, number, code] of [
      ['double', '1e400', 'ODPS_INVALID_VALUE'],
      ['float', '1e39', 'ODPS_VALUE_OUT_OF_RANGE'],
      ['double', '1e-400', 'ODPS_INVALID_VALUE'],
      ['map<double,int>', '{"1e-400":1}', 'ODPS_INVALID_VALUE'],
      ['array<double>', '[-1E400]', 'ODPS_INVALID_VALUE'],
      ['map<double,int>', '{"1e400":1}', 'ODPS_INVALID_VALUE'],
      ['decimal(38,18)', '1e400', 'ODPS_VALUE_OUT_OF_RANGE'],
      ['decimal(10,2)', '0.125', 'ODPS_VALUE_OUT_OF_RANGE'],
      ['bigint', '9223372036854775808', 'ODPS_VALUE_OUT_OF_RANGE'],
      ['bigint', '0.99999999999999999999', 'ODPS_INVALID_VALUE'],
      ['int', '12345678901234567890', 'ODPS_VALUE_OUT_OF_RANGE'],
    ] as const)
      await assert.rejects(load(context, { c: type }, `{"c":null}\n{"c":${number}}`), {
        code,
        column: 'c',
        rowIndex: 1,
      })
  })

  test('a key that comes twice is refused in a row, a STRUCT and a MAP, and kept in JSON', async context => {
    for (const [type, text] of [
      ['struct<a:int>', '{"c":{"a":1,"a":2}}'],
      ['struct<a:int>', '{"c":{"a":1,"A":2}}'],
      ['map<string,int>', '{"c":{"a":1,"a":2}}'],
      ['map<string,int>', '{"c":[["a",1],["a",2]]}'],
      ['map<bigint,int>', '{"c":{"1":1,"01":2}}'],
      ['map<decimal(10,2),int>', '{"c":[[1.0,1],["1.00",2]]}'],
      ['array<map<datetime,int>>', '{"c":[{"2001-02-03T00:00:00Z":1,"2001-02-03T01:00:00+01:00":2}]}'],
    ] as const)
      await assert.rejects(
        load(context, { c: type }, `{"c":null}\n${text}`),
        { code: 'ODPS_INVALID_VALUE', column: 'c', rowIndex: 1 },
        text,
      )
    await assert.rejects(load(context, { c: 'int' }, '{"c":1}\n{"c":1,"c":1}'), {
      code: 'ODPS_INVALID_ROW',
      message: /line 2 has the duplicate key 'c'/,
      rowIndex: 1,
    })
    assert.deepEqual(await load(context, { c: 'json' }, '{"c":{"a":1,"a":2}}'), [['{"a":1,"a":2}']])
  })

  test('nesting without end is refused with its line and row', async context => {
    for (const depth of [2_000, 100_000]) {
      const text = `{"c":1}\n{"c":${'['.repeat(depth)}${']'.repeat(depth)}}`
      await assert.rejects(load(context, { c: 'json' }, text), {
        code: 'ODPS_INVALID_ROW',
        message: /line 2: the JSON is nested deeper than 512/,
        rowIndex: 1,
      })
    }
    let deep: unknown = 1n
    for (let i = 0; i < 100_000; i++) deep = { deep }
    const toRow = objectsToRows(defineSchema({ c: 'json' }))
    assert.throws(() => toRow({ c: deep }), { code: 'ODPS_INVALID_VALUE', column: 'c', rowIndex: 0 })
  })

  test('JsonNumber counts like a number, and prints like its text', () => {
    const number = new JsonNumber('12345678901234567.89')
    assert.equal(String(number), '12345678901234567.89')
    assert.equal(Number(number), 12345678901234568)
    assert.equal(JSON.stringify({ number }), '{"number":12345678901234568}')
  })
})
