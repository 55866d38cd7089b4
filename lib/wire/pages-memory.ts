import { lowHalf } from './int64.js'
import { instantiator, type MemoryExports, WasmMemory } from './wasm-memory.js'

/*
 * Records from pages of columns, in WebAssembly. Pages stay in its memory from call to call, so whoever reads a file has an instance of
 * their own. The numbers here are those of assembly/pages/layout.ts, which says what they mean.
 */

export const pageKinds = {
  int32: 0,
  int64: 1,
  double: 2,
  float: 3,
  boolean: 4,
  text: 5,
  instant: 6,
  milliseconds: 7,
  digits: 8,
  otherWhole: 9,
  otherDouble: 10,
  otherFloat: 11,
} as const

export const pageStores = {
  int32: 0,
  uint32: 1,
  int64: 2,
  uint64: 3,
  float: 4,
  double: 5,
  int96: 6,
  bytes: 7,
  fixed: 8,
} as const

/** How a call of `writeRows` ended. */
export const pageEnds = { allWritten: 0, noRoom: 1, refused: 2 } as const

export const pageColumns = { at: 36 * 1024, bytes: 64, most: 1024 } as const
export const booleansAt: number = 35 * 1024 + 16
/** Where pages may lie. */
export const pagesAt: number = pageColumns.at + pageColumns.most * pageColumns.bytes

/** What the module exports. Addresses and sizes are in bytes. */
interface Exports extends MemoryExports {
  makeTables(): void
  makeBooleans(): void
  unpackSnappy(from: number, to: number, out: number, size: number): number
  markLevels(cells: number, count: number, from: number, to: number): number
  placeFixed(cells: number, count: number, isMarked: 0 | 1, at: number, width: number): void
  placeBytes(cells: number, count: number, isMarked: 0 | 1, at: number, to: number): number
  placeIndexed(
    cells: number,
    count: number,
    present: number,
    from: number,
    to: number,
    width: number,
    scratch: number,
    table: number,
    size: number,
  ): number
  placeBits(cells: number, count: number, present: number, from: number, scratch: number): void
  areWithin(cells: number, count: number, least: number, greatest: number): number
  areFilled(cells: number, count: number): number
  writeRows(
    rows: number,
    columns: number,
    start: number,
    from: number,
    to: number,
    recordBytes: number,
    ends: number,
    checksums: number,
    gather: number,
    gatherBytes: number,
  ): number
  readonly writtenTo: { readonly value: number }
  readonly writtenRows: { readonly value: number }
}

/** An instance, and views of its memory. */
export class PagesMemory extends WasmMemory<Exports> {
  constructor(exports: Exports) {
    super(exports)
    exports.makeTables()
    exports.makeBooleans()
  }
}

let create: (() => Exports) | false | undefined
let spare: PagesMemory | undefined

/**
 * For one user, until it is given back. What an earlier one left is still in it.
 * @returns undefined where there is no WebAssembly with SIMD, or numbers lie in memory the other way round
 */
export const takePagesMemory = async (): Promise<PagesMemory | undefined> => {
  const kept = spare
  spare = undefined
  return kept ?? createPagesMemory()
}

/** The next file has it again: memory that is new costs more than reading a small file. One is kept. */
export const givePagesMemory = (memory: PagesMemory): void => {
  spare ??= memory
}

const createPagesMemory = async (): Promise<PagesMemory | undefined> => {
  create ??=
    lowHalf === 0 && (instantiator<Exports>([(await import('./pages-module.js')).pagesModule]) ?? false)
  return create ? new PagesMemory(create()) : undefined
}
