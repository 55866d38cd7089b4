import type { DataType } from '../schema/data-type.js'
import type { WireType } from '../wire/tags.js'

/**
 * How a type's values lie on the wire (protocol 4.2, 4.4): all that is needed to walk over a value and feed its
 * checksum, and nothing about JS.
 *
 *   int64    zigzag varint that fits `bits`            boolean  one byte, 0 or 1
 *   float    4 bytes          double  8 bytes          bytes    length, bytes
 *   instant  int64 seconds, int32 nanos (`signed`: the nanos of an interval may be negative)
 *   array    count, then per element a NULL flag and the value
 *   map      an array of the keys, then an array of the values
 *   struct   per field a NULL flag and the value
 *   vector   count, then the values
 */
export type Layout =
  | { readonly shape: 'int64'; readonly bits: 8 | 16 | 32 | 64 }
  | { readonly shape: 'boolean' | 'float' | 'double' | 'bytes' }
  | { readonly shape: 'instant'; readonly signed: boolean }
  | { readonly shape: 'array'; readonly element: Layout }
  | { readonly shape: 'map'; readonly key: Layout; readonly value: Layout }
  | { readonly shape: 'struct'; readonly fields: readonly Layout[] }
  | { readonly shape: 'vector'; readonly element: Layout; readonly dimension: number }

/** The layout of a type; undefined for one that is or holds a type this library does not know. */
export const layoutOf = (type: DataType): Layout | undefined => {
  switch (type.kind) {
    case 'tinyint':
      return { shape: 'int64', bits: 8 }
    case 'smallint':
      return { shape: 'int64', bits: 16 }
    case 'int':
      return { shape: 'int64', bits: 32 }
    case 'bigint':
    case 'datetime':
    case 'date':
    case 'interval_year_month':
      return { shape: 'int64', bits: 64 }
    case 'boolean':
    case 'float':
    case 'double':
      return { shape: type.kind }
    case 'string':
    case 'varchar':
    case 'char':
    case 'binary':
    case 'decimal':
    case 'json':
      return { shape: 'bytes' }
    case 'timestamp':
    case 'timestamp_ntz':
      return { shape: 'instant', signed: false }
    case 'interval_day_time':
      return { shape: 'instant', signed: true }
    case 'array': {
      const element = layoutOf(type.element)
      return element && { shape: 'array', element }
    }
    case 'map': {
      const key = layoutOf(type.key)
      const value = layoutOf(type.value)
      return key && value && { shape: 'map', key, value }
    }
    case 'struct': {
      const fields = type.fields.map(field => layoutOf(field.type))
      return fields.every(field => field !== undefined) ? { shape: 'struct', fields } : undefined
    }
    case 'vector':
      return { shape: 'vector', element: { shape: type.element.kind }, dimension: type.dimension }
    case 'unsupported':
      return undefined
  }
}

export const wireTypeOf = (layout: Layout): WireType => {
  switch (layout.shape) {
    case 'int64':
    case 'boolean':
      return 0
    case 'double':
      return 1
    case 'float':
      return 5
    default:
      return 2
  }
}
