import { lowHalf } from './int64.js'
import { recordWriterModule } from './record-writer-module.js'

/*
 * The part of encoding that is done in WebAssembly: from staged rows to records with their checksums. One instance
 * serves all encoders of the thread; nothing is kept in its memory between calls. Against code compiled to JS records of
 * twenty columns take half the time.
 */

/** How a column is written; the numbers are known to assembly/record-writer.ts, as are the addresses below. */
export const cellKinds = { integer: 0, double: 1, boolean: 2, text: 3, float: 4, instant: 5 } as const

/** Descriptors of the columns: kind, bytes of the tag, heap of its text, seen text beyond ASCII; tag; slot in bytes. */
export const descriptorBytes = 16
export const maxStagedColumns = 1024
const columnsAt = 16 * 1024
const totalsAt = 32 * 1024
const rowsAt = totalsAt + 64
const pageBytes = 64 * 1024

/** The most that the end of a record takes. */
export const endRecordBytes = 9
/** A number is stored as eight bytes at once, even where it needs fewer. */
const storeSlack = 16

export interface StagedRecords {
  readonly rows: number
  readonly columns: number
  /** `descriptorBytes` a column; the fourth is set for a column in whose text there was more than ASCII. */
  readonly descriptors: Uint8Array
  /** `stride` bytes a row. */
  readonly slots: Uint8Array
  readonly stride: number
  /** Text of columns whose descriptor says heap 0, and 1. All of it well-formed. */
  readonly narrow: string
  readonly wide: string
  /** Text that is bytes already. */
  readonly bytes: Uint8Array
  /** No record is longer than this, its bytes, and three for each of its characters. */
  readonly recordBytes: number
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  makeTables(): void
  writeRecords(
    rows: number,
    columns: number,
    slots: number,
    stride: number,
    narrow: number,
    narrowUnit: 1 | 2,
    wide: number,
    bytes: number,
    out: number,
  ): number
}

export class RecordWriter {
  readonly #exports: Exports
  #memory: Buffer
  #words: DataView

  constructor(exports: Exports) {
    this.#exports = exports
    this.#memory = Buffer.from(exports.memory.buffer)
    this.#words = new DataView(exports.memory.buffer)
    exports.makeTables()
  }

  /**
   * Writes records. `totals` is the register of the checksum over their checksums.
   * @returns their bytes, good until the next call, and the register after them
   */
  write(staged: StagedRecords, totals: number): { bytes: Buffer; totals: number } {
    const { rows, columns, descriptors, slots, stride, narrow, wide, bytes } = staged
    const narrowAt = align(rowsAt + slots.length)
    const wideAt = align(narrowAt + 3 * narrow.length)
    const bytesAt = align(wideAt + 2 * wide.length)
    const outAt = align(bytesAt + bytes.length)
    const most = rows * staged.recordBytes + 3 * (narrow.length + wide.length) + bytes.length
    this.#reserve(outAt + most + storeSlack)
    const memory = this.#memory
    memory.set(descriptors, columnsAt)
    memory.set(slots, rowsAt)
    const unit = this.#writeNarrow(narrow, narrowAt)
    if (wide !== '') memory.write(wide, wideAt, 'utf16le')
    if (bytes.length > 0) memory.set(bytes, bytesAt)
    this.#words.setInt32(totalsAt, totals, true)
    const end = this.#exports.writeRecords(
      rows,
      columns,
      rowsAt,
      stride,
      narrowAt,
      unit,
      wideAt,
      bytesAt,
      outAt,
    )
    if (unit === 2) descriptors.set(memory.subarray(columnsAt, columnsAt + descriptors.length))
    return { bytes: memory.subarray(outAt, end), totals: this.#words.getInt32(totalsAt, true) }
  }

  /** ASCII as it is, anything else as UTF-16. */
  #writeNarrow(text: string, at: number): 1 | 2 {
    if (text === '' || this.#memory.write(text, at, 3 * text.length, 'utf8') === text.length) return 1
    this.#memory.write(text, at, 'utf16le')
    return 2
  }

  #reserve(bytes: number): void {
    const { memory } = this.#exports
    if (bytes <= memory.buffer.byteLength) return
    memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / pageBytes))
    this.#memory = Buffer.from(memory.buffer)
    this.#words = new DataView(memory.buffer)
  }
}

const align = (address: number): number => (address + 15) & ~15

let writer: RecordWriter | false | undefined

/** Undefined where WebAssembly is not to be had (`node --jitless`), or numbers lie in memory the other way round. */
export const recordWriter = (): RecordWriter | undefined => {
  writer ??= lowHalf === 0 && createWriter()
  return writer || undefined
}

/** The part of the interface used here: the library of the language has no types for it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

const createWriter = (): RecordWriter | false => {
  const { WebAssembly: api } = globalThis as { readonly WebAssembly?: WebAssemblyApi }
  if (api === undefined) return false
  try {
    const module = new api.Module(Buffer.from(recordWriterModule, 'base64'))
    return new RecordWriter(new api.Instance(module).exports as Exports)
  } catch {
    return false
  }
}
