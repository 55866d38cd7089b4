import { setOwn } from '../../../codec/types/key-matcher.js'
import { type DataType, formatDataType, TunnelValueError } from '../../../index.js'
import { isInteger, isNumber, isText } from '../../../schema/data-type.js'
import { cellOfText } from '../../../text/cell-text.js'
import { decimalText } from '../../../values/unscaled.js'
import {
  dateText,
  doubleOf,
  floatOf,
  instantOf,
  intervalOf,
  invalidValue,
  millisecondsOfCount,
  textOfUtf8,
  timestampOf,
  uuidText,
  wholeOf,
} from './exact-values.js'
import { type FileField, type FileType, formatFileType } from './file-type.js'
import { jsonPrinterOf, jsonTextOf } from './value-text.js'

/*
 * The one way from a physical value of a file to a cell of a column. Which way a pair of types goes is settled before
 * the first value; a pair that has none is refused then. What is left to each value is whether it fits, and where the
 * encoder looks at that itself (ranges, lengths) it is not looked at here.
 */

/** Makes a cell of a value that is not NULL. @throws TunnelValueError when the value does not fit the column */
export type CellConverter = (value: unknown) => unknown

export interface ConvertOptions {
  /** Whose clocks times without a zone show, where an instant is wanted. */
  readonly timeZone: string
}

const utc: ConvertOptions = { timeZone: 'UTC' }

/** @throws TunnelValueError when no value of the file's type can be one of the column's */
export const cellConverterOf = (
  from: FileType,
  to: DataType,
  options: ConvertOptions = utc,
): CellConverter => {
  const convert = from.kind === 'null' ? same : (toJson(from, to) ?? converterOf(from, to, options))
  if (convert === undefined)
    throw invalidValue(`${formatFileType(from)} in a file can't be stored as ${named(to)}`)
  return convert as CellConverter
}

const named = (type: DataType): string => formatDataType(type).toUpperCase()

/** Its value is of the kind that the file's type says. */
type Convert = (value: never) => unknown

const same = (value: unknown): unknown => value

const toJson = (from: FileType, to: DataType): Convert | undefined => {
  if (to.kind !== 'json' || from.kind === 'bytes' || hasUnsupported(from)) return undefined
  return from.kind === 'text' ? jsonTextOf : jsonPrinterOf(from)
}

const hasUnsupported = (type: FileType): boolean => {
  switch (type.kind) {
    case 'unsupported':
    case 'time':
      return true
    case 'list':
      return hasUnsupported(type.element)
    case 'map':
      return hasUnsupported(type.key) || hasUnsupported(type.value)
    case 'struct':
      return type.fields.some(field => hasUnsupported(field.type))
    default:
      return false
  }
}

const converterOf = (from: FileType, to: DataType, options: ConvertOptions): Convert | undefined => {
  switch (from.kind) {
    case 'boolean':
      return to.kind === 'boolean' ? same : undefined
    case 'integer':
      return fromInteger(to)
    case 'float':
      return fromFloat(to)
    case 'decimal':
      return fromDecimal(from.scale, to)
    case 'text':
    case 'json':
      return fromText(to)
    case 'bytes':
      return isText(to) || to.kind === 'binary' ? same : undefined
    case 'uuid':
      if (to.kind === 'binary') return same
      return isText(to) ? uuidText : undefined
    case 'date':
      return to.kind === 'date' || isText(to) ? dateText : undefined
    case 'timestamp':
      return fromTimestamp(from, to, options)
    case 'duration':
      return to.kind === 'interval_day_time' ? (count: bigint) => intervalOf(count, from.unit) : undefined
    case 'list':
      return fromList(from.element, to, options)
    case 'map':
      return to.kind === 'map' ? mapConverter(from, to, options) : undefined
    case 'struct':
      return to.kind === 'struct' ? structConverter(from.fields, to, options) : undefined
    default:
      return undefined
  }
}

const fromInteger = (to: DataType): Convert | undefined => {
  switch (to.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return same
    case 'float':
      return floatOf
    case 'double':
      return doubleOf
    case 'decimal':
    case 'string':
    case 'varchar':
    case 'char':
      return String
    default:
      return undefined
  }
}

/** Whole numbers pass into integers: programs without nullable integers write them as floats. */
const fromFloat = (to: DataType): Convert | undefined => (isNumber(to) ? same : undefined)

