import { isUtf8 } from 'node:buffer'
import { type Column, type DataType, type Timestamp, TunnelValueError } from '../../../index.js'
import { isText } from '../../../schema/data-type.js'
import { type CellFormatter, cellFormatterOf } from '../../../text/csv/cell-formatter.js'
import type { CellNote } from '../cell-notes.js'
import type { CellOptions } from '../cell-options.js'
import { isUtf8Name } from '../encoding/encoding.js'
import { compileDatetimePattern, type DatetimePattern } from '../times/datetime-pattern.js'
import { printerOf } from '../times/pattern-printer.js'
import { mayBeEmpty } from './nested.js'
import { fractionLength, javaNumber, withoutExponent } from './numbers.js'

/*
 * Cells as odpscmd prints them, byte for byte, wherever its own reader gets the same value back. Where it would not
 * (milliseconds, DOUBLE of more than twenty digits behind the point, a time that comes twice, NULL beside an empty text in
 * a list), the shortest form that loses nothing, which is counted for a line on stderr. Nested values are JSON whose
 * members are all strings, a nested one within it too: `["1","2"]`, `[""]` with a NULL inside, `["{\"k\":\"1\"}"]`.
 */

/** What odpscmd prints times by when no pattern is given. */
export const defaultPattern = compileDatetimePattern('yyyy-MM-dd HH:mm:ss')

type Print = (value: unknown) => string

export const odpscmdPrinterOf = (
  { name, type }: Pick<Column, 'name' | 'type'>,
  options: CellOptions,
): CellFormatter => {
  const report = options.notes.counter(name)
  // Text and bytes as they are: BINARY too, where the file is not written in another encoding.
  if (isText(type) || type.kind === 'json' || (type.kind === 'binary' && isUtf8Name(options.encoding)))
    return cellFormatterOf({ kind: 'string' }, {})
  if (type.kind === 'binary') return { format: () => refuseBytes(options.encoding), isPlain: false }
  return { format: printOf(type, options, report), isPlain: isPlain(type, options) }
}

const refuseBytes = (encoding: string): never => {
  throw new TunnelValueError(
    'ODPS_INVALID_VALUE',
    `the bytes of BINARY cannot be written to a file in ${encoding}`,
  )
}

/** Digits, letters, blanks and `+-.:` only. */
const isPlain = ({ kind }: DataType, { datetime }: CellOptions): boolean => {
  switch (kind) {
    case 'datetime':
    case 'timestamp':
    case 'timestamp_ntz':
      return datetime === undefined
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return false
    default:
      return true
  }
}

const printOf = (type: DataType, options: CellOptions, report: (note: CellNote) => void): Print => {
  const { format } = cellFormatterOf(type, { timeZone: options.timeZone, json: 'text' })
  switch (type.kind) {
    case 'double':
      return options.plainNumbers
        ? value => formatPlain(format(value), report)
        : value => javaNumber(format(value))
    case 'float':
      return value => javaNumber(format(value))
    case 'decimal':
      return value => format(value).replace(/^-(?=[0.]*$)/, '')
    case 'date':
      return value => format(value).replace(/^\+0+/, '+')
    case 'datetime':
    case 'timestamp':
    case 'timestamp_ntz':
      return timePrinter(type.kind, options, report)
    case 'string':
    case 'varchar':
    case 'char':
    case 'binary':
      return value => (typeof value === 'string' ? value : textOfBytes(value))
    case 'array':
    case 'vector': {
      const member = memberPrinter(type.element, options, report)
      return value => `[${Array.from(value as ArrayLike<unknown>, member).join(',')}]`
    }
    case 'map':
      return mapPrinter(printOf(type.key, options, report), memberPrinter(type.value, options, report))
    case 'struct': {
      const fields = type.fields.map(field => ({
        name: field.name,
        head: `${gsonText(field.name)}:`,
        format: memberPrinter(field.type, options, report),
      }))
      return value =>
        `{${fields.map(each => each.head + each.format((value as Record<string, unknown>)[each.name])).join(',')}}`
    }
    default:
      return format
  }
}

/** At most twenty digits behind the point, where odpscmd rounds. */
const formatPlain = (text: string, report: (note: CellNote) => void): string => {
  if (fractionLength(text) <= 20) return withoutExponent(text)
  report('exponent')
  return Number(text).toExponential()
}

const timePrinter = (
  kind: 'datetime' | 'timestamp' | 'timestamp_ntz',
  { datetime, timeZone }: CellOptions,
  report: (note: CellNote) => void,
): Print => {
  const isLocal = kind === 'timestamp_ntz'
  const pattern: DatetimePattern = datetime ?? defaultPattern
  // Without a pattern odpscmd itself prints the digits of a TIMESTAMP.
  const isItsOwn = datetime === undefined && kind !== 'datetime'
  const print = printerOf(pattern, {
    timeZone: isLocal ? undefined : timeZone,
    tail: kind === 'datetime' ? 'milliseconds' : 'digits',
    report: deviation => {
      if (deviation !== 'fraction' || !isItsOwn) report(deviation)
    },
  })
  return value => print(value as Date | Timestamp)
}

/** What stands in JSON must be text. */
const textOfBytes = (value: unknown): string => {
  if (value instanceof Uint8Array && isUtf8(value)) return Buffer.from(value).toString()
  throw new TunnelValueError(
    'ODPS_INVALID_VALUE',
    'a nested value contains bytes that are not UTF-8, which JSON cannot hold',
  )
}

/** A member of a nested value, as a string of JSON. */
const memberPrinter = (type: DataType, options: CellOptions, report: (note: CellNote) => void): Print => {
  const print = printOf(type, options, report)
  const { nullText } = options
  const hasEmpty = mayBeEmpty(type)
  return value => {
    if (value !== null && value !== undefined) {
      const text = print(value)
      if (hasEmpty && text === nullText && text !== '') report('empty')
      return gsonText(text)
    }
    if (!hasEmpty || nullText !== '') return gsonText(nullText)
    report('nested null')
    return 'null'
  }
}

const mapPrinter =
  (formatKey: Print, printMember: Print): Print =>
  value => {
    const entries = (value instanceof Map ? [...value] : value) as readonly (readonly [unknown, unknown])[]
    const keys = entries.map(([key]) => formatKey(key))
    if (new Set(keys).size < keys.length)
      throw new TunnelValueError(
        'ODPS_INVALID_VALUE',
        'a MAP has a duplicate key, which this format cannot hold; use Parquet, Arrow, NDJSON or JSON',
      )
    return `{${entries.map(([, member], i) => `${gsonText(keys[i]!)}:${printMember(member)}`).join(',')}}`
  }

const gsonEscapes = /[<>&='\u2028\u2029]/g

/** A string of JSON as Gson prints it, which escapes signs of HTML. */
const gsonText = (text: string): string =>
  JSON.stringify(text).replaceAll(
    gsonEscapes,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
