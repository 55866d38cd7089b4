import type { DataType as ArrowType, Data, RecordBatchWriter } from 'apache-arrow'
import type { Column, DataType } from '../../index.js'
import { type Arrow, loadArrow } from './arrow-package.js'
import type { FormatName } from './file-format.js'
import type { WriteFormat } from './row-writer.js'
import { asText, daysOf, decimalSize, nanosOf, unscaledOf } from './typed-cells.js'

const rowsOfBatch = 10_000

/** Writes Arrow IPC. Nested values are JSON text, as is what Arrow or its package has no type for. */
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
      const children = data.map((values, i) => dataOf(arrow, forms[i]!.type, values))
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
          data[i]!.push(cell === null || cell === undefined ? null : forms[i]!.convert(cell))
        }
        if (data[0]!.length >= rowsOfBatch) yield flush()
      }
    if (data[0]!.length > 0) yield flush()
    writer.finish()
    yield { bytes: take(), rows: 0 }
  }

/** The package's builders take times as numbers only; so their memory is laid out here. */
const dataOf = (arrow: Arrow, type: ArrowType, values: readonly unknown[]): Data => {
  if (!arrow.DataType.isTimestamp(type)) return arrow.vectorFromArray(values, type).data[0]!
  const units = new BigInt64Array(values.length)
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8))
  let nullCount = 0
  for (const [i, value] of values.entries()) {
    if (value === null) nullCount++
    else {
      units[i] = value as bigint
      nullBitmap[i >> 3]! |= 1 << (i & 7)
    }
  }
  return arrow.makeData({ type, length: values.length, nullCount, nullBitmap, data: units })
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

interface Form {
  readonly type: ArrowType
  readonly convert: (value: unknown) => unknown
}

const same = (value: unknown): unknown => value

const formOf = (arrow: Arrow, type: DataType): Form => {
  switch (type.kind) {
    case 'tinyint':
      return { type: new arrow.Int8(), convert: same }
    case 'smallint':
      return { type: new arrow.Int16(), convert: same }
    case 'int':
      return { type: new arrow.Int32(), convert: same }
    case 'bigint':
      return { type: new arrow.Int64(), convert: value => BigInt(value as bigint) }
    case 'float':
      return { type: new arrow.Float32(), convert: same }
    case 'double':
      return { type: new arrow.Float64(), convert: same }
    case 'boolean':
      return { type: new arrow.Bool(), convert: same }
    case 'string':
    case 'varchar':
    case 'char':
      return { type: new arrow.Utf8(), convert: same }
    case 'binary':
      return { type: new arrow.Binary(), convert: same }
    case 'decimal':
      return decimalForm(arrow, type)
    case 'date':
      return { type: new arrow.DateDay(), convert: value => daysOf(value as string) * 86_400_000 }
    case 'datetime':
      return {
        type: new arrow.TimestampMillisecond('UTC'),
        convert: value => BigInt((value as Date).getTime()),
      }
    case 'timestamp':
      return {
        type: new arrow.TimestampNanosecond('UTC'),
        convert: value => nanosOf(value as Parameters<typeof nanosOf>[0]),
      }
    case 'timestamp_ntz':
      return {
        type: new arrow.TimestampNanosecond(),
        convert: value => nanosOf(value as Parameters<typeof nanosOf>[0]),
      }
    default:
      return { type: new arrow.Utf8(), convert: value => asText(value, type) }
  }
}

/** Beyond 128 bits as text. */
const decimalForm = (arrow: Arrow, type: DataType & { kind: 'decimal' }): Form => {
  const { precision, scale } = decimalSize(type)
  if (precision > 38) return { type: new arrow.Utf8(), convert: String }
  return {
    type: new arrow.Decimal(scale, precision, 128),
    convert: value => {
      const unscaled = BigInt.asUintN(128, unscaledOf(String(value), scale))
      return Uint32Array.from({ length: 4 }, (_, i) => Number((unscaled >> BigInt(32 * i)) & 0xffff_ffffn))
    },
  }
}
