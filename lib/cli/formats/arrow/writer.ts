import { CellWithoutForm, type Form } from '../../../arrow/columns/form.js'
import { formOf } from '../../../arrow/columns/layout.js'
import {
  type EncodedMessage,
  encodeBatch,
  encodeFooter,
  encodeSchema,
  endMark,
  type LaidOut,
} from '../../../arrow/ipc/encode-message.js'
import type { ArrowField } from '../../../arrow/ipc/schema.js'
import { type Column, TunnelError } from '../../../index.js'
import type { FormatName } from '../file-format.js'
import { RowRefused, type WriteFormat, type WrittenPiece } from '../row-writer.js'
import { fileForms } from './file-forms.js'

/*
 * Rows as Arrow, a batch at a time. The schema stands before the first batch, but a column may only be decided by its
 * first values (whether TIMESTAMPs have nanoseconds); until then batches are laid out and kept, up to a limit. A footer
 * with the place of each batch makes a file of the stream.
 */

/** A record batch ends at so many rows, or when its cells take about so much memory. */
const rowsOfBatch = 10_000
const bytesOfBatch = 16 * 2 ** 20
/** While no value has decided what has to stand in the schema, so much is kept. */
const keptBytes = 32 * 2 ** 20

/** Writes Arrow IPC, a record batch after the other. */
export const writeArrow = (columns: readonly Column[], format: FormatName): WriteFormat =>
  async function* (batches) {
    const file = new ArrowFile(columns, format === 'arrow')
    for await (const rows of batches)
      for (const row of rows) {
        file.add(row)
        if (file.isBatchFull) yield* file.endBatch()
      }
    yield* file.end()
  }

class ArrowFile {
  readonly #columns: readonly Column[]
  readonly #forms: readonly Form[]
  readonly #hasFooter: boolean
  #cells: unknown[][]
  #bytes = 0
  /** Rows that were laid out. */
  #rows = 0
  /** Of the schema that was written. */
  #fields: readonly ArrowField[] | undefined
  #kept: { readonly rows: number; readonly columns: readonly LaidOut[] }[] = []
  #keptBytes = 0
  #at = 0
  readonly #blocks: { at: number; metadataLength: number; bodyLength: number }[] = []

  constructor(columns: readonly Column[], hasFooter: boolean) {
    this.#columns = columns
    this.#forms = columns.map(({ type }) => formOf(type, fileForms))
    this.#hasFooter = hasFooter
    this.#cells = columns.map(() => [])
  }

  get isBatchFull(): boolean {
    return this.#cells[0]!.length >= rowsOfBatch || this.#bytes >= bytesOfBatch
  }

  add(row: readonly unknown[]): void {
    for (let i = 0; i < this.#cells.length; i++) {
      const cell = row[i]
      this.#cells[i]!.push(cell)
      this.#bytes += memoryOf(cell)
    }
  }

  *endBatch(): Generator<WrittenPiece, void, undefined> {
    const rows = this.#cells[0]!.length
    const columns = this.#forms.map((form, i) => this.#layOut(form, i))
    this.#cells = this.#columns.map(() => [])
    this.#rows += rows
    this.#keptBytes += this.#bytes
    this.#bytes = 0
    this.#kept.push({ rows, columns })
    const isOpen = this.#fields === undefined && this.#forms.some(form => form.isOpen())
    if (!isOpen || this.#keptBytes >= keptBytes) yield* this.#writeKept()
  }

  *end(): Generator<WrittenPiece, void, undefined> {
    if (this.#cells[0]!.length > 0) yield* this.endBatch()
    yield* this.#writeKept()
    yield this.#piece(endMark)
    if (this.#hasFooter) yield this.#piece(encodeFooter(this.#fields!, this.#blocks))
  }

  *#writeKept(): Generator<WrittenPiece, void, undefined> {
    if (this.#fields === undefined) {
      this.#fields = this.#forms.map((form, i) => form.field(this.#columns[i]!.name, true))
      if (this.#hasFooter) yield this.#piece(fileHead)
      yield this.#piece(encodeSchema(this.#fields).bytes)
    }
    for (const { rows, columns } of this.#kept.splice(0)) yield this.#batch(encodeBatch(rows, columns), rows)
    this.#keptBytes = 0
  }

  #batch({ bytes, ...lengths }: EncodedMessage, rows: number): WrittenPiece {
    this.#blocks.push({ at: this.#at, ...lengths })
    return this.#piece(bytes, rows)
  }

  #piece(bytes: Uint8Array, rows = 0): WrittenPiece {
    this.#at += bytes.length
    return { bytes, rows }
  }

  #layOut(form: Form, column: number): LaidOut {
    try {
      return form.layOut(this.#cells[column]!)
    } catch (error) {
      throw error instanceof CellWithoutForm
        ? refusal(error.cause, this.#columns[column]!, this.#rows + error.index)
        : error
    }
  }
}

const fileHead = Buffer.from('ARROW1\0\0')

/** Bytes that a cell takes, roughly, its place in a list included. */
const memoryOf = (cell: unknown): number => {
  if (typeof cell === 'string') return 32 + cell.length
  if (typeof cell !== 'object' || cell === null) return 24
  if (cell instanceof Uint8Array) return 128 + cell.length
  if (Symbol.iterator in cell) return sumOf(cell as Iterable<unknown>)
  const prototype: unknown = Object.getPrototypeOf(cell)
  return prototype === Object.prototype || prototype === null ? sumOf(Object.values(cell)) : 64
}

const sumOf = (cells: Iterable<unknown>): number => {
  let sum = 64
  for (const each of cells) sum += memoryOf(each)
  return sum
}

const refusal = (cause: unknown, { name }: Column, row: number): unknown =>
  cause instanceof TunnelError
    ? new RowRefused(
        row,
        `column '${name}' cannot be written to Arrow: ${cause.message}`,
        'Leave the column out (list the others with --columns), or download as csv; bytes that are not text belong in a BINARY column',
        { cause },
      )
    : cause
