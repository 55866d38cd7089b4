import type { ArrowBatch, ArrowData } from '../../arrow/ipc/batch.js'
import { ArrowError } from '../../arrow/ipc/error.js'
import { readMetadata } from '../../arrow/ipc/flatbuffer.js'
import type { StreamMessage } from '../../arrow/ipc/message.js'
import { MessageSplitter } from '../../arrow/ipc/message-splitter.js'
import { type ArrowField, readSchema } from '../../arrow/ipc/schema.js'
import type { ApacheArrow, ArrowColumnData, RecordBatch } from '../apache-arrow.js'

/*
 * The buffers of a record batch as they lie in memory, from which most batches can be sent without a copy. A slice of the
 * package has values of its own range, but bits and offsets of the whole; these are moved to where they are sent from.
 * Dictionaries, and layouts that the tunnel doesn't have, are left to the package's writer.
 */

const known = new WeakMap<object, readonly ArrowField[]>()

/** Of a schema of the package, as its writer prints it. */
export const fieldsOf = (arrow: ApacheArrow, schema: RecordBatch['schema']): readonly ArrowField[] => {
  const fields = known.get(schema) ?? printedFields(arrow, schema)
  known.set(schema, fields)
  return fields
}

const printedFields = (arrow: ApacheArrow, schema: RecordBatch['schema']): readonly ArrowField[] => {
  const messages: StreamMessage[] = []
  new MessageSplitter().push(arrow.tableToIPC(new arrow.Table(schema), 'stream'), messages)
  const [first] = messages
  if (first?.kind !== 'schema') throw new ArrowError('it does not begin with a schema')
  return readMetadata(() => readSchema(first.header))
}

/** Undefined for a batch that the package has to write. */
export const partsOf = (batch: RecordBatch, fields: readonly ArrowField[]): ArrowBatch | undefined => {
  const columns: ArrowData[] = []
  for (const [i, field] of fields.entries()) {
    const part = partOf(batch.data.children[i]!, field, { start: 0, length: batch.numRows })
    if (part === undefined) return undefined
    columns.push(part)
  }
  return { length: batch.numRows, codec: undefined, columns }
}

/** Of the values of a field. */
interface Range {
  readonly start: number
  readonly length: number
}

const partOf = (data: ArrowColumnData, field: ArrowField, range: Range): ArrowData | undefined => {
  if (field.dictionary !== undefined) return undefined
  const { start, length } = range
  const buffers = buffersOf(data, field, range)
  if (buffers === undefined) return undefined
  const inner = isList(field) ? spanOf(data, range) : range
  const children: ArrowData[] = []
  for (const [i, child] of field.children.entries()) {
    const part = partOf(data.children[i]!, child, inner)
    if (part === undefined) return undefined
    children.push(part)
  }
  const bits = data.nullCount > 0 ? bitsOf(data.nullBitmap, data.offset + start, length) : none
  const nullCount = bits.length === 0 ? 0 : countZeros(bits, length)
  return { field, length, nullCount, buffers: [nullCount === 0 ? none : bits, ...buffers], children }
}

const none = new Uint8Array(0)

const isList = ({ type }: ArrowField): boolean => type.name === 'list' || type.name === 'map'

/** Behind the one that says which values are there. */
const buffersOf = (
  data: ArrowColumnData,
  { type }: ArrowField,
  range: Range,
): readonly Uint8Array[] | undefined => {
  switch (type.name) {
    case 'struct':
      return []
    case 'list':
    case 'map':
      return data.valueOffsets instanceof Int32Array ? [offsetsOf(data, range)] : undefined
    case 'utf8':
    case 'binary': {
      if (type.offsets !== 32) return undefined
      return [offsetsOf(data, range), bytesOf(data.values, spanOf(data, range))]
    }
    case 'bool':
      return [bitsOf(data.values, data.offset + range.start, range.length)]
    case 'int':
    case 'float':
    case 'decimal':
      return [bytesOf(data.values, range, type.bits / 8)]
    case 'date':
      return [bytesOf(data.values, range, type.unit === 'day' ? 4 : 8)]
    case 'timestamp':
      return [bytesOf(data.values, range, 8)]
    default:
      return undefined
  }
}

/** Which items, or bytes, the values of a range have. Without values the offsets may be absent. */
const spanOf = ({ valueOffsets }: ArrowColumnData, { start, length }: Range): Range => {
  if (length === 0) return { start: 0, length: 0 }
  const first = valueOffsets[start]!
  return { start: first, length: valueOffsets[start + length]! - first }
}

const offsetsOf = ({ valueOffsets }: ArrowColumnData, { start, length }: Range): Uint8Array => {
  if (length === 0) return new Uint8Array(4)
  const offsets = (valueOffsets as Int32Array).subarray(start, start + length + 1)
  const first = offsets[0]!
  const moved = first === 0 ? offsets : offsets.map(offset => offset - first)
  return new Uint8Array(moved.buffer, moved.byteOffset, moved.byteLength)
}

const bytesOf = (values: ArrayBufferView | undefined, { start, length }: Range, width = 1): Uint8Array =>
  values === undefined
    ? none
    : new Uint8Array(values.buffer, values.byteOffset, values.byteLength).subarray(
        start * width,
        (start + length) * width,
      )

/** So many bits from one on, the first of them in the lowest bit of the first byte. */
const bitsOf = (bits: Uint8Array, from: number, count: number): Uint8Array => {
  const bytes = bits.subarray(from >> 3, (from + count + 7) >> 3)
  const shift = from & 7
  if (shift === 0) return bytes
  const moved = new Uint8Array((count + 7) >> 3)
  for (let i = 0; i < moved.length; i++)
    moved[i] = (bytes[i]! >> shift) | ((bytes[i + 1] ?? 0) << (8 - shift))
  return moved
}

const countZeros = (bits: Uint8Array, count: number): number => {
  let ones = 0
  const whole = count >> 3
  for (let i = 0; i < whole; i++) ones += onesOf[bits[i]!]!
  if ((count & 7) > 0) ones += onesOf[bits[whole]! & ((1 << (count & 7)) - 1)]!
  return count - ones
}

/** How many bits of a byte are set. */
const onesOf: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, byte) =>
  [0, 1, 2, 3, 4, 5, 6, 7].reduce((ones, bit) => ones + ((byte >> bit) & 1), 0),
)
