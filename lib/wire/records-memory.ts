import { lowHalf } from './int64.js'
import { recordsModule, recordsModuleWithoutSimd } from './records-module.js'
import { instantiate, type MemoryExports, WasmMemory } from './wasm-memory.js'

/*
 * Records written and read in WebAssembly. One instance serves all encoders and decoders of a thread: nothing is kept in its
 * memory between calls. The numbers here are those of assembly/layout.ts.
 */

/** How a column is written and read. `time` and `bytes` are for reading only; the last four say what a nested one is. */
export const cellKinds = {
  integer: 0,
  double: 1,
  boolean: 2,
  text: 3,
  float: 4,
  instant: 5,
  time: 6,
  bytes: 7,
  nested: 8,
  array: 9,
  map: 10,
  struct: 11,
  vector: 12,
} as const

export const maxStagedColumns = 1024
const columnsAt = 16 * 1024
const totalsAt = 32 * 1024
/** Where callers put what they want. */
export const freeAt = 37 * 1024

/** What a record to be scattered has in the list of ends, and a stream in that of streams. */
export const endBytes = 8
export const streamBytes = 8

/** Numbers and text are stored many bytes at once, even where they need fewer. */
export const storeSlack = 64

/** What the module exports. Addresses and sizes are in bytes. */
interface Exports extends MemoryExports {
  makeTables(): void
  crcBytes(register: number, from: number, to: number): number
  seenBits(): number
  writeUtf8(to: number, from: number, units: number): number
  writeRecords(
    rows: number,
    columns: number,
    slots: number,
    stride: number,
    narrow: number,
    narrowUnit: 1 | 2,
    wide: number,
    bytes: number,
    nodes: number,
    values: number,
    marks: number,
    out: number,
    ends: number,
    gather: number,
    text: number,
  ): number
  scatterRecords(
    rows: number,
    from: number,
    ends: number,
    places: number,
    streams: number,
    count: number,
    out: number,
  ): void
  readRecords(
    columns: number,
    from: number,
    to: number,
    maxRows: number,
    maxRowBytes: number,
    rows: number,
    stride: number,
    narrow: number,
    wide: number,
    nodes: number,
    values: number,
    marks: number,
  ): number
}

/** Bytes are copied into the memory in pieces that stay in the processor's caches. */
const pieceBytes = 32 * 1024

/** The instance, what it keeps, and views of its memory. */
export class RecordsMemory extends WasmMemory<Exports> {
  constructor(exports: Exports) {
    super(exports)
    exports.makeTables()
  }

  /** All bits set in the bytes that `crc` passed last. */
  seenBits = 0

  /** The register of CRC-32C after many bytes. */
  crc(register: number, bytes: Uint8Array): number {
    this.reserve(freeAt + pieceBytes)
    let c = register
    this.seenBits = 0
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.subarray(from, from + pieceBytes)
      this.bytes.set(piece, freeAt)
      c = this.call.crcBytes(c, freeAt, freeAt + piece.length)
      this.seenBits |= this.call.seenBits()
    }
    return c
  }

  /**
   * Puts text as UTF-8 at `at` of `target`, where there is room for three bytes a character: what is not ASCII in half the time of
   * the native call, which does not look for lone surrogates either.
   * @returns how many bytes it is; -1 for text with lone surrogates
   */
  putUtf8(text: string, target: Buffer, at: number): number {
    const out = freeAt + 2 * text.length
    this.reserve(out + 3 * text.length + storeSlack)
    this.bytes.write(text, freeAt, 'utf16le')
    const end = this.call.writeUtf8(out, freeAt, text.length)
    return end === 0 ? -1 : this.bytes.copy(target, at, out, end)
  }

  /** What is told of the columns: `descriptorBytes` each. */
  set descriptors(descriptors: Uint8Array) {
    this.bytes.set(descriptors, columnsAt)
  }

  /** Reads them back. */
  copyDescriptors(target: Uint8Array): void {
    target.set(this.bytes.subarray(columnsAt, columnsAt + target.length))
  }

  /** The register of the checksum over the checksums of the records. */
  get totals(): number {
    return this.int32[totalsAt / 4]!
  }

  set totals(register: number) {
    this.int32[totalsAt / 4] = register
  }

  /** Where the text that `readRecords` copied ends. */
  get narrowEnd(): number {
    return this.int32[totalsAt / 4 + 1]!
  }

  get wideEnd(): number {
    return this.int32[totalsAt / 4 + 2]!
  }

  /** Where `readRecords` ended: behind its input if that was in a record that may go on there, else somewhere before. */
  get readEnd(): number {
    return this.int32[totalsAt / 4 + 3]!
  }
}

let memory: RecordsMemory | false | undefined

/** Undefined where WebAssembly is not to be had (`node --jitless`), or numbers lie in memory the other way round. */
export const recordsMemory = (): RecordsMemory | undefined => {
  memory ??= lowHalf === 0 && load()
  return memory || undefined
}

const load = (): RecordsMemory | false => {
  const exports = instantiate<Exports>([recordsModule, recordsModuleWithoutSimd])
  return exports !== undefined && new RecordsMemory(exports)
}

/** What the module is told of a column. */
export interface Descriptor {
  readonly kind: number
  readonly tag: readonly number[]
  /** Where its slot is in a row, in bytes. */
  readonly slot: number
  /** Of a whole number that is read: how many bits it may have. */
  readonly bits?: number
}

export const descriptorBytes = 16

export const encodeDescriptors = (descriptors: readonly Descriptor[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(descriptors.length * descriptorBytes))
  for (const [i, { kind, tag, slot, bits = 64 }] of descriptors.entries()) {
    const at = i * descriptorBytes
    view.setUint8(at, kind)
    view.setUint8(at + 1, tag.length)
    view.setUint8(at + 2, kind === cellKinds.text || kind === cellKinds.nested ? 0 : bits)
    for (const [k, byte] of tag.entries()) {
      view.setUint8(at + 4 + k, byte)
      view.setUint8(at + 12 + k, 255)
    }
    view.setUint32(at + 8, slot, true)
  }
  return new Uint8Array(view.buffer)
}

/** Of the bytes of a printed descriptor: the heap of the column's text, and whether more than ASCII was seen in it. */
export const heapByte = 2
export const seenByte = 3
