import type { PrintedRows, RecordPrinting } from '../../codec/rows/record-printing.js'
import { CliError } from '../usage-error.js'

/** A row that the format has no place for. */
export class RowRefused extends CliError {
  /** Counted from 0, in the file. */
  readonly row: number
  readonly #what: string

  /** @param what follows the row's number: its column, and why */
  constructor(row: number, what: string, next: string, options?: ErrorOptions) {
    super(`row ${row}, ${what}`, next, options)
    this.row = row
    this.#what = what
  }

  /** The same where the rows of a file come from several partitions. */
  ofPartition(partition: string, row: number): CliError {
    return new CliError(
      `row ${row} of partition ${partition} (row ${this.row} of the file), ${this.#what}`,
      this.next!,
      { cause: this.cause },
    )
  }
}

/** A piece of the output, and how many rows are complete with it. */
export interface WrittenPiece {
  readonly bytes: Uint8Array
  readonly rows: number
  /** May be called when nobody needs the bytes any more: their memory then serves again. */
  readonly release?: () => void
}

export interface WriteOptions {
  /** The file has its beginning already. */
  readonly isResumed?: boolean
  /** How many rows it has then, so that a row is named by its number. */
  readonly firstRow?: number
}

type Rows = readonly (readonly unknown[])[]

/** Rows for a format that is printed while records are read: mostly as text. */
export type FileBatch = readonly (readonly unknown[] | PrintedRows)[]

/** Turns batches of rows into the bytes of one file. */
export type WriteFormat<Batch = Rows> = (
  batches: AsyncIterable<Batch>,
  options?: WriteOptions,
) => AsyncGenerator<WrittenPiece, void, undefined>

/** How a file is written. Rows may come as its printing makes them, if it has one, and as cells. */
export interface FileWriter {
  readonly write: WriteFormat<FileBatch>
  readonly printing: RecordPrinting | undefined
}
