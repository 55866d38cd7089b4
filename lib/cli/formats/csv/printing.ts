import { type CellPrint, columnPrint, plainCellPrint } from '../../../codec/printing/cell-print.js'
import { loadPrinting } from '../../../codec/printing/load-printing.js'
import type { RecordPrint } from '../../../codec/printing/print-plan.js'
import type { PrinterLimits, RecordPrinting } from '../../../codec/rows/record-printing.js'
import type { Column } from '../../../index.js'
import { CsvFormatter, type FormatSyntax } from '../../../text/csv/formatter.js'
import { timeZoneOf } from '../../../values/time-zone.js'
import { offsetOfText } from '../../../values/zone-offset.js'
import { cellPrinterOf } from '../cells.js'
import { isUtf8Name } from '../encoding/encoding.js'
import type { FormatName } from '../file-format.js'
import type { TextOptions } from '../text-options.js'
import { patternTime } from '../times/pattern-steps.js'
import { delimitedSyntax } from './syntax.js'

/*
 * Which CSV is printed in WebAssembly: signs of one byte of ASCII that stand in no number or time, a NULL text that is none either, UTF-8,
 * and not odpscmd's forms. For all else the writer prints every row itself.
 */

/** Undefined for options or columns that the writer sees to. */
export const csvPrinting = async (
  columns: readonly Column[],
  format: FormatName,
  options: TextOptions,
): Promise<RecordPrinting | undefined> => {
  const { delimiter, recordDelimiter = '\n', quote, nullText } = delimitedSyntax(format, options)
  const marks = [delimiter, recordDelimiter, ...(quote === undefined ? [] : [quote])]
  if (options.isOdpscmd || !isUtf8Name(options.encoding)) return undefined
  if (!marks.every(isOneSign) || inPlainCells.test(nullText)) return undefined
  const cells = columns.map(column => cellPrint(column, options, marks))
  if (cells.includes(undefined)) return undefined
  const syntax = { delimiter, end: recordDelimiter, quote, nullText }
  return loadPrinting(columns, limits => printOf(columns, cells as CellPrint[], syntax, options, limits))
}

/** A line end, or a sign that stands in no number, time or base64. */
const isOneSign = (text: string): boolean =>
  text === '\r\n' || (/^[\0-\x7f]$/.test(text) && !/[0-9A-Za-z+\-.: /=]/.test(text))

/** What could be the whole of a number, a time or a truth value. */
const inPlainCells = /^[0-9+-]|^(?:true|false|NaN|Infinity)$/

const cellPrint = (
  { type }: Column,
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
    case 'timestamp_ntz': {
      const cell = plainCellPrint(type)
      if (cell === undefined || datetime === undefined) return cell
      const isLocal = type.kind === 'timestamp_ntz'
      const pattern = isLocal && datetime.hasZone ? undefined : patternTime(datetime, marks)
      return pattern && { ...cell, time: pattern.time, flags: [...cell.flags, ...pattern.flags] }
    }
    default:
      return plainCellPrint(type)
  }
}

const printOf = (
  columns: readonly Column[],
  cells: readonly CellPrint[],
  syntax: FormatSyntax,
  options: TextOptions,
  { partition, refusesOldDates }: PrinterLimits,
): RecordPrint => {
  const { delimiter, end, quote, nullText } = syntax
  const own = columns.slice(0, columns.length - partition.length)
  const heads = own.map((_, i) => (i === 0 ? '' : delimiter))
  const nulls = own.map((_, i) => heads[i]! + nullText).join('')
  const formatter = new CsvFormatter(
    columns.map(column => cellPrinterOf(column, options)),
    syntax,
  )
  const whole = formatter.records([[...own.map(() => null), ...partition.map(({ cell }) => cell)]])
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
    hasNotes: options.datetime !== undefined,
  }
}
