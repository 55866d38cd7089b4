import { endBytes, freeAt, type RecordsMemory, storeSlack, streamBytes } from './records-memory.js'

/** The most that the end of a record takes. */
export const endRecordBytes = 9
/** Of what the checksum of a record is taken of: what lies before it (assembly/fold.ts), and the most that a cell takes, text apart. */
const foldedBytes = 112
const gatheredCellBytes = 16

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
  memory.totals = totals
  const { from, end } = write(memory, staged, false)
  return { bytes: memory.bytes.subarray(from, end), totals: memory.totals }
}

/** Records of several streams, put apart. */
export interface ScatteredRecords {
  /** Of each stream, where its bytes end; those of the first begin at 0, those of the next behind them. */
  readonly ends: readonly number[]
  /** Of each stream, the register of the checksum over the checksums of its records. */
  readonly registers: readonly number[]
  /** Good until the memory is used again. */
  readonly bytes: Buffer
}

/**
 * The same for records of several streams.
 * @param places of each row, the number of its stream
 * @param registers of each stream, before these rows
 */
export const scatterStagedRecords = (
  memory: RecordsMemory,
  staged: StagedRecords,
  places: Uint16Array,
  registers: readonly number[],
): ScatteredRecords => {
  const { rows } = staged
  const { from, end, ends } = write(memory, staged, true)
  const placesAt = align(end)
  const streamsAt = align(placesAt + 2 * rows)
  const outAt = align(streamsAt + streamBytes * registers.length)
  memory.reserve(outAt + (end - from))
  memory.bytes.set(new Uint8Array(places.buffer, places.byteOffset, 2 * rows), placesAt)
  const first = streamsAt / 4
  for (let i = 0; i < registers.length; i++) memory.int32[first + 2 * i] = registers[i]!
  memory.call.scatterRecords(rows, from, ends, placesAt, streamsAt, registers.length, outAt)
  const { int32, bytes } = memory
  return {
    ends: Array.from(registers, (_, i) => int32[first + 2 * i + 1]! - outAt),
    registers: Array.from(registers, (_, i) => int32[first + 2 * i]!),
    bytes: bytes.subarray(outAt, outAt + (end - from)),
  }
}

/** @returns where the records are, and if it was asked for, the list of their ends */
const write = (
  memory: RecordsMemory,
  staged: StagedRecords,
  withEnds: boolean,
): { from: number; end: number; ends: number } => {
  const { rows, columns, descriptors, slots, stride, narrow, wide, bytes, nodes, values, marks } = staged
  const narrowAt = align(freeAt + slots.length)
  const wideAt = align(narrowAt + 3 * narrow.length)
  const bytesAt = align(wideAt + 2 * wide.length)
  const nodesAt = align(bytesAt + bytes.length)
  const valuesAt = align(nodesAt + nodes.length)
  const marksAt = align(valuesAt + values.length)
  const endsAt = align(marksAt + marks.length)
  const outAt = withEnds ? align(endsAt + endBytes * rows) : endsAt
  const text = 3 * (narrow.length + wide.length) + bytes.length
  const most = rows * staged.recordBytes + text + staged.tapeBytes
  const gatherAt = align(outAt + most + storeSlack)
  memory.reserve(gatherAt + foldedBytes + gatheredCellBytes * columns + text + storeSlack)
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
  const ends = withEnds ? endsAt : 0
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
    ends,
    nodes.length > 0 ? 0 : gatherAt,
    narrow.length + wide.length,
  )
  if (unit === 2) memory.copyDescriptors(descriptors)
  return { from: outAt, end, ends }
}

/** ASCII as it is, anything else as UTF-16. */
const writeNarrow = (bytes: Buffer, text: string, at: number): 1 | 2 => {
  if (text === '' || bytes.write(text, at, 3 * text.length, 'utf8') === text.length) return 1
  bytes.write(text, at, 'utf16le')
  return 2
}

const align = (address: number): number => (address + 15) & ~15
