import { type CellPrint, columnPrint, plainCellPrint } from '../../../codec/printing/cell-print.js'
import { loadPrinting } from '../../../codec/printing/load-printing.js'
import type { RecordPrint } from '../../../codec/printing/print-plan.js'
import type { PrinterLimits, RecordPrinting } from '../../../codec/rows/record-printing.js'
import type { Column, DataType } from '../../../index.js'
import { timeZoneOf } from '../../../values/time-zone.js'
import { isUtf8Name } from '../encoding/encoding.js'
import { objectPrinter } from './writer.js'

/** Lines of JSON in WebAssembly; undefined for columns that the writer sees to: JSON has to be checked, nested values are JSON themselves. */
export const jsonLinesPrinting = async (
  columns: readonly Column[],
  encoding: string,
): Promise<RecordPrinting | undefined> => {
  const cells = columns.map(({ type }) => cellPrint(type))
  if (!isUtf8Name(encoding) || cells.includes(undefined)) return undefined
  return loadPrinting(columns, limits => printOf(columns, cells as CellPrint[], limits))
}

const cellPrint = (type: DataType): CellPrint | undefined => {
  const cell = plainCellPrint(type)
  if (cell === undefined) return undefined
  switch (cell.kind) {
    case 'integer':
    case 'boolean':
      return cell
    case 'double':
    case 'float':
      return { ...cell, flags: ['isJsonNumber'] }
    case 'text':
      return { kind: 'jsonText', flags: [] }
    default:
      return { ...cell, flags: [...cell.flags, 'isQuoted'] }
  }
}

/** A control character may become six bytes: \u001f. */
const longestEscape = 6

const printOf = (
  columns: readonly Column[],
  cells: readonly CellPrint[],
  { partition, refusesOldDates }: PrinterLimits,
): RecordPrint => {
  const own = columns.slice(0, columns.length - partition.length)
  const heads = own.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const nulls = heads.map(head => `${head}null`).join('')
  const whole = objectPrinter(columns)([...own.map(() => null), ...partition.map(({ cell }) => cell)], 0)
  return {
    columns: own.map(({ type }, i) =>
      columnPrint(type, i, cells[i]!, { head: heads[i]!, nullText: 'null', refusesOldDates }),
    ),
    tail: `${whole.slice(nulls.length)}\n`,
    ...{ delimiter: ',', end: '\n', quote: '"', fields: columns.length },
    ...{ zone: timeZoneOf('UTC'), fixedOffset: 0, expansion: longestEscape, hasNotes: false },
  }
}
