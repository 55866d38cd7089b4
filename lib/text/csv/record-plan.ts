import type { EncodeOptions } from '../../codec/rows/record-encoder.js'
import { decimalDigits } from '../../codec/types/decimal.js'
import { integerRange } from '../../codec/types/integers.js'
import { layoutOf, wireTypeOf } from '../../codec/value-layout.js'
import type { DataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { maxSeconds, minSeconds } from '../../values/calendar.js'
import { timeZoneOf } from '../../values/time-zone.js'
import {
  type CsvRecordPlan,
  csvKinds,
  fieldBytes,
  maxCsvFields,
  maxCsvText,
  maxLiteralBytes,
} from '../../wire/csv-records-memory.js'
import { tagBytes, tagOf } from '../../wire/tags.js'
import { asciiSign, type CsvSyntax } from './record.js'

/*
 * What the WebAssembly reader is told of a file, once: how the cells of each column are read, and what the record encoder would
 * refuse. It is told no more than it can do as the careful way does it; a type or an option beyond that leaves the whole file to that way.
 */

/** How a file's cells become records. */
export interface RecordRules {
  readonly columns: readonly Column[]
  /** Which field goes to which column; -1 for none. */
  readonly fieldOf: readonly number[]
  /** Of the file. */
  readonly fields: number
  readonly encode: EncodeOptions
  /** Of times that name none. */
  readonly timeZone: string
  /** BINARY is base64, or the bytes as they stand. */
  readonly binary: 'base64' | 'bytes'
}

/** What only CSV has. */
export interface CsvRules {
  /** How DATETIME and TIMESTAMP are written: pairs of bytes for the reader; undefined for ISO 8601. */
  readonly pattern: Uint8Array | undefined
  /** Whether the text of NULL means it in quotes, too. */
  readonly isNullInQuotes: boolean
}

/** Undefined where the careful way must read all. */
export const planRecords = (syntax: CsvSyntax, rules: RecordRules & CsvRules): CsvRecordPlan | undefined => {
  const delimiter = asciiSign(syntax.delimiter)
  const quote = syntax.quote === undefined ? 256 : asciiSign(syntax.quote)
  const nullText = Buffer.from(syntax.nullText)
  if (delimiter === undefined || quote === undefined || syntax.recordDelimiter !== undefined) return undefined
  const { pattern, isNullInQuotes } = rules
  const cells = nullText.length > 8 ? undefined : planCells(rules)
  const { maxRecordBytes } = syntax
  return cells && { ...cells, ...{ delimiter, quote, nullText, isNullInQuotes, pattern, maxRecordBytes } }
}

/** How lines of JSON are written: what stands behind a colon and behind a comma. */
export type JsonGap = '' | ' '

/**
 * The same for lines of JSON whose keys all come in this order, without a line end between them.
 * @param rules `fieldOf` is the place of the key
 */
export const planJsonRecords = (
  keys: readonly string[],
  gap: JsonGap,
  rules: Omit<RecordRules, 'binary' | 'fields'>,
): CsvRecordPlan | undefined => {
  const cells = planCells({ ...rules, fields: keys.length, binary: 'base64' })
  const texts = keys.map((key, i) => `${i === 0 ? '{' : `,${gap}`}${JSON.stringify(key)}:${gap}`)
  const literals = [...texts, '}'].map(text => Buffer.from(text))
  if (cells === undefined || Buffer.concat(literals).length > maxLiteralBytes) return undefined
  return {
    ...{ ...cells, literals, descriptors: withSkipped(cells.descriptors, keys.length, rules.fieldOf) },
    ...{ nullText: Buffer.from('null'), isNullInQuotes: false, pattern: undefined },
    ...{ delimiter: 0x2c, quote: 0x22, maxRecordBytes: maxJsonBytes },
  }
}

/** What nobody reads must be JSON all the same: it is looked at behind the others. */
const withSkipped = (descriptors: Uint8Array, fields: number, fieldOf: readonly number[]): Uint8Array => {
  const skipped = Array.from({ length: fields }, (_, field) => field).filter(
    field => !fieldOf.includes(field),
  )
  const more = skipped.map(field => {
    const descriptor = Buffer.alloc(fieldBytes)
    descriptor[0] = csvKinds.skipped
    descriptor.writeUInt32LE(field, 12)
    return descriptor
  })
  return Buffer.concat([descriptors, ...more])
}

/** Far more than a record that is read here has. */
const maxJsonBytes = 64 << 20

const planCells = (
  rules: RecordRules,
): Pick<CsvRecordPlan, 'descriptors' | 'fields' | 'offsetOfDay'> | undefined => {
  const { columns, fieldOf, fields, timeZone } = rules
  if (columns.some(({ nullable }, i) => fieldOf[i]! < 0 && !nullable)) return undefined
  const read = columns.flatMap((column, i) => (fieldOf[i]! < 0 ? [] : [{ column, i, field: fieldOf[i]! }]))
  if (read.length === 0 || fields > maxCsvFields) return undefined
  const descriptors = Buffer.alloc(read.length * fieldBytes)
  for (const [k, each] of read.entries()) {
    const told = cellOf(each.column.type, rules)
    if (told === undefined) return undefined
    writeDescriptor(descriptors, k * fieldBytes, told, each)
  }
  const offset = timeZone === 'UTC' ? undefined : offsetOfDay(timeZone)
  return { descriptors, fields, offsetOfDay: offset }
}

/** How cells are read: a kind, and two numbers or a pair of words that bound them. */
interface Cell {
  readonly kind: number
  readonly range?: readonly [least: bigint, greatest: bigint]
  readonly sizes?: readonly [number, number]
}

const unbounded = 0xffffffff
const allWholes = [-(2n ** 63n), 2n ** 63n - 1n] as const
const year1928 = Date.UTC(1928, 0) / 1000

const cellOf = (type: DataType, { encode, binary }: RecordRules): Cell | undefined => {
  const most = Math.min(encode.maxFieldBytes ?? maxCsvText, maxCsvText)
  switch (type.kind) {
    case 'bigint':
      return { kind: csvKinds.integer, range: allWholes }
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const [least, greatest] = integerRange(type.kind)
      return { kind: csvKinds.integer, range: [BigInt(least), BigInt(greatest)] }
    }
    case 'double':
    case 'float':
    case 'boolean':
    case 'date':
      return { kind: csvKinds[type.kind] }
    case 'decimal': {
      const { whole, fraction } = decimalDigits(type)
      return { kind: csvKinds.decimal, sizes: [whole, fraction] }
    }
    case 'string':
      return { kind: csvKinds.text, sizes: [most, unbounded] }
    case 'varchar':
    case 'char':
      return { kind: csvKinds.text, sizes: [maxCsvText, type.length] }
    case 'binary':
      return binary === 'bytes'
        ? { kind: csvKinds.text, sizes: [most, unbounded] }
        : { kind: csvKinds.base64, sizes: [most, unbounded] }
    case 'datetime': {
      const least = encode.oldDates === 'refuse' ? year1928 : minSeconds
      return { kind: csvKinds.datetime, range: [BigInt(least), BigInt(maxSeconds)] }
    }
    case 'timestamp':
    case 'timestamp_ntz': {
      const kind = type.kind === 'timestamp' ? csvKinds.timestamp : csvKinds.timestampNtz
      return { kind, range: [BigInt(minSeconds), BigInt(maxSeconds)] }
    }
    default:
      return undefined
  }
}

