import { createReadStream } from 'node:fs'
import type { DataType as ArrowType, Data, Field, RecordBatch } from 'apache-arrow'
import type { DataType } from '../../index.js'
import type { ByteInput } from '../files/byte-input.js'
import { openRandomAccess } from '../files/random-access.js'
import { CliError } from '../usage-error.js'
import { type Arrow, loadArrow } from './arrow-package.js'
import type { FileFormat } from './file-format.js'
import type { RowSource } from './row-source.js'
import { dateOfDays, decimalOf, timestampOfNanos } from './typed-cells.js'
import { TypedSource } from './typed-source.js'

/** Opens an Arrow IPC stream, or a file; record batches are read one at a time. */
export const openArrow = async (input: ByteInput, format: FileFormat): Promise<RowSource> => {
  const arrow = await loadArrow()
  // A file is a stream with a head and a foot; it is read as one to the end of its batches.
  const access = format.name === 'arrow' ? await openRandomAccess(input, format.compression) : undefined
  const bytes: AsyncIterable<Uint8Array> =
    access === undefined ? input.open(format.compression) : createReadStream(access.path)
  const reader = await arrow.RecordBatchReader.from(bytes).catch(cause => {
    throw unreadable(input.path, cause)
  })
  try {
    await reader.open()
  } catch (cause) {
    throw unreadable(input.path, cause)
  }
  const { fields } = reader.schema
  return new TypedSource({
    fields: fields.map(field => ({ name: field.name, type: typeOf(arrow, field.type) })),
    batches: readBatches(arrow, reader as AsyncIterable<RecordBatch>, input.path),
    close: async () => {
      await reader.cancel()
      await access?.close()
    },
  })
}

const unreadable = (path: string, cause: unknown): CliError =>
  new CliError(
    `${path} cannot be read as Arrow`,
    'Check the file, and whether it is --format arrow or arrow-stream',
    { cause },
  )

async function* readBatches(
  arrow: Arrow,
  reader: AsyncIterable<RecordBatch>,
  path: string,
): AsyncGenerator<readonly (readonly unknown[])[], void, undefined> {
  const iterator = reader[Symbol.asyncIterator]()
  for (;;) {
    const next = await iterator.next().catch(cause => {
      throw unreadable(path, cause)
    })
    if (next.done) return
    const { data, numRows } = next.value
    const getters = data.children.map(child => getterOf(arrow, child))
    yield Array.from({ length: numRows }, (_, row) => getters.map(get => get(row)))
  }
}

type Getter = (index: number) => unknown

/** Reads values from their memory, because the package's own way rounds times and wide numbers. */
const getterOf = (arrow: Arrow, data: Data): Getter => {
  const get = valueGetterOf(arrow, data)
  return index => (data.getValid(index) ? get(index) : null)
}

const valueGetterOf = (arrow: Arrow, data: Data): Getter => {
  const { DataType: Is } = arrow
  const { type, values } = data
  if (Is.isDecimal(type)) return index => decimalOf(wideInteger(values, index, type.bitWidth), type.scale)
  if (Is.isTimestamp(type)) {
    const nanos = 10n ** BigInt(9 - 3 * type.unit)
    return index => timestampOfNanos(BigInt(values[index]) * nanos)
  }
  if (Is.isDate(type))
    return type.unit === arrow.DateUnit.DAY
      ? index => dateOfDays(values[index])
      : index => dateOfDays(Math.floor(Number(values[index]) / 86_400_000))
  if (Is.isInt(type)) return index => values[index]
  if (Is.isList(type) || Is.isFixedSizeList(type) || Is.isMap(type)) return listGetterOf(arrow, data)
  if (Is.isStruct(type)) {
    const members = type.children.map(
      (field: Field, i: number) => [field.name, getterOf(arrow, data.children[i]!)] as const,
    )
    return index => Object.fromEntries(members.map(([name, get]) => [name, get(index)]))
  }
  const vector = new arrow.Vector([data])
  if (Is.isBinary(type) || Is.isLargeBinary(type) || Is.isFixedSizeBinary(type))
    return index => Buffer.from(vector.get(index) as Uint8Array)
  return index => vector.get(index)
}

const listGetterOf = (arrow: Arrow, data: Data): Getter => {
  const { DataType: Is } = arrow
  const { type } = data
  const child = data.children[0]!
  const get = getterOf(arrow, child)
  const { listSize } = type as { listSize?: number }
  const start = (index: number): number =>
    listSize === undefined ? Number(data.valueOffsets[index]) : index * listSize
  const items = (index: number): unknown[] => {
    const from = start(index)
    return Array.from({ length: start(index + 1) - from }, (_, i) => get(from + i))
  }
  if (!Is.isMap(type)) return items
  return index => new Map(items(index).map(entry => Object.values(entry as object) as [unknown, unknown]))
}

const wideInteger = (words: Uint32Array, index: number, bitWidth: number): bigint => {
  const count = bitWidth / 32
  let value = 0n
  for (let i = count - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[index * count + i]!)
  return BigInt.asIntN(bitWidth, value)
}

const signedKinds = ['tinyint', 'smallint', 'int', 'bigint'] as const

/** The type that holds a column's values without loss. */
const typeOf = (arrow: Arrow, type: ArrowType): DataType => {
  const { DataType: Is } = arrow
  if (Is.isDictionary(type)) return typeOf(arrow, type.dictionary)
  if (Is.isInt(type)) {
    const size = Math.log2(type.bitWidth / 8)
    if (!type.isSigned && size === 3) return { kind: 'decimal', precision: 20, scale: 0 }
    return { kind: signedKinds[size + (type.isSigned ? 0 : 1)]! }
  }
  if (Is.isFloat(type)) return { kind: type.precision === arrow.Precision.DOUBLE ? 'double' : 'float' }
  if (Is.isBool(type)) return { kind: 'boolean' }
  if (Is.isDecimal(type))
    return type.precision <= 38 && type.scale >= 0 && type.scale <= 18
      ? { kind: 'decimal', precision: type.precision, scale: type.scale }
      : { kind: 'string' }
  if (Is.isTimestamp(type)) {
    if (!type.timezone) return { kind: 'timestamp_ntz' }
    return { kind: type.unit <= arrow.TimeUnit.MILLISECOND ? 'datetime' : 'timestamp' }
  }
  if (Is.isDate(type)) return { kind: 'date' }
  if (Is.isBinary(type) || Is.isLargeBinary(type) || Is.isFixedSizeBinary(type)) return { kind: 'binary' }
  if (Is.isMap(type)) {
    const [key, value] = (type.children[0]!.type as ArrowType).children as Field[]
    return { kind: 'map', key: typeOf(arrow, key!.type), value: typeOf(arrow, value!.type) }
  }
  if (Is.isList(type) || Is.isFixedSizeList(type))
    return { kind: 'array', element: typeOf(arrow, type.children[0]!.type) }
  if (Is.isStruct(type))
    return {
      kind: 'struct',
      fields: (type.children as Field[]).map(field => ({
        name: field.name,
        type: typeOf(arrow, field.type),
      })),
    }
  return { kind: 'string' }
}
