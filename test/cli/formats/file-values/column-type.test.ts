import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnTypeOf, unsupportedPart } from '../../../../lib/cli/formats/file-values/column-type.js'
import type { FileType } from '../../../../lib/cli/formats/file-values/file-type.js'
import { formatDataType } from '../../../../lib/index.js'

const text: FileType = { kind: 'text' }
const time: FileType = { kind: 'unsupported', name: 'TIME(MICROS)' }

describe('the type of a column that holds all values of a file', () => {
  const cases: readonly (readonly [FileType, string])[] = [
    [{ kind: 'null' }, 'string'],
    [{ kind: 'integer', bits: 8, signed: true }, 'tinyint'],
    [{ kind: 'integer', bits: 8, signed: false }, 'smallint'],
    [{ kind: 'integer', bits: 16, signed: false }, 'int'],
    [{ kind: 'integer', bits: 32, signed: false }, 'bigint'],
    [{ kind: 'integer', bits: 64, signed: true }, 'bigint'],
    [{ kind: 'integer', bits: 64, signed: false }, 'decimal(20,0)'],
    [{ kind: 'float', bits: 16 }, 'float'],
    [{ kind: 'float', bits: 32 }, 'float'],
    [{ kind: 'float', bits: 64 }, 'double'],
    [{ kind: 'decimal', precision: 38, scale: 18 }, 'decimal(38,18)'],
    [{ kind: 'decimal', precision: 38, scale: 19 }, 'string'],
    [{ kind: 'decimal', precision: 76, scale: 0 }, 'string'],
    [{ kind: 'decimal', precision: 5, scale: -2 }, 'decimal(7,0)'],
    [{ kind: 'decimal', precision: 38, scale: -1 }, 'string'],
    [{ kind: 'decimal', precision: 2, scale: 5 }, 'decimal(5,5)'],
    [{ kind: 'bytes', length: 4 }, 'binary'],
    [{ kind: 'uuid' }, 'string'],
    [{ kind: 'json' }, 'json'],
    [{ kind: 'date' }, 'date'],
    [{ kind: 'timestamp', unit: 's', zoned: true }, 'datetime'],
    [{ kind: 'timestamp', unit: 'ms', zoned: true }, 'datetime'],
    [{ kind: 'timestamp', unit: 'us', zoned: true }, 'timestamp'],
    [{ kind: 'timestamp', unit: 'ns', zoned: true }, 'timestamp'],
    [{ kind: 'timestamp', unit: 'ms', zoned: false }, 'timestamp_ntz'],
    [{ kind: 'duration', unit: 'us' }, 'interval_day_time'],
    [{ kind: 'list', element: { kind: 'list', element: text } }, 'array<array<string>>'],
    [{ kind: 'map', key: { kind: 'date' }, value: text }, 'map<date,string>'],
    [{ kind: 'struct', fields: [{ name: '__proto__', type: text }] }, 'struct<__proto__:string>'],
    [{ kind: 'time', unit: 'us' }, 'time(us)'],
    [{ kind: 'map', key: { kind: 'list', element: text }, value: text }, 'map<list<text>, text>'],
    [{ kind: 'struct', fields: [] }, 'struct<>'],
  ]
  for (const [type, expected] of cases)
    test(`is ${expected} for ${JSON.stringify(type)}`, () =>
      assert.equal(formatDataType(columnTypeOf(type)), expected))

  test('names the part that no column can hold', () => {
    const partOf = (type: FileType): string | undefined => unsupportedPart(columnTypeOf(type))
    assert.equal(partOf(text), undefined)
    assert.equal(partOf(time), 'TIME(MICROS)')
    assert.equal(
      partOf({ kind: 'struct', fields: [{ name: 'a', type: { kind: 'list', element: time } }] }),
      '.a[]: TIME(MICROS)',
    )
    assert.equal(partOf({ kind: 'map', key: text, value: time }), '.values: TIME(MICROS)')
    assert.equal(partOf({ kind: 'map', key: time, value: text }), 'map<TIME(MICROS), text>')
  })
})
