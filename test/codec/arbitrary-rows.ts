import fc from 'fast-check'
import type { DataType } from '../../lib/schema/data-type.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'
import { Timestamp } from '../../lib/values/timestamp.js'

const scalarKinds = [
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'string',
  'binary',
  'boolean',
  'datetime',
  'date',
  'timestamp',
  'timestamp_ntz',
  'interval_day_time',
  'interval_year_month',
  'json',
] as const

/** Types that are not nested; their columns are written and read in WebAssembly. */
const flatTypes: readonly DataType[] = [
  ...(['tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'boolean', 'string', 'binary'] as const),
  ...([
    'datetime',
    'date',
    'timestamp',
    'timestamp_ntz',
    'json',
    'interval_day_time',
    'interval_year_month',
  ] as const),
]
  .map((kind): DataType => ({ kind }))
  .concat(
    { kind: 'varchar', length: 60 },
    { kind: 'char', length: 9 },
    { kind: 'decimal' },
    { kind: 'decimal', precision: 20, scale: 3 },
  )

const scalarType: fc.Arbitrary<DataType> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...scalarKinds).map(kind => ({ kind })) },
  fc.record({ kind: fc.constantFrom('varchar', 'char'), length: fc.integer({ min: 1, max: 60 }) }),
  fc.tuple(fc.integer({ min: 1, max: 38 }), fc.integer({ min: 0, max: 18 })).map(([precision, scale]) => ({
    kind: 'decimal' as const,
    precision,
    scale: Math.min(scale, precision),
  })),
  fc.constant<DataType>({ kind: 'decimal' }),
  fc.record({
    kind: fc.constant('vector' as const),
    element: fc.record({ kind: fc.constantFrom('float', 'double') }),
    dimension: fc.integer({ min: 1, max: 5 }),
  }),
)

/** Names that would be code, or trouble, if they were ever taken for it. */
const fieldName = fc.constantFrom(
  'a',
  'B',
  '__proto__',
  'constructor',
  'toString',
  "it's",
  '"];throw 1;//',
  '\n',
  '\u2028',
  '\\',
  '`',
  '字段',
  '0',
)

const keyType = fc.constantFrom<DataType>(
  { kind: 'string' },
  { kind: 'bigint' },
  { kind: 'int' },
  { kind: 'boolean' },
  { kind: 'date' },
  { kind: 'decimal' },
)

export const dataType: fc.Arbitrary<DataType> = fc.letrec<{ type: DataType }>(tie => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: scalarType },
    tie('type').map(element => ({ kind: 'array' as const, element })),
    fc.tuple(keyType, tie('type')).map(([key, value]) => ({ kind: 'map' as const, key, value })),
    fc
      .uniqueArray(fc.tuple(fieldName, tie('type')), {
        minLength: 1,
        maxLength: 4,
        selector: ([name]) => name,
      })
      .map(fields => ({ kind: 'struct' as const, fields: fields.map(([name, type]) => ({ name, type })) })),
  ),
})).type

const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength, unit: 'binary' }),
    fc.string({ maxLength, unit: 'grapheme-ascii' }),
    fc.string({ maxLength, unit: fc.constantFrom('中', 'é', '😀', 'x') }),
  )

const fits = (length: number) => (value: string) => [...value].length <= length

const decimal = (whole: number, fraction: number): fc.Arbitrary<string> => {
  const digits = (max: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max })
  const integer = whole === 0 ? fc.constant('0') : digits(whole)
  const part = fraction === 0 ? fc.constant('') : fc.option(digits(fraction), { nil: '' })
  return fc
    .tuple(fc.boolean(), integer, part)
    .map(([negative, i, f]) => `${negative ? '-' : ''}${i}${f === '' ? '' : `.${f}`}`)
}

const nanos = fc.integer({ min: 0, max: 999_999_999 })
const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 })
const date = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map(BigInt),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, -(2n ** 53n), -1n),
)

