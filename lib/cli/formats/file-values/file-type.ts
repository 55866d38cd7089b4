/*
 * Types of files that have types of their own (Parquet, Arrow), and which physical value stands for each. A reader
 * hands these over as they lie in the file; what becomes of them is decided once, when the column's type is known
 * (see cell-converter.ts), so that no digit, byte or key is lost before. NULL is null.
 */

export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

export type FileType =
  /** A column of NULLs only. */
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean' }
  /** number; bigint for 64 bits */
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  /** number */
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  /** bigint, the digits without their point; the scale may be negative */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** Uint8Array, which may be no UTF-8 */
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  /** Uint8Array */
  | { readonly kind: 'bytes'; readonly length?: number | undefined }
  /** Uint8Array of 16 */
  | { readonly kind: 'uuid' }
  /** number of days since 1970 */
  | { readonly kind: 'date' }
  /** bigint, units since 1970; an instant when zoned, else a date and time of day */
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly zoned: boolean }
  /** bigint, units since midnight */
  | { readonly kind: 'time'; readonly unit: TimeUnit }
  /** bigint, units */
  | { readonly kind: 'duration'; readonly unit: TimeUnit }
  /** array */
  | { readonly kind: 'list'; readonly element: FileType }
  /** array of pairs [key, value], in the order of the file, equal keys too */
  | { readonly kind: 'map'; readonly key: FileType; readonly value: FileType }
  /** array of values in the order of the fields */
  | { readonly kind: 'struct'; readonly fields: readonly FileField[] }
  /** What the reader has no values of, by the name that the format has for it. */
  | { readonly kind: 'unsupported'; readonly name: string }

export interface FileField {
  readonly name: string
  readonly type: FileType
}

/** A type as messages name it. */
export const formatFileType = (type: FileType): string => {
  switch (type.kind) {
    case 'integer':
      return `${type.signed ? 'int' : 'uint'}${type.bits}`
    case 'float':
      return `float${type.bits}`
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'bytes':
      return type.length === undefined ? 'bytes' : `bytes of length ${type.length}`
    case 'timestamp':
      return `timestamp(${type.unit}, ${type.zoned ? 'UTC' : 'no zone'})`
    case 'time':
    case 'duration':
      return `${type.kind}(${type.unit})`
    case 'list':
      return `list<${formatFileType(type.element)}>`
    case 'map':
      return `map<${formatFileType(type.key)}, ${formatFileType(type.value)}>`
    case 'struct':
      return `struct<${type.fields.map(field => `${field.name}: ${formatFileType(field.type)}`).join(', ')}>`
    case 'unsupported':
      return type.name
    default:
      return type.kind
  }
}
