import { type FileHandle, open } from 'node:fs/promises'
import type { AsyncBuffer, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet'
import type { DataType } from '../../index.js'
import type { ByteInput } from '../files/byte-input.js'
import { openRandomAccess } from '../files/random-access.js'
import { CliError } from '../usage-error.js'
import type { FileCompression } from './file-format.js'
import type { RowSource } from './row-source.js'
import { bigintOfBytes, dateOfDays, decimalOf, timestampOfNanos } from './typed-cells.js'
import { type TypedReader, TypedSource } from './typed-source.js'

type Convert = (value: unknown) => unknown

/** Opens a Parquet file; row groups are read one at a time. */
export const openParquet = async (input: ByteInput, compression: FileCompression): Promise<RowSource> => {
  const access = await openRandomAccess(input, compression)
  const file = await open(access.path)
  const close = async (): Promise<void> => {
    await file.close()
    await access.close()
  }
  try {
    return new TypedSource(await openReader(bufferOf(file, access.size), input.path, close))
  } catch (cause) {
    await close()
    if (cause instanceof CliError) throw cause
    throw new CliError(`${input.path} cannot be read as Parquet`, 'Check the file and its --format', {
      cause,
    })
  }
}

const bufferOf = (file: FileHandle, byteLength: number): AsyncBuffer => ({
  byteLength,
  slice: async (start, end = byteLength) => {
    const from = start < 0 ? Math.max(0, byteLength + start) : start
    const bytes = new Uint8Array(Math.max(0, Math.min(end, byteLength) - from))
    let at = 0
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at)
      if (bytesRead === 0) break
      at += bytesRead
    }
    return bytes.buffer
  },
})

const openReader = async (
  file: AsyncBuffer,
  path: string,
  close: () => Promise<void>,
): Promise<TypedReader> => {
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
  const told = await parquetMetadataAsync(file)
  const tree = parquetSchema(told)
  const metadata: FileMetaData = { ...told, schema: told.schema.map(withoutLossyTypes) }
  const converters = tree.children.map(converterOf)
  return {
    fields: tree.children.map(child => ({ name: child.element.name, type: typeOf(child) })),
    batches: readGroups(file, path, metadata, converters),
    close,
  }
}

async function* readGroups(
  file: AsyncBuffer,
  path: string,
  metadata: FileMetaData,
  converters: readonly Convert[],
): AsyncGenerator<readonly (readonly unknown[])[], void, undefined> {
  const [{ parquetRead }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ])
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    let rows: unknown[][] = []
    try {
      await parquetRead({
        ...{ file, metadata, compressors, rowStart, rowEnd, utf8: false, geoparquet: false, parsers },
        onComplete: read => {
          rows = read
        },
      })
    } catch (cause) {
      throw new CliError(
        `${path} cannot be read as Parquet, in rows ${rowStart} to ${rowEnd - 1}`,
        'Check the file',
        { cause },
      )
    }
    if (rows.length > 0) yield rows.map(row => converters.map((convert, i) => convertCell(row[i], convert)))
    rowStart = rowEnd
  }
}

const convertCell = (value: unknown, convert: Convert): unknown =>
  value === null || value === undefined ? null : convert(value)

/** The reader would make floating numbers of decimals, and parse JSON: it gives what lies under them. */
const withoutLossyTypes = (element: SchemaElement): SchemaElement => {
  const isJson = element.converted_type === 'JSON' || element.logical_type?.type === 'JSON'
  if (isJson) return { ...without(element), converted_type: 'UTF8' }
  if (element.converted_type === 'ENUM' || element.logical_type?.type === 'ENUM')
    return { ...without(element), converted_type: 'UTF8' }
  return isDecimal(element) ? without(element) : element
}

const without = ({
  converted_type: _converted,
  logical_type: _logical,
  ...element
}: SchemaElement): SchemaElement => element

const isDecimal = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL'

/** Times in full precision. */
const parsers = {
  timestampFromMilliseconds: (millis: bigint): unknown => timestampOfNanos(BigInt(millis) * 1_000_000n),
  timestampFromMicroseconds: (micros: bigint): unknown => timestampOfNanos(BigInt(micros) * 1000n),
  timestampFromNanoseconds: (nanos: bigint): unknown => timestampOfNanos(BigInt(nanos)),
  dateFromDays: (days: number): unknown => dateOfDays(days),
} as never

const decimalPartsOf = ({
  scale,
  precision,
  logical_type,
}: SchemaElement): { precision: number; scale: number } =>
  logical_type?.type === 'DECIMAL'
    ? { precision: logical_type.precision, scale: logical_type.scale ?? 0 }
    : { precision: precision ?? 38, scale: scale ?? 0 }

