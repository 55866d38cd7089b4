import { createRecordDecoder } from '../../codec/rows/record-decoder.js'
import { type DataType, isNumber } from '../../schema/data-type.js'
import { textOfCell } from '../../text/cell-text.js'
import { formatDate, formatNanos, formatTime } from '../../values/calendar.js'
import { timeZoneOf } from '../../values/time-zone.js'
import { StoredRowReader } from '../store/read-rows.js'
import { asStored, storedValues } from '../store/stored-type.js'
import type { SelectResult } from './select.js'

/*
 * A result as the service's CSV: a header line, everything in quotes but numbers, booleans and NULL (`\N`).
 *
 * Text is bytes on its whole way, for a cell need not be UTF-8: STRING, CHAR, VARCHAR, BINARY and JSON come out as they
 * lie in the record, and so do the pairs of a MAP. DATETIME (to the second, the form clients can read) and
 * TIMESTAMP are the wall clock of the session's `odps.sql.timezone`; TIMESTAMP_NTZ and DATE have no zone. All of them are
 * counted in whole numbers, for a record can hold times that no Date can.
 */

/** A text result has no more rows than this (protocol 10.3). */
const maxCsvRows = 10_000

/** @param timeZone a name that `timeZoneOf` knows */
export const formatResultCsv = async (
  { schema, segments, rows }: SelectResult,
  timeZone: string,
  limit = maxCsvRows,
): Promise<Buffer> => {
  const { columns } = schema
  const lines = [joinCells(columns.map(column => quote(Buffer.from(column.name))))]
  const decoder = createRecordDecoder(columns.map(asStored), storedValues)
  for await (const chunk of new StoredRowReader(segments).read(0, Math.min(rows, limit, maxCsvRows))) {
    const decoded: unknown[] = []
    decoder.push(chunk, decoded)
    for (const row of decoded as unknown[][])
      lines.push(joinCells(row.map((cell, i) => formatField(columns[i]!.type, cell, timeZone))))
  }
  return Buffer.concat(lines)
}

const comma = Buffer.from(',')
const lineEnd = Buffer.from('\n')
const nullToken = Buffer.from('\\N')

const joinCells = (cells: readonly Buffer[]): Buffer =>
  Buffer.concat([...cells.flatMap((cell, i) => (i === 0 ? [cell] : [comma, cell])), lineEnd])

const formatField = (type: DataType, value: unknown, timeZone: string): Buffer => {
  if (value === null) return nullToken
  const bytes = formatValue(type, value, timeZone)
  return isBare(type) ? bytes : quote(bytes)
}

const doubleQuote = 0x22
const backslash = 0x5c

const quote = (bytes: Buffer): Buffer => enclose(bytes, [doubleQuote], doubleQuote)

/** In quotes, with a sign before each of the bytes that need one. */
const enclose = (bytes: Buffer, special: readonly number[], before: number): Buffer => {
  const out = Buffer.allocUnsafe(2 * bytes.length + 2)
  let at = out.writeUInt8(doubleQuote)
  for (const byte of bytes) {
    if (special.includes(byte)) out[at++] = before
    out[at++] = byte
  }
  out[at++] = doubleQuote
  return out.subarray(0, at)
}

const isBare = (type: DataType): boolean => type.kind === 'boolean' || isNumber(type)
const nestedKinds = new Set<DataType['kind']>(['array', 'map', 'struct', 'vector'])

const formatValue = (type: DataType, value: unknown, timeZone: string): Buffer => {
  if (Buffer.isBuffer(value)) return type.kind === 'char' ? padTo(value, type.length) : value
  const nested = (itemType: DataType, item: unknown): Buffer => formatNestedItem(itemType, item, timeZone)
  switch (type.kind) {
    case 'array': {
      const items = (value as unknown[]).map(item => nested(type.element, item))
      return enlist('[', items, ']')
    }
    case 'map': {
      const pairs = (value as [unknown, unknown][]).map(([key, item]) =>
        Buffer.concat([nested(type.key, key), Buffer.from(':'), nested(type.value, item)]),
      )
      return enlist('{', pairs, '}')
    }
    case 'struct': {
      const fields = type.fields.map(field =>
        Buffer.concat([
          Buffer.from(`${field.name}:`),
          nested(field.type, Reflect.get(value as object, field.name)),
        ]),
      )
      return enlist('{', fields, '}')
    }
    default:
      return Buffer.from(formatPlain(type, value, timeZone))
  }
}

const formatPlain = (type: DataType, value: unknown, timeZone: string): string => {
  switch (type.kind) {
    case 'date':
      return formatDate(Number(value))
    case 'datetime':
      return formatWallClock(floorDivide(value as bigint, 1000n), timeZone)
    case 'timestamp':
    case 'timestamp_ntz': {
      const { seconds, nanos } = value as { seconds: bigint; nanos: number }
      return `${formatWallClock(seconds, type.kind === 'timestamp' ? timeZone : 'UTC')}.${formatNanos(nanos)}`
    }
    case 'float':
    case 'double':
      return textOfCell(value, type)
    default:
      return String(value)
  }
}

/** `YYYY-MM-DD HH:MM:SS`. Offsets of odd seconds, as before standard time, count too. */
const formatWallClock = (epochSeconds: bigint, timeZone: string): string => {
  const wall = epochSeconds + BigInt(timeZoneOf(timeZone).offsetAt(Number(epochSeconds)))
  const days = floorDivide(wall, 86_400n)
  return `${formatDate(Number(days))} ${formatTime(Number(wall - days * 86_400n))}`
}

const floorDivide = (value: bigint, divisor: bigint): bigint =>
  value < 0n ? (value - divisor + 1n) / divisor : value / divisor

/** CHAR(n) is n characters long; a character is a byte that does not continue another. */
const padTo = (bytes: Buffer, length: number): Buffer => {
  const characters = bytes.reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0)
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - characters), ' ')])
}

const enlist = (open: string, items: readonly Buffer[], close: string): Buffer => {
  const separated = items.flatMap((item, i) => (i === 0 ? [item] : [Buffer.from(', '), item]))
  return Buffer.concat([Buffer.from(open), ...separated, Buffer.from(close)])
}

const formatNestedItem = (type: DataType, value: unknown, timeZone: string): Buffer => {
  if (value === null) return nullToken
  const bytes = formatValue(type, value, timeZone)
  if (isBare(type) || nestedKinds.has(type.kind)) return bytes
  return enclose(bytes, [backslash, doubleQuote], backslash)
}
