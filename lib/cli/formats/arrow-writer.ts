import type {
  Timestamp as ArrowTimestamp,
  DataType as ArrowType,
  Data,
  Field,
  RecordBatchWriter,
} from 'apache-arrow'
import type { Column, DataType, StructField, Timestamp } from '../../index.js'
import { type Arrow, loadArrow } from './arrow-package.js'
import type { FormatName } from './file-format.js'
import type { WriteFormat } from './row-writer.js'
import { asText, daysOf, decimalSize, nanosOf, unscaledOf } from './typed-cells.js'

const rowsOfBatch = 10_000

/** Writes Arrow IPC. What Arrow has no type for is text: intervals, JSON, and DECIMAL beyond 128 bits. */
export const writeArrow = (columns: readonly Column[], format: FormatName): WriteFormat =>
  async function* (batches) {
    const arrow = await loadArrow()
    const forms = columns.map(({ type }) => formOf(arrow, type))
    const schema = new arrow.Schema(columns.map(({ name }, i) => new arrow.Field(name, forms[i]!.type, true)))
    const { writer, take } = collectingWriter(arrow, format)
    writer.reset(undefined, schema)
    let data: unknown[][] = columns.map(() => [])
    const flush = (): { bytes: Uint8Array; rows: number } => {
      const rows = data[0]?.length ?? 0
      const children = data.map((values, i) => forms[i]!.layOut(values))
      const struct = arrow.makeData({
        type: new arrow.Struct(schema.fields),
        length: rows,
        nullCount: 0,
        children,
      })
      writer.write(new arrow.RecordBatch(schema, struct))
      data = columns.map(() => [])
      return { bytes: take(), rows }
    }
    for await (const rows of batches)
      for (const row of rows) {
        for (let i = 0; i < forms.length; i++) {
          const cell = row[i]
          data[i]!.push(cell ?? null)
        }
        if (data[0]!.length >= rowsOfBatch) yield flush()
      }
    if (data[0]!.length > 0) yield flush()
    writer.finish()
    yield { bytes: take(), rows: 0 }
  }

/** A writer whose bytes can be taken between two batches. */
const collectingWriter = (
  arrow: Arrow,
  format: FormatName,
): { writer: RecordBatchWriter; take: () => Uint8Array } => {
  const chunks: Uint8Array[] = []
  const collect = (chunk: ArrayBufferView | ArrayBufferLike): number => {
    const bytes = ArrayBuffer.isView(chunk)
      ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      : new Uint8Array(chunk)
    // Buffers of a batch may be used again for the next one.
    if (bytes.length > 0) chunks.push(Uint8Array.from(bytes))
    return bytes.length
  }
  class StreamWriter extends arrow.RecordBatchStreamWriter {
    protected override _write(chunk: Uint8Array): this {
      this._position += collect(chunk)
      return this
    }
  }
  class FileWriter extends arrow.RecordBatchFileWriter {
    protected override _write(chunk: Uint8Array): this {
      this._position += collect(chunk)
      return this
    }
  }
  const writer = format === 'arrow' ? new FileWriter() : new StreamWriter()
  return { writer, take: () => Buffer.concat(chunks.splice(0)) }
}

/** A type of Arrow, and how cells lie in it; null is NULL. */
type VectorType = DataType & { kind: 'vector' }

interface Form {
  readonly type: ArrowType
  readonly layOut: (cells: readonly unknown[]) => Data
}

const formOf = (arrow: Arrow, type: DataType): Form => {
  switch (type.kind) {
    case 'array':
      return listForm(arrow, type.element)
    case 'vector':
      return vectorForm(arrow, type)
    case 'map':
      return mapForm(arrow, type.key, type.value)
    case 'struct':
      return structForm(arrow, type.fields)
    default:
      return leafForm(arrow, ...leafOf(arrow, type))
  }
}

const leafForm = (arrow: Arrow, type: ArrowType, convert: (cell: unknown) => unknown): Form => ({
  type,
  layOut: cells => {
    const values = cells.map(cell => (cell === null ? null : convert(cell)))
    return arrow.DataType.isTimestamp(type)
      ? timestamps(arrow, type, values)
      : arrow.vectorFromArray(values, type).data[0]!
  },
})

/** The package's builders take times as numbers only; so their memory is laid out here. */
const timestamps = (arrow: Arrow, type: ArrowTimestamp, values: readonly unknown[]): Data => {
  const data = BigInt64Array.from(values.map(value => (value === null ? 0n : (value as bigint))))
  return arrow.makeData({ type, length: values.length, ...validity(values), data })
}

/** Which cells are there, a bit each. */
const validity = (cells: readonly unknown[]): { nullCount: number; nullBitmap: Uint8Array } => {
  const nullBitmap = new Uint8Array(Math.ceil(cells.length / 8))
  let nullCount = 0
  for (const [i, cell] of cells.entries())
    if (cell === null) nullCount++
    else nullBitmap[i >> 3]! |= 1 << (i & 7)
  return { nullCount, nullBitmap }
}

