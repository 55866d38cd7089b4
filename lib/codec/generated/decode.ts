import type { CellCodec } from '../cell-codec.js'
import type { StreamTotals } from '../stream/totals.js'
import type { ByteWindow } from '../stream/window.js'
import { CompiledReader } from './compiled-reader.js'
import type { RowsReader } from './decoder-code.js'

export interface CompiledParts {
  /** Called for the first record: behind WebAssembly there may be none. */
  readonly compile: () => RowsReader
  readonly codecs: readonly CellCodec[]
  readonly makeRow: (cells: unknown[], rowIndex: number) => unknown
  readonly firstRow: number
  readonly maxRowBytes: number
}

/** Lets compiled code work on a window. */
export class CompiledRows {
  readonly #window: ByteWindow
  readonly #totals: StreamTotals
  readonly #parts: CompiledParts
  readonly #reader: CompiledReader
  #read: RowsReader | undefined

  constructor(window: ByteWindow, totals: StreamTotals, parts: CompiledParts) {
    this.#window = window
    this.#totals = totals
    this.#parts = parts
    this.#reader = new CompiledReader(window.bytes, window.view)
  }

  /** Reads records from the start of the window as far as they are whole, in order and good; returns how many. */
  readInto(rows: unknown[]): number {
    const window = this.#window
    if (window.length === 0) return 0
    const reader = this.#reader
    const { compile, codecs, makeRow, firstRow, maxRowBytes } = this.#parts
    reader.open(window.bytes, window.view, window.start, window.end)
    this.#read ??= compile()
    const count = this.#read(
      reader,
      codecs,
      this.#totals,
      rows,
      makeRow,
      firstRow + this.#totals.rows,
      maxRowBytes,
    )
    window.drop(reader.at - window.start)
    return count
  }
}
