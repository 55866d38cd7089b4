import type { DataType as ArrowType, Field } from 'apache-arrow'
import { optionalPackage } from '../../compression/optional-package.js'
import type { DataType } from '../../schema/data-type.js'

export type Arrow = typeof import('apache-arrow')

/** Loaded with the first preview, for most programs never ask for one. */
export const loadArrow = optionalPackage<Arrow>(
  'apache-arrow',
  'The preview of a table',
  () => import('apache-arrow'),
).load

/** Sign, digit counts and six words of nine digits, padded (protocol 6.6). */
export const oldDecimalBytes = 32

/** What a column is in the Arrow of a preview (protocol 6.6, 7.4). Every field but the key of a map may be NULL. */
export const arrowTypeOf = (arrow: Arrow, type: DataType): ArrowType => {
  const field = (name: string, type: DataType, nullable = true): Field =>
    new arrow.Field(name, arrowTypeOf(arrow, type), nullable)
  switch (type.kind) {
    case 'decimal':
      return type.precision === undefined
        ? new arrow.FixedSizeBinary(oldDecimalBytes)
        : new arrow.Decimal(type.scale ?? 0, type.precision, 128)
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return new arrow.Struct([field('sec', { kind: 'bigint' }), field('nano', { kind: 'int' })])
    case 'array':
    case 'vector':
      return new arrow.List(field('element', type.element))
    case 'map': {
      const pair = new arrow.Struct([field('key', type.key, false), field('value', type.value)])
      return new arrow.Map_(new arrow.Field('entries', pair, false))
    }
    case 'struct':
      return new arrow.Struct(type.fields.map(({ name, type }) => field(name, type)))
    default:
      return flatTypeOf(arrow, type.kind)
  }
}

const flatTypeOf = (arrow: Arrow, kind: DataType['kind']): ArrowType => {
  switch (kind) {
    case 'boolean':
      return new arrow.Bool()
    case 'tinyint':
      return new arrow.Int8()
    case 'smallint':
      return new arrow.Int16()
    case 'int':
      return new arrow.Int32()
    case 'bigint':
      return new arrow.Int64()
    case 'float':
      return new arrow.Float32()
    case 'double':
      return new arrow.Float64()
    case 'binary':
      return new arrow.Binary()
    case 'date':
      return new arrow.DateDay()
    case 'datetime':
      return new arrow.TimestampMillisecond()
    case 'interval_year_month':
      return new arrow.IntervalYearMonth()
    default:
      return new arrow.Utf8()
  }
}