/** Values in the form a decoder gives by default, without NULL. */
export const cellOf = (type: DataType): fc.Arbitrary<unknown> => {
  switch (type.kind) {
    case 'tinyint':
      return fc.integer({ min: -128, max: 127 })
    case 'smallint':
      return fc.integer({ min: -32_768, max: 32_767 })
    case 'int':
      return fc.integer()
    case 'bigint':
      return int64
    case 'float':
      return fc.float()
    case 'double':
      return fc.double()
    case 'string':
      return text(80)
    case 'varchar':
    case 'char':
      return text(type.length).filter(fits(type.length))
    case 'binary':
      return fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes))
    case 'boolean':
      return fc.boolean()
    case 'decimal':
      return type.precision === undefined
        ? decimal(36, 18)
        : decimal(type.precision - type.scale!, type.scale!)
    case 'datetime':
      return date
    case 'date':
      return date.map(day => day.toISOString().slice(0, 10))
    case 'timestamp':
    case 'timestamp_ntz':
      return fc.tuple(seconds, nanos).map(pair => new Timestamp(...pair))
    case 'interval_day_time':
      return fc.tuple(int64, nanos).map(pair => new IntervalDayTime(...pair))
    case 'interval_year_month':
      return fc.maxSafeInteger().map(months => new IntervalYearMonth(months))
    case 'json':
      // JSON.stringify prints -0 as 0
      return fc
        .jsonValue()
        .map((value): unknown => JSON.parse(JSON.stringify(value)))
        .filter(value => value !== null)
    case 'array':
      return fc.array(nullable(type.element), { maxLength: 6 })
    case 'map':
      return fc
        .uniqueArray(fc.tuple(cellOf(type.key), nullable(type.value)), {
          maxLength: 5,
          selector: ([key]) => key,
        })
        .map(entries => new Map(entries))
    case 'struct':
      return fc.tuple(...type.fields.map(field => nullable(field.type))).map(cells => {
        const struct = {}
        for (const [i, { name }] of type.fields.entries())
          Object.defineProperty(struct, name, {
            value: cells[i],
            enumerable: true,
            configurable: true,
            writable: true,
          })
        return struct
      })
    case 'vector': {
      const element = cellOf(type.element)
      return fc.array(element, { minLength: type.dimension, maxLength: type.dimension })
    }
    case 'unsupported':
      throw new Error('has no values')
  }
}

/** A value made of others, as `leaf` makes those, NULL among them where it may be. */
export const nestedOf = (
  type: DataType,
  leaf: (type: DataType) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> => {
  const within = (type: DataType) => fc.option(nestedOf(type, leaf), { freq: 4 })
  switch (type.kind) {
    case 'array':
      return fc.array(within(type.element), { maxLength: 4 })
    case 'map':
      return fc
        .array(fc.tuple(leaf(type.key), within(type.value)), { maxLength: 4 })
        .map(entries => new Map(entries))
    case 'struct':
      return fc
        .tuple(...type.fields.map(field => within(field.type)))
        .map(cells => Object.fromEntries(type.fields.map(({ name }, i) => [name, cells[i]])))
    default:
      return leaf(type)
  }
}

const nullable = (type: DataType): fc.Arbitrary<unknown> => fc.option(cellOf(type), { freq: 4 })

/** Types whose columns are written and read in WebAssembly. */
export const stagedType: fc.Arbitrary<DataType> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...flatTypes) },
  { weight: 2, arbitrary: dataType },
)

export interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly unknown[][]
}

export const table = (limits: { maxColumns: number; maxRows: number }): fc.Arbitrary<Table> =>
  fc
    .uniqueArray(fc.tuple(fc.oneof(fieldName, fc.string({ minLength: 1 })), dataType), {
      minLength: 1,
      maxLength: limits.maxColumns,
      size: 'max',
      selector: ([name]) => name.toLowerCase(),
    })
    .chain(named => {
      const columns = named.map(([name, type]) => ({ name, type, nullable: true }))
      const row = fc.tuple(...columns.map(column => nullable(column.type)))
      return fc.array(row, { maxLength: limits.maxRows }).map(rows => ({ columns, rows }))
    })
