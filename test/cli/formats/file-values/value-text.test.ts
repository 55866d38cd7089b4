import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FileType } from '../../../../lib/cli/formats/file-values/file-type.js'
import {
  jsonPrinterOf,
  jsonTextOf,
  textPrinterOf,
} from '../../../../lib/cli/formats/file-values/value-text.js'

const text = { kind: 'text' } as const
const int64 = { kind: 'integer', bits: 64, signed: true } as const
const double = { kind: 'float', bits: 64 } as const

const print = (type: FileType, value: unknown): string => textPrinterOf(type)(value as never)
const bytes = (value: string): Buffer => Buffer.from(value)

describe('values of files as text', () => {
  const values: readonly (readonly [FileType, unknown, string])[] = [
    [text, bytes('好'), '好'],
    [{ kind: 'bytes' }, Buffer.of(0xff), '/w=='],
    [{ kind: 'decimal', precision: 10, scale: 2 }, -5n, '-0.05'],
    [{ kind: 'decimal', precision: 10, scale: -2 }, 5n, '500'],
    [int64, -(2n ** 63n), '-9223372036854775808'],
    [double, 0.1, '0.1'],
    [{ kind: 'date' }, -1, '1969-12-31'],
    [{ kind: 'timestamp', unit: 'us', zoned: true }, 1n, '1970-01-01T00:00:00.000001000Z'],
    [{ kind: 'timestamp', unit: 's', zoned: false }, 0n, '1970-01-01T00:00:00.000000000'],
    [{ kind: 'list', element: int64 }, [1n, null], '[1,null]'],
    [{ kind: 'list', element: text }, [bytes('a"')], '["a\\""]'],
    [{ kind: 'map', key: int64, value: text }, [[1n, bytes('a')]], '{"1":"a"}'],
    [
      { kind: 'map', key: text, value: int64 },
      [
        [bytes('k'), 1n],
        [bytes('k'), null],
      ],
      '[["k",1],["k",null]]',
    ],
    [
      {
        kind: 'struct',
        fields: [
          { name: 'a"', type: double },
          { name: 'b', type: text },
        ],
      },
      [1.5, null],
      '{"a\\"":1.5,"b":null}',
    ],
    [{ kind: 'list', element: { kind: 'json' } }, [bytes('{"a": 1.0}')], '[{"a": 1.0}]'],
  ]
  for (const [type, value, expected] of values)
    test(expected, () => assert.equal(print(type, value), expected))

  test('what JSON has no form for is refused', () => {
    const inList = (element: FileType, value: unknown) =>
      jsonPrinterOf({ kind: 'list', element })([value] as never)
    assert.throws(() => inList(double, Number.NaN), { code: 'ODPS_INVALID_VALUE' })
    assert.throws(() => inList({ kind: 'json' }, bytes('{')), { code: 'ODPS_INVALID_VALUE' })
    assert.throws(() => inList(text, Buffer.of(0xff)), { code: 'ODPS_INVALID_VALUE' })
    const twice = [
      [bytes('k'), 1n],
      [bytes('k'), 2n],
    ]
    assert.throws(() => inList({ kind: 'map', key: text, value: int64 }, twice), /duplicate key/)
    assert.equal(jsonTextOf(bytes(' [1] ')), ' [1] ')
  })
})
