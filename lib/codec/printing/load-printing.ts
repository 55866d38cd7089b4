import { formatDataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { loadCsvWriter } from '../../wire/csv-writer-memory.js'
import type { PrinterLimits, RecordPrinting } from '../rows/record-printing.js'
import { layOutPrint, type RecordPrint } from './print-plan.js'
import { WasmPrinter } from './printer.js'
import { TextSlabs } from './text-slabs.js'

/*
 * A writer whose format WebAssembly prints says so by a printing, and gets records as text. It still has to be able to print any row, as it gets
 * those that aren't printed for it: so both ways are there in one file, and must give the same bytes.
 */

/** How records of such columns are printed, for a partition; undefined when the careful way has to. */
export type PrintOf = (limits: PrinterLimits) => RecordPrint | undefined

/** Undefined where WebAssembly doesn't do it. @param columns of the file, those of its partitions last */
export const loadPrinting = async (
  columns: readonly Column[],
  printOf: PrintOf,
): Promise<RecordPrinting | undefined> => {
  const memory = await loadCsvWriter()
  if (memory === undefined) return undefined
  const wanted = describe(columns)
  const slabs = new TextSlabs()
  return {
    printerOf: (recordColumns, limits) => {
      const given = [...recordColumns, ...limits.partition.map(({ column }) => column)]
      const print = describe(given) === wanted ? printOf(limits) : undefined
      const plan = print && layOutPrint(print)
      return plan && new WasmPrinter(memory, plan, slabs, limits.maxRowBytes)
    },
  }
}

const describe = (columns: readonly Column[]): string =>
  JSON.stringify(columns.map(({ name, type }) => [name, formatDataType(type)]))
