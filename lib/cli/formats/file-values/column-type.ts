import type { DataType } from '../../../index.js'
import { type FileType, formatFileType } from './file-type.js'

/** The type of MaxCompute that holds all values of a file's type as they are; of kind `unsupported` where there is none. */
export const columnTypeOf = (type: FileType): DataType => {
  switch (type.kind) {
    case 'boolean':
    case 'json':
    case 'date':
      return { kind: type.kind }
    case 'null':
    case 'text':
    case 'uuid':
      return { kind: 'string' }
    case 'integer':
      return integerType(type.bits, type.signed)
    case 'float':
      return { kind: type.bits === 64 ? 'double' : 'float' }
    case 'decimal':
      return decimalType(type.precision, type.scale)
    case 'bytes':
      return { kind: 'binary' }
    case 'timestamp':
      if (!type.zoned) return { kind: 'timestamp_ntz' }
      return { kind: type.unit === 's' || type.unit === 'ms' ? 'datetime' : 'timestamp' }
    case 'duration':
      return { kind: 'interval_day_time' }
    case 'list':
      return { kind: 'array', element: columnTypeOf(type.element) }
    case 'map':
      return isPlain(type.key)
        ? { kind: 'map', key: columnTypeOf(type.key), value: columnTypeOf(type.value) }
        : unsupported(type)
    case 'struct':
      return type.fields.length > 0
        ? { kind: 'struct', fields: type.fields.map(field => ({ ...field, type: columnTypeOf(field.type) })) }
        : unsupported(type)
    case 'time':
    case 'unsupported':
      return unsupported(type)
  }
}

const unsupported = (type: FileType): DataType => ({ kind: 'unsupported', text: formatFileType(type) })

/** What may be the key of a MAP. */
const isPlain = ({ kind }: FileType): boolean =>
  !['list', 'map', 'struct', 'json', 'null', 'time', 'unsupported'].includes(kind)

const signedKinds = { 8: 'tinyint', 16: 'smallint', 32: 'int', 64: 'bigint' } as const
const unsignedKinds = { 8: 'smallint', 16: 'int', 32: 'bigint' } as const

const integerType = (bits: 8 | 16 | 32 | 64, signed: boolean): DataType => {
  if (signed) return { kind: signedKinds[bits] }
  return bits === 64 ? { kind: 'decimal', precision: 20, scale: 0 } : { kind: unsignedKinds[bits] }
}

/** What DECIMAL of MaxCompute has no room for is STRING, which holds every digit. */
const decimalType = (precision: number, scale: number): DataType => {
  const digits = scale < 0 ? precision - scale : Math.max(precision, scale)
  const fraction = Math.max(scale, 0)
  return digits <= 38 && fraction <= 18
    ? { kind: 'decimal', precision: digits, scale: fraction }
    : { kind: 'string' }
}

/** The part of a type that no column can hold, with the way to it: `.a[]: TIME`; undefined when all of it can be held. */
export const unsupportedPart = (type: DataType, way = ''): string | undefined => {
  switch (type.kind) {
    case 'unsupported':
      return way === '' ? type.text : `${way}: ${type.text}`
    case 'array':
      return unsupportedPart(type.element, `${way}[]`)
    case 'map':
      return unsupportedPart(type.key, `${way}.keys`) ?? unsupportedPart(type.value, `${way}.values`)
    case 'struct':
      return type.fields
        .map(field => unsupportedPart(field.type, `${way}.${field.name}`))
        .find(part => part !== undefined)
    default:
      return undefined
  }
}
