import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultCodecOptions } from '../../../lib/codec/cell-codec.js'
import { layoutsOf } from '../../../lib/codec/codec-of.js'
import { planReading } from '../../../lib/codec/wasm/decoder-code.js'
import { planStaging } from '../../../lib/codec/wasm/encoder-code.js'
import { planVerifying } from '../../../lib/codec/wasm/verifying-plan.js'
import type { Column } from '../../../lib/schema/table-schema.js'
import { columns } from '../hand-made-stream.js'

/** Which of writing, reading and verifying is done in WebAssembly. */
const staged = (schema: readonly Column[]): string => {
  const layouts = layoutsOf(schema)
  const plans = {
    write: planStaging(schema, layouts, defaultCodecOptions),
    refusing: planStaging(schema, layouts, { ...defaultCodecOptions, oldDates: 'refuse', json: 'text' }),
    read: planReading(schema, layouts, defaultCodecOptions, 'array'),
    text: planReading(schema, layouts, { ...defaultCodecOptions, json: 'text', string: 'exact' }, 'object'),
    verify: planVerifying(schema, layouts),
  }
  return Object.entries(plans)
    .filter(([, plan]) => plan !== undefined)
    .map(([name]) => name)
    .join()
}

const all = 'write,refusing,read,text,verify'
const deep = (levels: number): string => `${'array<'.repeat(levels)}int${'>'.repeat(levels)}`
const broad = (fields: number): string =>
  `struct<${Array.from({ length: fields }, (_, i) => `f${i}:int`).join()}>`

describe('which schemas WebAssembly writes and reads', () => {
  const types = [
    ...['tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'boolean', 'date', 'datetime'],
    ...['timestamp', 'timestamp_ntz', 'string', 'varchar(9)', 'char(9)', 'decimal(20,3)', 'binary', 'json'],
    ...['interval_day_time', 'interval_year_month', 'vector(float,3)', 'array<json>', 'map<string,binary>'],
    ...['struct<a:array<map<int,struct<b:interval_day_time,c:date>>>,d:decimal>', deep(30), broad(200)],
  ]
  for (const type of types)
    test(`those with ${type.length > 80 ? `${type.slice(0, 60)} ...` : type}`, () =>
      assert.equal(staged(columns(`n:bigint x:${type}`)), all))

  test('those of 1024 columns', () => {
    const names = Array.from({ length: 1024 }, (_, i) => `c${i}:${i < 100 ? 'array<int>' : 'json'}`)
    assert.equal(staged(columns(names.join(' '))), all)
  })

  test('all but these: types of more than thirty levels, or schemas of more than 200 leaves within nested types, or 1024 columns', () => {
    assert.equal(staged(columns(`x:${deep(31)}`)), '')
    assert.equal(staged(columns(`x:${broad(201)}`)), '')
    assert.equal(staged(columns(`x:${broad(150)} y:${broad(51)}`)), '')
    assert.equal(staged(columns(Array.from({ length: 1025 }, (_, i) => `c${i}:int`).join(' '))), '')
  })
})
