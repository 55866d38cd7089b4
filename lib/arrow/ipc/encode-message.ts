import {
  bool,
  encodeFlatBuffer,
  type FlatFields,
  int8,
  int16,
  int32,
  int64,
  structs,
  table,
} from './flatbuffer-writer.js'
import type { ArrowField, ArrowType } from './schema.js'

/* Messages of a stream, and the footer of a file; message.ts and file.ts have their form. */

/** The values of a field as buffers, and those of its children. */
export interface LaidOut {
  readonly length: number
  readonly nullCount: number
  readonly buffers: readonly Uint8Array[]
  readonly children: readonly LaidOut[]
}

/** A message; its metadata and its body take multiples of 8 bytes. */
export interface EncodedMessage {
  readonly bytes: Buffer
  readonly metadataLength: number
  readonly bodyLength: number
}

const v5 = 4
const [schemaHeader, batchHeader] = [1, 3]

export const encodeSchema = (fields: readonly ArrowField[]): EncodedMessage =>
  joined([headOf(schemaHeader, schemaTable(fields), 0)])

export const encodeBatch = (length: number, columns: readonly LaidOut[]): EncodedMessage =>
  joined(batchPieces(length, columns))

/** The same as pieces, of which the buffers are not copied. */
export const batchPieces = (length: number, columns: readonly LaidOut[]): readonly Uint8Array[] => {
  const nodes: number[] = []
  const buffers: Uint8Array[] = []
  const walk = (data: LaidOut): void => {
    nodes.push(data.length, data.nullCount)
    buffers.push(...data.buffers)
    for (const child of data.children) walk(child)
  }
  for (const column of columns) walk(column)
  const places: number[] = []
  let end = 0
  for (const { length } of buffers) {
    places.push(end, length)
    end += padded(length)
  }
  const header = table(int64(length), structs(nodes, nodes.length / 2), structs(places, buffers.length))
  return [headOf(batchHeader, header, end), ...buffers.flatMap(withPadding)]
}

export const endMark: Buffer = Buffer.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** The footer with its length, and the mark behind it. */
export const encodeFooter = (
  fields: readonly ArrowField[],
  batches: readonly (Omit<EncodedMessage, 'bytes'> & { readonly at: number })[],
): Buffer => {
  const blocks = batches.flatMap(({ at, metadataLength, bodyLength }) => [at, metadataLength, bodyLength])
  const none = structs([], 0)
  const footer = encodeFlatBuffer(
    table(int16(v5), schemaTable(fields), none, structs(blocks, batches.length)),
  )
  const length = Buffer.alloc(4)
  length.writeInt32LE(footer.length)
  return Buffer.concat([footer, length, Buffer.from('ARROW1')])
}

const padded = (length: number): number => Math.ceil(length / 8) * 8

const noBytes = new Uint8Array(8)

const withPadding = (buffer: Uint8Array): readonly Uint8Array[] => {
  if (buffer.length === 0) return []
  const missing = padded(buffer.length) - buffer.length
  return missing === 0 ? [buffer] : [buffer, noBytes.subarray(0, missing)]
}

/** All of a message up to its body. */
const headOf = (kind: number, header: FlatFields, bodyLength: number): Buffer => {
  const metadata = encodeFlatBuffer(table(int16(v5), int8(kind), header, int64(bodyLength)))
  const head = Buffer.alloc(8 + padded(metadata.length))
  head.writeInt32LE(-1, 0)
  head.writeInt32LE(head.length - 8, 4)
  head.set(metadata, 8)
  return head
}

const joined = (pieces: readonly Uint8Array[]): EncodedMessage => {
  const bytes = Buffer.concat(pieces)
  const metadataLength = pieces[0]!.length
  return { bytes, metadataLength, bodyLength: bytes.length - metadataLength }
}

const schemaTable = (fields: readonly ArrowField[]): FlatFields => table(int16(0), fields.map(fieldTable))

const fieldTable = ({ name, nullable, type, children }: ArrowField): FlatFields => {
  const [code, parameters] = typeTable(type)
  return table(name, bool(nullable), int8(code), parameters, undefined, children.map(fieldTable))
}

const timeUnits = ['s', 'ms', 'us', 'ns']
const intervalUnits = ['year_month', 'day_time', 'month_day_nano']

/** The types that are written. */
const typeTable = (type: ArrowType): readonly [code: number, parameters: FlatFields] => {
  switch (type.name) {
    case 'int':
      return [2, table(int32(type.bits), bool(type.signed))]
    case 'float':
      return [3, table(int16([16, 32, 64].indexOf(type.bits)))]
    case 'binary':
      return [4, table()]
    case 'utf8':
      return [5, table()]
    case 'bool':
      return [6, table()]
    case 'decimal':
      return [7, table(int32(type.precision), int32(type.scale), int32(type.bits))]
    case 'date':
      return [8, table(int16(0))]
    case 'timestamp':
      return [
        10,
        table(int16(timeUnits.indexOf(type.unit)), type.timezone === '' ? undefined : type.timezone),
      ]
    case 'interval':
      return [11, table(int16(intervalUnits.indexOf(type.unit)))]
    case 'list':
      return [12, table()]
    case 'struct':
      return [13, table()]
    case 'fixed_size_binary':
      return [15, table(int32(type.size))]
    case 'fixed_size_list':
      return [16, table(int32(type.size))]
    case 'map':
      return [17, table(bool(false))]
    default:
      throw new TypeError(`${type.name} is not written`)
  }
}
