import { TunnelOptionError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { ByteReader } from '../../wire/byte-reader.js'
import { checksumOf, crcInt32, crcRange, emptyRegister } from '../../wire/crc32c.js'
import { endRecordField, endRecordTagBytes, tagBytes, tagOf } from '../../wire/tags.js'
import { layoutsOf } from '../codec-of.js'
import { countCodePoints } from '../types/text.js'
import { type Layout, wireTypeOf } from '../value-layout.js'

/** A row as it lies on the wire. */
export interface ScannedRecord {
  /** The whole record with END_RECORD tag and checksum (in its shortest spelling); a buffer that stays valid. */
  readonly bytes: Buffer
  /** CRC-32C of the record, unsigned. */
  readonly checksum: number
}

export interface ProjectOptions {
  /** Pads CHAR(n) columns with spaces to n code points, as the service does on download. Default false. */
  readonly padChar?: boolean
}

/**
 * Makes, of a whole verified record of `columns`, the record of the columns named, in the order named: fields are
 * numbered by their position in that list (protocol 6.4), so the checksum is another one.
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS for a name that is no column
 */
export const createRecordProjector = (
  columns: readonly Column[],
  names: readonly string[],
  { padChar = false }: ProjectOptions = {},
): ((record: Buffer) => ScannedRecord) => {
  const layouts = layoutsOf(columns)
  const picks = names.map((name, i) => {
    const from = columns.findIndex(column => column.name.toLowerCase() === name.toLowerCase())
    const column = columns[from]
    if (!column) throw new TunnelOptionError('ODPS_INVALID_COLUMNS', `columns: '${name}' is not a column`)
    const padTo = padChar && column.type.kind === 'char' ? column.type.length : 0
    return { from, field: i + 1, tag: tagBytes(tagOf(i + 1, wireTypeOf(layouts[from]!))), padTo }
  })
  const isWhole =
    names.length === columns.length && picks.every(pick => pick.from === pick.field - 1 && pick.padTo === 0)
  const projection: Projection = { layouts, picks }
  return record => (isWhole ? { bytes: record, checksum: checksumIn(record) } : project(record, projection))
}

interface Pick {
  /** Index of the column in the record. */
  readonly from: number
  readonly field: number
  readonly tag: readonly number[]
  readonly padTo: number
}

interface Projection {
  readonly layouts: readonly Layout[]
  readonly picks: readonly Pick[]
}

/** The checksum is the last varint of a record; a varint before it ends with a byte below 128. */
const checksumIn = (record: Buffer): number => {
  let from = record.length - 1
  while (record[from - 1]! > 127) from--
  return readerOf(record, from).uint32()
}

const readerOf = (record: Buffer, at = 0): ByteReader => {
  const reader = new ByteReader(record, new DataView(record.buffer, record.byteOffset, record.length))
  reader.at = at
  reader.end = record.length
  return reader
}

const project = (record: Buffer, { layouts, picks }: Projection): ScannedRecord => {
  const reader = readerOf(record)
  const starts = findValues(reader, layouts)
  const parts: Uint8Array[] = []
  let register = emptyRegister
  for (const { from, field, tag, padTo } of picks) {
    const start = starts[from]
    if (start === undefined) continue
    reader.at = start
    reader.register = crcInt32(register, field)
    parts.push(Uint8Array.from(tag))
    if (padTo === 0) {
      passValue(reader, layouts[from]!)
      parts.push(record.subarray(start, reader.at))
    } else parts.push(padText(reader, padTo))
    register = reader.register
  }
  const checksum = checksumOf(register)
  parts.push(Uint8Array.from([...endRecordTagBytes, ...tagBytes(checksum)]))
  return { bytes: Buffer.concat(parts), checksum }
}

/** Where the value of each column begins; undefined for NULL. */
const findValues = (reader: ByteReader, layouts: readonly Layout[]): (number | undefined)[] => {
  const starts = new Array<number | undefined>(layouts.length).fill(undefined)
  for (;;) {
    const field = reader.uint32() >>> 3
    if (field === endRecordField) return starts
    starts[field - 1] = reader.at
    passValue(reader, layouts[field - 1]!)
  }
}

/** Passes a value and feeds it. */
const passValue = (reader: ByteReader, layout: Layout): void => {
  switch (layout.shape) {
    case 'int64':
      reader.int64()
      return
    case 'boolean':
      reader.boolean()
      return
    case 'float':
      reader.float()
      return
    case 'double':
      reader.double()
      return
    case 'bytes':
      reader.passBytes()
      return
    case 'instant':
      reader.int64()
      reader.int32()
      return
    case 'array':
      passElements(reader, layout.element)
      return
    case 'map':
      passElements(reader, layout.key)
      passElements(reader, layout.value)
      return
    case 'struct':
      for (const field of layout.fields) passNullable(reader, field)
      return
    case 'vector':
      for (let i = reader.count(); i > 0; i--) passValue(reader, layout.element)
  }
}

const passElements = (reader: ByteReader, element: Layout): void => {
  for (let i = reader.count(); i > 0; i--) passNullable(reader, element)
}

const passNullable = (reader: ByteReader, layout: Layout): void => {
  if (!reader.nullFlag()) passValue(reader, layout)
}

const padText = (reader: ByteReader, length: number): Buffer => {
  const from = reader.passBytes()
  const text = reader.buffer.subarray(from, reader.at)
  const pad = Buffer.alloc(Math.max(0, length - countCodePoints(text)), ' ')
  reader.register = crcRange(
    reader.register,
    new DataView(pad.buffer, pad.byteOffset, pad.length),
    0,
    pad.length,
  )
  return Buffer.concat([Uint8Array.from(tagBytes(text.length + pad.length)), text, pad])
}