const offsetsOf = (lists: readonly (readonly unknown[])[]): Int32Array => {
  const offsets = new Int32Array(lists.length + 1)
  for (const [i, list] of lists.entries()) offsets[i + 1] = offsets[i]! + list.length
  return offsets
}

const orNull = (cell: unknown): unknown => cell ?? null

const listForm = (arrow: Arrow, element: DataType): Form => {
  const items = formOf(arrow, element)
  const type = new arrow.List(new arrow.Field('item', items.type, true))
  return {
    type,
    layOut: cells => {
      const lists = cells.map(cell => (cell === null ? [] : (cell as unknown[])))
      const child = items.layOut(lists.flat(1).map(orNull))
      const valueOffsets = offsetsOf(lists)
      return arrow.makeData({ type, length: cells.length, ...validity(cells), valueOffsets, child })
    },
  }
}

const vectorForm = (arrow: Arrow, { element, dimension }: VectorType): Form => {
  const items = formOf(arrow, element)
  const type = new arrow.FixedSizeList(dimension, new arrow.Field('item', items.type, true))
  const nothing = new Array<null>(dimension).fill(null)
  return {
    type,
    layOut: cells => {
      const child = items.layOut(cells.flatMap(cell => (cell === null ? nothing : [...(cell as unknown[])])))
      return arrow.makeData({ type, length: cells.length, ...validity(cells), child })
    },
  }
}

const mapForm = (arrow: Arrow, key: DataType, value: DataType): Form => {
  const [keys, values] = [formOf(arrow, key), formOf(arrow, value)]
  const entries = new arrow.Struct(entryFields(arrow, keys, values))
  const type = new arrow.Map_(new arrow.Field('entries', entries, false) as never)
  return {
    type,
    layOut: cells => {
      const lists = cells.map(cell => (cell === null ? [] : [...(cell as Map<unknown, unknown>)]))
      const pairs = lists.flat(1)
      const children = [
        keys.layOut(pairs.map(([each]) => orNull(each))),
        values.layOut(pairs.map(([, each]) => orNull(each))),
      ]
      const child = arrow.makeData({ type: entries, length: pairs.length, nullCount: 0, children })
      const valueOffsets = offsetsOf(lists)
      return arrow.makeData({ type, length: cells.length, ...validity(cells), valueOffsets, child } as never)
    },
  }
}

const entryFields = (arrow: Arrow, keys: Form, values: Form): Field[] => [
  new arrow.Field('key', keys.type, false),
  new arrow.Field('value', values.type, true),
]

const structForm = (arrow: Arrow, fields: readonly StructField[]): Form => {
  const forms = fields.map(field => formOf(arrow, field.type))
  const type = new arrow.Struct(fields.map(({ name }, i) => new arrow.Field(name, forms[i]!.type, true)))
  return {
    type,
    layOut: cells => {
      const children = fields.map(({ name }, i) =>
        forms[i]!.layOut(cells.map(cell => orNull((cell as Record<string, unknown> | null)?.[name]))),
      )
      return arrow.makeData({ type, length: cells.length, ...validity(cells), children })
    },
  }
}

const same = (cell: unknown): unknown => cell

type Leaf = readonly [type: ArrowType, convert: (cell: unknown) => unknown]

const leafOf = (arrow: Arrow, type: DataType): Leaf => {
  switch (type.kind) {
    case 'tinyint':
      return [new arrow.Int8(), same]
    case 'smallint':
      return [new arrow.Int16(), same]
    case 'int':
      return [new arrow.Int32(), same]
    case 'bigint':
      return [new arrow.Int64(), cell => BigInt(cell as bigint)]
    case 'float':
      return [new arrow.Float32(), same]
    case 'double':
      return [new arrow.Float64(), same]
    case 'boolean':
      return [new arrow.Bool(), same]
    case 'string':
    case 'varchar':
    case 'char':
      return [new arrow.Utf8(), same]
    case 'binary':
      return [new arrow.Binary(), same]
    case 'decimal':
      return decimalLeaf(arrow, type)
    case 'date':
      return [new arrow.DateDay(), cell => daysOf(cell as string) * 86_400_000]
    case 'datetime':
      return [new arrow.TimestampMillisecond('UTC'), cell => BigInt((cell as Date).getTime())]
    case 'timestamp':
      return [new arrow.TimestampNanosecond('UTC'), cell => nanosOf(cell as Timestamp)]
    case 'timestamp_ntz':
      return [new arrow.TimestampNanosecond(), cell => nanosOf(cell as Timestamp)]
    default:
      return [new arrow.Utf8(), cell => asText(cell, type)]
  }
}

/** Beyond 128 bits as text. */
const decimalLeaf = (arrow: Arrow, type: DataType & { kind: 'decimal' }): Leaf => {
  const { precision, scale } = decimalSize(type)
  if (precision > 38) return [new arrow.Utf8(), String]
  return [
    new arrow.Decimal(scale, precision, 128),
    cell => {
      const unscaled = BigInt.asUintN(128, unscaledOf(String(cell), scale))
      return Uint32Array.from({ length: 4 }, (_, i) => Number((unscaled >> BigInt(32 * i)) & 0xffff_ffffn))
    },
  ]
}
