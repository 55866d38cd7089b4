import { freeAt, type RecordsMemory, storeSlack } from './records-memory.js'

/** The most that the end of a record takes. */
export const endRecordBytes = 9

export interface StagedRecords {
  readonly rows: number
  readonly columns: number
  /** See `encodeDescriptors`; `seenByte` is set for a column in whose text there was more than ASCII. */
  readonly descriptors: Uint8Array
  /** `stride` bytes per row. */
  readonly slots: Uint8Array
  readonly stride: number
  /** Text of columns whose descriptor says heap 0, and 1. All of it well-formed. */
  readonly narrow: string
  readonly wide: string
  /** Text that is bytes already. */
  readonly bytes: Uint8Array
  /** The tape of nested values (see assembly/nested-writer.ts), and the nodes of their types; empty without such columns. */
  readonly nodes: Uint8Array
  readonly values: Uint8Array
  readonly marks: Uint8Array
  /** The most bytes that the values of the tape take, text apart. */
  readonly tapeBytes: number
  /** No record is longer than this, its bytes, its part of the tape, and three for each of its characters. */
  readonly recordBytes: number
}

/**
 * Writes records in WebAssembly. `totals` is the register of the checksum over their checksums.
 * @returns their bytes, good until the memory is used again, and the register after them
 */
export const writeStagedRecords = (
  memory: RecordsMemory,
  staged: StagedRecords,
  totals: number,
): { bytes: Buffer; totals: number } => {
  const { rows, columns, descriptors, slots, stride, narrow, wide, bytes, nodes, values, marks } = staged
  const narrowAt = align(freeAt + slots.length)
  const wideAt = align(narrowAt + 3 * narrow.length)
  const bytesAt = align(wideAt + 2 * wide.length)
  const nodesAt = align(bytesAt + bytes.length)
  const valuesAt = align(nodesAt + nodes.length)
  const marksAt = align(valuesAt + values.length)
  const outAt = align(marksAt + marks.length)
  const text = 3 * (narrow.length + wide.length) + bytes.length
  const most = rows * staged.recordBytes + text + staged.tapeBytes
  memory.reserve(outAt + most + storeSlack)
  memory.descriptors = descriptors
  memory.bytes.set(slots, freeAt)
  const unit = writeNarrow(memory.bytes, narrow, narrowAt)
  if (wide !== '') memory.bytes.write(wide, wideAt, 'utf16le')
  if (bytes.length > 0) memory.bytes.set(bytes, bytesAt)
  if (nodes.length > 0) {
    memory.bytes.set(nodes, nodesAt)
    memory.bytes.set(values, valuesAt)
    memory.bytes.set(marks, marksAt)
  }
  memory.totals = totals
  const end = memory.call.writeRecords(
    rows,
    columns,
    freeAt,
    stride,
    narrowAt,
    unit,
    wideAt,
    bytesAt,
    nodesAt,
    valuesAt,
    marksAt,
    outAt,
  )
  if (unit === 2) memory.copyDescriptors(descriptors)
  return { bytes: memory.bytes.subarray(outAt, end), totals: memory.totals }
}

/** ASCII as it is, anything else as UTF-16. */
const writeNarrow = (bytes: Buffer, text: string, at: number): 1 | 2 => {
  if (text === '' || bytes.write(text, at, 3 * text.length, 'utf8') === text.length) return 1
  bytes.write(text, at, 'utf16le')
  return 2
}

const align = (address: number): number => (address + 15) & ~15