const writeDescriptor = (
  out: Buffer,
  at: number,
  { kind, range, sizes }: Cell,
  { column, i, field }: { readonly column: Column; readonly i: number; readonly field: number },
): void => {
  const tag = tagBytes(tagOf(i + 1, wireTypeOf(layoutOf(column.type)!)))
  out[at] = kind
  out[at + 1] = tag.length
  out[at + 2] = column.nullable ? 0 : 1
  out.set(tag, at + 4)
  out.writeUInt32LE(i + 1, at + 8)
  out.writeUInt32LE(field, at + 12)
  if (range !== undefined) {
    const [least, greatest] = range
    out.writeBigInt64LE(least, at + 16)
    out.writeBigUInt64LE(greatest - least, at + 24)
  }
  if (sizes !== undefined) for (const [k, size] of sizes.entries()) out.writeUInt32LE(size, at + 16 + 4 * k)
}

const secondsOfDay = 86_400

/** The offset of a day of a zone's clock, if it is the same from a day before to a day behind it, which is where a clock's time may be looked for. */
const offsetOfDay = (timeZone: string): ((day: number) => number | undefined) => {
  const zone = timeZoneOf(timeZone)
  return day => {
    const [first, ...others] = [-1, 0, 1, 2].map(by => zone.offsetAt((day + by) * secondsOfDay))
    return others.every(other => other === first) ? first : undefined
  }
}