const converterOf = (node: SchemaTree): Convert => {
  const { element, children } = node
  if (isDecimal(element)) {
    const { scale } = decimalPartsOf(element)
    return value =>
      decimalOf(value instanceof Uint8Array ? bigintOfBytes(value) : BigInt(value as number), scale)
  }
  if (children.length === 0)
    return value =>
      value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
  const list = elementOfList(node)
  if (list !== undefined) {
    const convert = converterOf(list)
    return value => (Array.isArray(value) ? value.map(each => convertCell(each, convert)) : value)
  }
  const entry = entryOfMap(node)
  if (entry !== undefined) {
    const convert = converterOf(entry.value)
    return value =>
      new Map(Object.entries(value as object).map(([key, member]) => [key, convertCell(member, convert)]))
  }
  const fields = new Map(children.map(child => [child.element.name, converterOf(child)]))
  return value =>
    Object.fromEntries(
      Object.entries(value as object).map(([name, member]) => [
        name,
        convertCell(member, fields.get(name) ?? (each => each)),
      ]),
    )
}

const elementOfList = ({ element, children }: SchemaTree): SchemaTree | undefined => {
  if (element.converted_type !== 'LIST' && element.logical_type?.type !== 'LIST') return undefined
  const repeated = children[0]!
  return repeated.children.length === 1 ? repeated.children[0] : repeated
}

const entryOfMap = ({
  element,
  children,
}: SchemaTree): { key: SchemaTree; value: SchemaTree } | undefined => {
  const isMap =
    ['MAP', 'MAP_KEY_VALUE'].includes(element.converted_type ?? '') || element.logical_type?.type === 'MAP'
  const [key, value] = children[0]?.children ?? []
  return isMap && key !== undefined && value !== undefined ? { key, value } : undefined
}

/** The type that holds a column's values without loss. */
const typeOf = (node: SchemaTree): DataType => {
  const { element, children } = node
  const list = elementOfList(node)
  if (list !== undefined) return { kind: 'array', element: typeOf(list) }
  const entry = entryOfMap(node)
  if (entry !== undefined) return { kind: 'map', key: typeOf(entry.key), value: typeOf(entry.value) }
  if (children.length > 0)
    return {
      kind: 'struct',
      fields: children.map(child => ({ name: child.element.name, type: typeOf(child) })),
    }
  if (isDecimal(element)) {
    const { precision, scale } = decimalPartsOf(element)
    return precision <= 38 && scale <= 18 ? { kind: 'decimal', precision, scale } : { kind: 'string' }
  }
  return leafTypeOf(element)
}

const byConverted: Readonly<Record<string, DataType['kind']>> = {
  UTF8: 'string',
  ENUM: 'string',
  JSON: 'json',
  DATE: 'date',
  TIMESTAMP_MILLIS: 'datetime',
  TIMESTAMP_MICROS: 'timestamp',
  INT_8: 'tinyint',
  UINT_8: 'smallint',
  INT_16: 'smallint',
  UINT_16: 'int',
  UINT_32: 'bigint',
}

const byType: Readonly<Record<string, DataType['kind']>> = {
  BOOLEAN: 'boolean',
  INT32: 'int',
  INT64: 'bigint',
  INT96: 'timestamp',
  FLOAT: 'float',
  DOUBLE: 'double',
  BYTE_ARRAY: 'binary',
  FIXED_LEN_BYTE_ARRAY: 'binary',
}

const leafTypeOf = ({ type, converted_type, logical_type }: SchemaElement): DataType => {
  const kind = (name: DataType['kind']): DataType => ({ kind: name }) as DataType
  switch (logical_type?.type) {
    case 'TIMESTAMP':
      if (!logical_type.isAdjustedToUTC) return kind('timestamp_ntz')
      return kind(logical_type.unit === 'MILLIS' ? 'datetime' : 'timestamp')
    case 'STRING':
    case 'ENUM':
    case 'UUID':
      return kind('string')
    case 'JSON':
      return kind('json')
    case 'DATE':
      return kind('date')
    case 'FLOAT16':
      return kind('float')
    case 'INTEGER':
      // Unsigned 64 bits do not fit a BIGINT.
      if (logical_type.bitWidth === 64 && !logical_type.isSigned)
        return { kind: 'decimal', precision: 20, scale: 0 }
  }
  if (converted_type === 'UINT_64') return { kind: 'decimal', precision: 20, scale: 0 }
  return kind(byConverted[converted_type ?? ''] ?? byType[type ?? ''] ?? 'string')
}
