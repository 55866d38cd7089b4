import { textOfCell } from '../../../text/cell-text.js'
import { decimalText } from '../../../values/unscaled.js'
import { dateText, intervalOf, invalidValue, textOfUtf8, timestampOf, uuidText } from './exact-values.js'
import { type FileType, formatFileType } from './file-type.js'

/*
 * Values of files as text or JSON, for columns that are STRING or JSON where the file has another type. No digit is
 * lost: decimals print their scale, times their nanoseconds. A MAP with equal keys is a list of pairs as text; as JSON
 * for a JSON column it is refused, because most readers of JSON would keep one of the two.
 */

/** From a value that is not NULL. @throws TunnelValueError when it has no such form */
export type ValuePrinter = (value: never) => string

/** Prints values as text: digits, ISO dates and times, base64 for bytes, JSON for nested values, pairs for equal keys. */
export const textPrinterOf = (type: FileType): ValuePrinter => {
  switch (type.kind) {
    case 'text':
    case 'json':
      return textOfUtf8
    case 'bytes':
      return (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
    case 'uuid':
      return uuidText
    case 'decimal':
      return (unscaled: bigint) => decimalText(unscaled, type.scale)
    case 'float':
      return (value: number) => textOfCell(value, { kind: type.bits === 64 ? 'double' : 'float' })
    case 'date':
      return dateText
    case 'timestamp': {
      const kind = type.zoned ? 'timestamp' : 'timestamp_ntz'
      return (count: bigint) => textOfCell(timestampOf(count, type.unit), { kind })
    }
    case 'duration':
      return (count: bigint) => intervalOf(count, type.unit).toString()
    case 'list':
    case 'map':
    case 'struct':
      return jsonPrinterOf(type, 'pairs')
    case 'unsupported':
      return () => `(${formatFileType(type)})`
    default:
      return (value: unknown) => String(value)
  }
}

/** What becomes of a map that has a key twice. */
type EqualKeys = 'refused' | 'pairs'

/** Prints values as JSON; numbers with all their digits. */
export const jsonPrinterOf = (type: FileType, equalKeys: EqualKeys = 'refused'): ValuePrinter => {
  switch (type.kind) {
    case 'json':
      return jsonTextOf
    case 'boolean':
    case 'integer':
    case 'decimal':
      return textPrinterOf(type)
    case 'float': {
      const format = textPrinterOf(type) as (value: number) => string
      return (value: number) => {
        if (!Number.isFinite(value)) throw invalidValue('JSON has no number for NaN and infinities')
        return format(value)
      }
    }
    case 'list': {
      const format = orNull(jsonPrinterOf(type.element, equalKeys))
      return (elements: readonly unknown[]) => `[${elements.map(format).join(',')}]`
    }
    case 'map':
      return mapPrinter(textPrinterOf(type.key), orNull(jsonPrinterOf(type.value, equalKeys)), equalKeys)
    case 'struct': {
      const fields = type.fields.map(
        field => [JSON.stringify(field.name), orNull(jsonPrinterOf(field.type, equalKeys))] as const,
      )
      return (values: readonly unknown[]) =>
        `{${fields.map(([name, format], i) => `${name}:${format(values[i])}`).join(',')}}`
    }
    default: {
      const format = textPrinterOf(type) as (value: unknown) => string
      return (value: unknown) => JSON.stringify(format(value))
    }
  }
}

/** JSON as it lies in the file. @throws TunnelValueError for bytes that are no JSON */
export const jsonTextOf = (bytes: Uint8Array): string => {
  const text = textOfUtf8(bytes)
  try {
    JSON.parse(text)
  } catch {
    throw invalidValue('the text is not JSON')
  }
  return text
}

const mapPrinter = (
  key: ValuePrinter,
  value: (value: unknown) => string,
  equalKeys: EqualKeys,
): ValuePrinter => {
  const formatKey = key as (value: unknown) => string
  return (pairs: readonly (readonly [unknown, unknown])[]) => {
    const printed = pairs.map(([k, v]) => [JSON.stringify(formatKey(k)), value(v)] as const)
    if (new Set(printed.map(([k]) => k)).size === printed.length)
      return `{${printed.map(([k, v]) => `${k}:${v}`).join(',')}}`
    if (equalKeys === 'pairs') return `[${printed.map(([k, v]) => `[${k},${v}]`).join(',')}]`
    throw invalidValue('a map has a duplicate key, which a JSON object cannot hold')
  }
}

const orNull =
  (format: ValuePrinter) =>
  (value: unknown): string =>
    value === null || value === undefined ? 'null' : (format as (value: unknown) => string)(value)
