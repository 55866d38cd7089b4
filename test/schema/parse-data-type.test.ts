import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { TunnelOptionError } from '../../lib/errors.js'
import { type DataType, formatDataType, scalarKinds } from '../../lib/schema/data-type.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'

const { type: anyType } = fc.letrec<{ type: DataType }>(tie => ({
  type: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'types' },
    fc.constantFrom(...scalarKinds).map((kind): DataType => ({ kind })),
    fc.constant<DataType>({ kind: 'decimal' }),
    fc
      .integer({ min: 1, max: 38 })
      .chain(precision => fc.tuple(fc.constant(precision), fc.nat(Math.min(precision, 18))))
      .map(([precision, scale]): DataType => ({ kind: 'decimal', precision, scale })),
    fc.integer({ min: 1, max: 65535 }).map((length): DataType => ({ kind: 'varchar', length })),
    fc.integer({ min: 1, max: 255 }).map((length): DataType => ({ kind: 'char', length })),
    fc
      .tuple(fc.constantFrom('float', 'double'), fc.integer({ min: 1, max: 65536 }))
      .map(([kind, dimension]): DataType => ({ kind: 'vector', element: { kind }, dimension })),
    fc
      .constantFrom('geography', 'point(2)', 'variant<a,b(1)>')
      .map((text): DataType => ({ kind: 'unsupported', text })),
    tie('type').map((element): DataType => ({ kind: 'array', element })),
    fc.tuple(tie('type'), tie('type')).map(([key, value]): DataType => ({ kind: 'map', key, value })),
    fc
      .uniqueArray(fc.tuple(fc.string({ minLength: 1, unit: 'binary' }), tie('type')), {
        minLength: 1,
        maxLength: 4,
        selector: ([name]) => name.toLowerCase(),
      })
      .map(
        (fields): DataType => ({ kind: 'struct', fields: fields.map(([name, type]) => ({ name, type })) }),
      ),
  ),
}))

const refused = (text: string, position: number): void =>
  assert.throws(
    () => parseDataType(text),
    (error: unknown) =>
      error instanceof TunnelOptionError &&
      error.code === 'ODPS_INVALID_DATA_TYPE' &&
      error.message.endsWith(`at position ${position}`),
    text,
  )

describe('data types', () => {
  test('every type is read back as it was printed', () =>
    fc.assert(fc.property(anyType, type => assert.deepEqual(parseDataType(formatDataType(type)), type))))

  test('the text of the service in any case and with blanks', () => {
    assert.deepEqual(parseDataType(' BIGINT '), { kind: 'bigint' })
    assert.deepEqual(parseDataType('Decimal ( 10 , 2 )'), { kind: 'decimal', precision: 10, scale: 2 })
    assert.deepEqual(parseDataType('DECIMAL(10)'), { kind: 'decimal', precision: 10, scale: 0 })
    assert.deepEqual(parseDataType('VECTOR(FLOAT, 3)'), {
      kind: 'vector',
      element: { kind: 'float' },
      dimension: 3,
    })
    assert.deepEqual(parseDataType('MAP<STRING,\n ARRAY<STRUCT<`a:b`:INT, Name : TIMESTAMP_NTZ>>>'), {
      kind: 'map',
      key: { kind: 'string' },
      value: {
        kind: 'array',
        element: {
          kind: 'struct',
          fields: [
            { name: 'a:b', type: { kind: 'int' } },
            { name: 'Name', type: { kind: 'timestamp_ntz' } },
          ],
        },
      },
    })
  })

  test('an unknown type stands beside known ones', () => {
    assert.deepEqual(parseDataType('map<string,Variant<a,b>>'), {
      kind: 'map',
      key: { kind: 'string' },
      value: { kind: 'unsupported', text: 'variant<a,b>' },
    })
  })

  test('limits of lengths, precision, scale and dimension', () => {
    for (const text of ['varchar(65535)', 'char(255)', 'decimal(38,18)', 'decimal(3,3)', 'vector(double,1)'])
      assert.equal(formatDataType(parseDataType(text)), text)
    refused('varchar(65536)', 13)
    refused('varchar(0)', 9)
    refused('char(256)', 8)
    refused('decimal(39,0)', 10)
    refused('decimal(38,19)', 13)
    refused('decimal(3,4)', 11)
    refused('vector(float,0)', 14)
  })

  test('what is no type, with the position', () => {
    refused('', 0)
    refused('  ', 2)
    refused('array', 5)
    refused('array<int', 9)
    refused('array<int>>', 10)
    refused('map<int>', 7)
    refused('struct<>', 7)
    refused('struct<a int>', 9)
    refused('struct<a:int,A:int>', 14)
    refused('struct<`a:int>', 7)
    refused('struct<``:int>', 9)
    refused('int int', 4)
    refused('vector(int,3)', 10)
    refused('varchar(x)', 8)
    refused('point(2', 6)
    refused('point(2>', 8)
  })

  test('depth and length of the text are bounded, and a long text is not repeated in the message', () => {
    const nested = (depth: number) => `${'array<'.repeat(depth)}int${'>'.repeat(depth)}`
    assert.equal(formatDataType(parseDataType(nested(64))), nested(64))
    assert.throws(() => parseDataType(nested(65)), { code: 'ODPS_INVALID_DATA_TYPE' })
    assert.throws(
      () => parseDataType(' '.repeat(2 << 20)),
      (error: unknown) => error instanceof TunnelOptionError && error.message.length < 300,
    )
    assert.throws(() => parseDataType(`point${'('.repeat(100_000)}`), { code: 'ODPS_INVALID_DATA_TYPE' })
  })

  test('any text is a type or an option error', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('struct', '<', '>', '(', ')', ',', ':', '`', 'a', 'int', '9', ' ', 'map', 'char'),
        ),
        words => {
          try {
            parseDataType(words.join(''))
          } catch (error) {
            assert.ok(error instanceof TunnelOptionError)
          }
        },
      ),
      { numRuns: 2000 },
    ))
})