const fromDecimal = (scale: number, to: DataType): Convert | undefined => {
  if (isInteger(to)) return (unscaled: bigint) => wholeOf(unscaled, scale)
  switch (to.kind) {
    case 'decimal':
    case 'string':
    case 'varchar':
    case 'char':
      return (unscaled: bigint) => decimalText(unscaled, scale)
    default:
      return undefined
  }
}

/** Bytes of a text pass as they are; the other types read their text. */
const fromText = (to: DataType): Convert | undefined => {
  switch (to.kind) {
    case 'string':
    case 'varchar':
    case 'char':
      return same
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'datetime':
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return textOfUtf8
    case 'interval_day_time':
    case 'interval_year_month':
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return (bytes: Uint8Array) => cellOfText(textOfUtf8(bytes), to, { json: 'text' })
    default:
      return undefined
  }
}

const fromTimestamp = (
  { unit, zoned }: FileType & { kind: 'timestamp' },
  to: DataType,
  { timeZone }: ConvertOptions,
): Convert | undefined => {
  const isMoved = !zoned && timeZone !== 'UTC'
  switch (to.kind) {
    case 'timestamp':
      return isMoved
        ? (count: bigint) => instantOf(timestampOf(count, unit), timeZone)
        : (count: bigint) => timestampOf(count, unit)
    case 'timestamp_ntz':
      return (count: bigint) => timestampOf(count, unit)
    case 'datetime':
      return isMoved
        ? (count: bigint) => {
            const { seconds, nanos } = instantOf(timestampOf(count, unit), timeZone)
            return millisecondsOfCount(seconds * 1_000_000_000n + BigInt(nanos), 'ns')
          }
        : (count: bigint) => millisecondsOfCount(count, unit)
    default:
      return undefined
  }
}

const fromList = (from: FileType, to: DataType, options: ConvertOptions): Convert | undefined => {
  if (to.kind !== 'array' && to.kind !== 'vector') return undefined
  const element = cellConverterOf(from, to.element, options)
  if (element === same) return same
  return (values: readonly unknown[]) => values.map((value, i) => within(element, value, `[${i}]`))
}

const mapConverter = (
  from: FileType & { kind: 'map' },
  to: DataType & { kind: 'map' },
  options: ConvertOptions,
): Convert => {
  const key = cellConverterOf(from.key, to.key, options)
  const value = cellConverterOf(from.value, to.value, options)
  return (pairs: readonly (readonly [unknown, unknown])[]) => {
    const map = new Map<unknown, unknown>()
    const seen = new Set<unknown>()
    for (const [k, v] of pairs) {
      const cell = within(key, k, '.keys')
      seen.add(identityOf(cell))
      map.set(cell, within(value, v, '.values'))
    }
    if (seen.size < pairs.length)
      throw invalidValue('a MAP has a duplicate key; keep one of them in the record')
    return map
  }
}

/** Equal for equal keys, which may be objects. */
const identityOf = (key: unknown): unknown => {
  if (typeof key !== 'object' || key === null) return key
  return key instanceof Uint8Array ? Buffer.from(key).toString('latin1') : String(key)
}

/** Fields match without case; what the file does not have is NULL, and what only the file has is refused. */
const structConverter = (
  from: readonly FileField[],
  to: DataType & { kind: 'struct' },
  options: ConvertOptions,
): Convert => {
  const members = from.map(({ name, type }) => {
    const alike = (other: FileField | { readonly name: string }): boolean =>
      other.name.toLowerCase() === name.toLowerCase()
    const field = to.fields.find(alike)
    if (field === undefined)
      throw invalidValue(`the file has a field '${name}', which ${named(to)} does not have`)
    if (from.filter(alike).length > 1) throw invalidValue(`the file has the field '${name}' twice`)
    return { name: field.name, convert: cellConverterOf(type, field.type, options) }
  })
  return (values: readonly unknown[]) => {
    const object: Record<string, unknown> = {}
    for (let i = 0; i < members.length; i++) {
      const { name, convert } = members[i]!
      setOwn(object, name, within(convert, values[i], `.${name}`))
    }
    return object
  }
}

/** Converts a member, NULL too, and says where it was when it does not fit. */
const within = (convert: CellConverter, value: unknown, step: string): unknown => {
  if (value === null || value === undefined) return null
  try {
    return convert(value)
  } catch (error) {
    if (!(error instanceof TunnelValueError)) throw error
    const rest = /^[.[]/.test(error.message) ? error.message : `: ${error.message}`
    throw new TunnelValueError(error.code, step + rest)
  }
}
