import type { SchemaElement } from 'hyparquet'
import type { Column, DataType } from '../../index.js'
import type { WriteFormat } from './row-writer.js'
import { asText, daysOf, decimalSize, nanosOf, unscaledOf } from './typed-cells.js'

/** A row group ends at so many rows, or when its cells take about so much memory. */
const rowsOfGroup = 50_000
const bytesOfGroup = 16 * 2 ** 20

/** Writes Parquet, a row group after the other. Nested values are JSON text, as is what Parquet has no type for. */
export const writeParquet = (columns: readonly Column[]): WriteFormat =>
  async function* (batches) {
    const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
    const writer = new ByteWriter()
    const leaves = columns.map(leafOf)
    const schema: SchemaElement[] = [
      { name: 'schema', num_children: columns.length },
      ...leaves.map(leaf => leaf.element),
    ]
    const parquet = new ParquetWriter({ writer, schema, createdBy: 'odps-tunnel' })
    /** Takes what was written, so that it does not gather. */
    const take = (): Uint8Array => {
      const bytes = Uint8Array.from(writer.getBytes())
      writer.index = 0
      return bytes
    }
    let data: unknown[][] = columns.map(() => [])
    let bytes = 0
    const flush = (): { bytes: Uint8Array; rows: number } => {
      const rows = data[0]?.length ?? 0
      parquet.write({
        columnData: columns.map(({ name }, i) => ({ name, data: data[i]! })),
        rowGroupSize: rowsOfGroup,
      })
      data = columns.map(() => [])
      bytes = 0
      return { bytes: take(), rows }
    }
    for await (const rows of batches)
      for (const row of rows) {
        for (let i = 0; i < leaves.length; i++) {
          const cell = row[i]
          const value = cell === null || cell === undefined ? null : leaves[i]!.convert(cell)
          data[i]!.push(value)
          bytes += memoryOf(value)
        }
        if (data[0]!.length >= rowsOfGroup || bytes >= bytesOfGroup) yield flush()
      }
    if (data[0]!.length > 0) yield flush()
    parquet.finish()
    yield { bytes: take(), rows: 0 }
  }

/** Bytes that a cell takes, roughly, its place in a list included. */
const memoryOf = (value: unknown): number => {
  if (typeof value === 'string') return 32 + value.length
  if (value instanceof Uint8Array) return 128 + value.length
  return typeof value === 'number' || value === null ? 16 : 40
}

interface Leaf {
  readonly element: SchemaElement
  readonly convert: (value: unknown) => unknown
}

type LeafForm = Omit<SchemaElement, 'name'>

const leafOf = ({ name, type }: Column): Leaf => {
  const [form, convert] = formOf(type)
  return { element: { name, repetition_type: 'OPTIONAL', ...form }, convert }
}

const same = (value: unknown): unknown => value
const text: LeafForm = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
const json: LeafForm = { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' } }
const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Without the logical type INTEGER, whose width this writer puts down in a way that other readers refuse. */
const integer = (bitWidth: 8 | 16 | 32): LeafForm => ({ type: 'INT32', converted_type: `INT_${bitWidth}` })

const timestamp = (isAdjustedToUTC: boolean, unit: 'MILLIS' | 'NANOS'): LeafForm => ({
  type: 'INT64',
  ...(unit === 'MILLIS' && { converted_type: 'TIMESTAMP_MILLIS' }),
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC, unit },
})

const formOf = (type: DataType): readonly [LeafForm, (value: unknown) => unknown] => {
  switch (type.kind) {
    case 'tinyint':
      return [integer(8), same]
    case 'smallint':
      return [integer(16), same]
    case 'int':
      return [integer(32), same]
    case 'bigint':
      return [{ type: 'INT64' }, value => BigInt(value as bigint)]
    case 'float':
      return [{ type: 'FLOAT' }, same]
    case 'double':
      return [{ type: 'DOUBLE' }, same]
    case 'boolean':
      return [{ type: 'BOOLEAN' }, same]
    case 'string':
    case 'varchar':
    case 'char':
      return [text, same]
    case 'binary':
      return [{ type: 'BYTE_ARRAY' }, same]
    case 'decimal':
      return decimalForm(type)
    case 'date':
      return [
        { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
        value => daysOf(value as string),
      ]
    case 'datetime':
      return [timestamp(true, 'MILLIS'), same]
    case 'timestamp':
      return [timestamp(true, 'NANOS'), value => nanosOf(value as Parameters<typeof nanosOf>[0])]
    case 'timestamp_ntz':
      return [timestamp(false, 'NANOS'), value => nanosOf(value as Parameters<typeof nanosOf>[0])]
    case 'interval_day_time':
    case 'interval_year_month':
      return [text, value => asText(value, type)]
    default:
      return [json, value => bytesOf(asText(value, type))]
  }
}

const decimalForm = (
  type: DataType & { kind: 'decimal' },
): readonly [LeafForm, (value: unknown) => unknown] => {
  const { precision, scale } = decimalSize(type)
  // Few readers know more digits.
  if (precision > 38) return [text, String]
  const physical: LeafForm =
    precision <= 9
      ? { type: 'INT32' }
      : precision <= 18
        ? { type: 'INT64' }
        : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: Math.ceil((precision * Math.log2(10) + 1) / 8) }
  return [
    {
      ...physical,
      converted_type: 'DECIMAL',
      precision,
      scale,
      logical_type: { type: 'DECIMAL', precision, scale },
    },
    value => unscaledOf(String(value), scale),
  ]
}
