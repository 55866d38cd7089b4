import { type CellPrint, columnPrint, plainCellPrint } from '../../../codec/printing/cell-print.js'
import { loadPrinting } from '../../../codec/printing/load-printing.js'
import type { RecordPrint } from '../../../codec/printing/print-plan.js'
import type { PrinterLimits, RecordPrinting } from '../../../codec/rows/record-printing.js'
import type { Column, DataType } from '../../../index.js'
import { CellFailure, CsvFormatter, type FormatSyntax } from '../../../text/csv/formatter.js'
import { timeZoneOf } from '../../../values/time-zone.js'
import { offsetOfText } from '../../../values/zone-offset.js'
import { cellPrinterOf } from '../cells.js'
import { isUtf8Name } from '../encoding/encoding.js'
import type { FormatName } from '../file-format.js'
import { defaultPattern } from '../odpscmd/cells.js'
import type { TextOptions } from '../text-options.js'
import type { DatetimePattern } from '../times/datetime-pattern.js'
import { endsInSeconds, patternTime } from '../times/pattern-steps.js'
import { delimitedSyntax } from './syntax.js'

/*
 * Which CSV is printed in WebAssembly: signs of one byte of ASCII that stand in no number or time, a NULL text that is none either, UTF-8,
 * and of odpscmd's forms those without quotes and FLOAT. For all else the writer prints every row itself.
 */

/** Undefined for options or columns that the writer sees to. */
export const csvPrinting = async (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
): Promise<RecordPrinting | undefined> => {
  const { delimiter, recordDelimiter = '\n', quote, nullText } = delimitedSyntax(format, options)
  const marks = [delimiter, recordDelimiter, ...(quote === undefined ? [] : [quote])]
  if (!isUtf8Name(options.encoding) || (options.isOdpscmd && quote !== undefined)) return undefined
  if (!marks.every(isOneSign) || inPlainCells.test(nullText)) return undefined
  const cellPrint = options.isOdpscmd ? odpscmdCellPrint : ownCellPrint
  const cells = columns.map(column => cellPrint(column.type, options, marks))
  if (cells.includes(undefined)) return undefined
  const syntax = { delimiter, end: recordDelimiter, quote, nullText, isJavacsv: options.isOdpscmd }
  return loadPrinting(columns, limits => printOf(columns, cells as CellPrint[], syntax, options, limits))
}

/** A line end, or a sign that stands in no number, time or base64. */
const isOneSign = (text: string): boolean =>
  text === '\r\n' || (/^[\0-\x7f]$/.test(text) && !/[0-9A-Za-z+\-.: /=]/.test(text))

/** What could be the whole of a number, a time or a truth value. */
const inPlainCells = /^[0-9+-]|^(?:true|false|NaN|Infinity)$/

const ownCellPrint = (
  type: DataType,
  { datetime, plainNumbers }: TextOptions,
  marks: readonly string[],
): CellPrint | undefined => {
  switch (type.kind) {
    case 'json':
      return { kind: 'text', flags: [] }
    case 'float':
    case 'double':
      return { kind: type.kind, flags: plainNumbers ? ['isPlainNumber'] : [] }
    case 'datetime':
    case 'timestamp':
    case 'timestamp_ntz':
      return datetime === undefined ? plainCellPrint(type) : patternPrint(type, datetime, marks)
    default:
      return plainCellPrint(type)
  }
}

/** As ../odpscmd/cells.ts prints them. */
const odpscmdCellPrint = (
  type: DataType,
  { datetime = defaultPattern, plainNumbers }: TextOptions,
  marks: readonly string[],
): CellPrint | undefined => {
  switch (type.kind) {
    case 'json':
    case 'binary':
      return { kind: 'text', flags: [] }
    case 'float':
      return undefined
    case 'double':
      return plainNumbers ? { kind: 'double', flags: ['isPlainNumber', 'isOfOdpscmd'] } : undefined
    case 'decimal':
      return { kind: 'decimal', flags: ['isOfOdpscmd'] }
    case 'datetime':
    case 'timestamp':
    case 'timestamp_ntz': {
      const cell = patternPrint(type, datetime, marks)
      if (cell === undefined || !endsInSeconds(datetime)) return cell
      const tail =
        type.kind === 'datetime' ? (['hasTail', 'hasMilliseconds'] as const) : (['hasTail'] as const)
      return { ...cell, flags: [...cell.flags, ...tail] }
    }
    default:
      return plainCellPrint(type)
  }
}

const patternPrint = (
  type: DataType,
  datetime: DatetimePattern,
  marks: readonly string[],
): CellPrint | undefined => {
  const cell = plainCellPrint(type)
  const isLocal = type.kind === 'timestamp_ntz'
  const pattern = isLocal && datetime.hasZone ? undefined : patternTime(datetime, marks)
  return cell && pattern && { ...cell, time: pattern.time, flags: [...cell.flags, ...pattern.flags] }
}

/** Which note a column's noted cells get; undefined where what follows a time is nothing special. */
export const noteOf = (
  { kind }: DataType,
  { datetime, isOdpscmd }: TextOptions,
): 'left out' | 'fraction' | undefined => {
  if (!isOdpscmd || !endsInSeconds(datetime ?? defaultPattern)) return 'left out'
  return datetime === undefined && kind !== 'datetime' ? undefined : 'fraction'
}

const printOf = (
  columns: readonly Column[],
  cells: readonly CellPrint[],
  syntax: FormatSyntax,
  options: TextOptions,
  { partition, refusesOldDates }: PrinterLimits,
): RecordPrint | undefined => {
  const { delimiter, end, quote, nullText } = syntax
  const own = columns.slice(0, columns.length - partition.length)
  const heads = own.map((_, i) => (i === 0 ? '' : delimiter))
  const nulls = own.map((_, i) => heads[i]! + nullText).join('')
  const whole = partitionRow(columns, partition, syntax, options)
  if (whole === undefined) return undefined
  return {
    columns: own.map(({ type }, i) =>
      columnPrint(type, i, cells[i]!, { head: heads[i]!, nullText, refusesOldDates }),
    ),
    tail: whole.slice(nulls.length),
    // Every line end makes quotes necessary as it is.
    ...{ delimiter, end: end === '\r\n' ? '\n' : end, quote, fields: columns.length },
    zone: timeZoneOf(options.timeZone),
    fixedOffset: offsetOfText(options.timeZone),
    expansion: 2,
    hasNotes: options.datetime !== undefined || options.isOdpscmd,
  }
}

/** A row with the values of its partition; undefined for values that make the writer refuse or note each row. */
const partitionRow = (
  columns: readonly Column[],
  partition: PrinterLimits['partition'],
  syntax: FormatSyntax,
  options: TextOptions,
): string | undefined => {
  const formatter = new CsvFormatter(
    columns.map(column => cellPrinterOf(column, options)),
    syntax,
  )
  const nulls = columns.slice(partition.length).map(() => null)
  try {
    return formatter.records([[...nulls, ...partition.map(({ cell }) => cell)]])
  } catch (error) {
    if (error instanceof CellFailure) return undefined
    throw error
  }
}
