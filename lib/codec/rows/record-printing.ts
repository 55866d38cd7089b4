import type { Column } from '../../schema/table-schema.js'
import type { KeptText } from '../printing/text-slabs.js'
import type { StreamTotals } from '../stream/totals.js'
import type { ByteWindow } from '../stream/window.js'

/*
 * Rows that are wanted as text of a file and as nothing else. No cell need become a value then: a decoder that has a printer gives whole
 * records as text among its rows, and as rows those records that the printer leaves to others.
 */

/** Whole records, one behind the other, as they stand in a file. */
export class PrintedRows {
  readonly bytes: Buffer
  readonly rows: number
  /** By column, how many cells were noted; undefined where none is ever. */
  readonly noted: Uint32Array | undefined
  /** To be called when nobody needs the bytes any more: their memory may then serve again. */
  readonly release: () => void

  constructor({ bytes, release }: KeptText, rows: number, noted: Uint32Array | undefined) {
    this.bytes = bytes
    this.release = release
    this.rows = rows
    this.noted = noted
  }
}

/** How many rows there are in what a decoder with a printer gave. */
export const countPrinted = (items: readonly unknown[]): number => {
  let rows = 0
  for (const item of items) rows += item instanceof PrintedRows ? item.rows : 1
  return rows
}

export interface RecordPrinter {
  /** Prints records from the start of the window as far as they are whole, in order, good and have a plain text; returns how many. */
  readInto(window: ByteWindow, totals: StreamTotals, items: unknown[]): number
  /** How many of the next records are to be read in another way before it is asked again. */
  readonly declined: number
  /** Whether it has printed records, and what is left is, as far as it goes, the beginning of another one. */
  readonly ranOut: boolean
}

export interface PrinterLimits {
  readonly maxRowBytes: number
  /** A DATETIME before 1928 is left to others, which refuse it. */
  readonly refusesOldDates: boolean
  /** The cells of partition columns, which follow those of the record. */
  readonly partition: readonly { readonly column: Column; readonly cell: unknown }[]
}

export interface RecordPrinting {
  /** Undefined when such records are not printed here. */
  printerOf(columns: readonly Column[], limits: PrinterLimits): RecordPrinter | undefined
}

/** The option of a download that wants text. It is a symbol because it is none that users should meet. */
export const recordPrinting: unique symbol = Symbol('odps-tunnel record printing')

export interface WithRecordPrinting {
  readonly [recordPrinting]?: RecordPrinting | undefined
}
