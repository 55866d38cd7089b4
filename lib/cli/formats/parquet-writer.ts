import type { SchemaElement } from 'hyparquet'
import type { Column, DataType, StructField } from '../../index.js'
import type { WriteFormat } from './row-writer.js'
import { asText, daysOf, decimalSize, nanosOf, unscaledOf } from './typed-cells.js'

/** A row group ends at so many rows, or when its cells take about so much memory. */
const rowsOfGroup = 50_000
const bytesOfGroup = 16 * 2 ** 20

/** Writes Parquet, a row group after the other. What Parquet has no type for is text. */
export const writeParquet = (columns: readonly Column[]): WriteFormat =>
  async function* (batches) {
    const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
    const writer = new ByteWriter()
    const fields = columns.map(({ name, type }) => fieldOf(name, type))
    const schema: SchemaElement[] = [
      { name: 'schema', num_children: columns.length },
      ...fields.flatMap(field => field.elements),
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
        for (let i = 0; i < fields.length; i++) {
          const cell = row[i]
          const value = cell === null || cell === undefined ? null : fields[i]!.convert(cell)
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
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + memoryOf(each), 40)
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    return memoryOf(Object.values(value))
  return typeof value === 'number' || value === null ? 16 : 40
}

/** A column, or a part of one: its elements of the schema, depth first, and what the writer takes for a value. */
interface Field {
  readonly elements: SchemaElement[]
  readonly convert: (value: unknown) => unknown
}

type LeafForm = Omit<SchemaElement, 'name'>

const fieldOf = (name: string, type: DataType, repetition: 'OPTIONAL' | 'REQUIRED' = 'OPTIONAL'): Field => {
  const head = { name, repetition_type: repetition }
  switch (type.kind) {
    case 'array':
    case 'vector':
      return listField(head, type.element)
    case 'map':
      return mapField(head, type.key, type.value)
    case 'struct':
      return structField(head, type.fields)
    default: {
      const [form, convert] = formOf(type)
      return { elements: [{ ...head, ...form }], convert }
    }
  }
}

type Head = Pick<SchemaElement, 'name' | 'repetition_type'>

const orNull =
  (convert: (value: unknown) => unknown) =>
  (value: unknown): unknown =>
    value === null || value === undefined ? null : convert(value)

const listField = (head: Head, type: DataType): Field => {
  const element = fieldOf('element', type)
  const convert = orNull(element.convert)
  return {
    elements: [
      { ...head, converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...element.elements,
    ],
    convert: value => Array.from(value as Iterable<unknown>, convert),
  }
}

const mapField = (head: Head, keyType: DataType, valueType: DataType): Field => {
  const [key, value] = [fieldOf('key', keyType, 'REQUIRED'), fieldOf('value', valueType)]
  const convert = orNull(value.convert)
  return {
    elements: [
      { ...head, converted_type: 'MAP', logical_type: { type: 'MAP' }, num_children: 1 },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      ...key.elements,
      ...value.elements,
    ],
    convert: map =>
      Array.from(map as Map<unknown, unknown>, ([k, v]) => ({ key: key.convert(k), value: convert(v) })),
  }
}

const structField = (head: Head, members: readonly StructField[]): Field => {
  const fields = members.map(({ name, type }) => fieldOf(name, type))
  const converts = fields.map(field => orNull(field.convert))
  return {
    elements: [{ ...head, num_children: members.length }, ...fields.flatMap(field => field.elements)],
    convert: value =>
      Object.fromEntries(
        members.map(({ name }, i) => [name, converts[i]!((value as Record<string, unknown>)[name])]),
      ),
  }
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
