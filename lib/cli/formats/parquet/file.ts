import type { AsyncBuffer, ColumnChunk, FileMetaData, SchemaTree } from 'hyparquet'
import type { TypedFileReader } from '../value-source.js'
import { DamagedParquet } from './error.js'
import { readValues } from './groups.js'
import { loadPageDecoders, type PageDecoders } from './page-bytes.js'
import type { FileBytes } from './page-stream.js'
import { readRecords } from './records.js'
import { requireIntegers } from './required.js'
import { fieldsOf, type ParquetField } from './schema.js'
import { checkStruct } from './thrift.js'

/** Of a row group whose values are read the wanted columns are in memory, as they are compressed; their pages are read when their rows are. */
export const openParquetFile = async (
  file: FileBytes,
  path: string,
): Promise<Omit<TypedFileReader, 'close'>> => {
  const { parquetMetadataAsync, parquetSchema } = await loadPackage()
  await checkMetadata(file)
  const metadata = await parquetMetadataAsync(file, { geoparquet: false })
  const decoders = await loadPageDecoders()
  const root = parquetSchema(metadata)
  checkFooter(metadata, root, file.byteLength)
  const fields = fieldsOf(root).map(field => withoutUnreadable(field, metadata, decoders))
  const opened = { file, path, metadata, fields, decoders }
  return {
    fields,
    batches: wanted => readValues(opened, wanted),
    records: (wanted, plan) => readRecords(opened, wanted, plan),
  }
}

let loaded: Promise<typeof import('hyparquet')> | undefined
const loadPackage = (): Promise<typeof import('hyparquet')> => {
  loaded ??= import('hyparquet')
  return loaded
}

const tailBytes = 8

/** What is behind the end of the metadata, its length and the mark, is looked at by the package. */
const checkMetadata = async (file: AsyncBuffer): Promise<void> => {
  const { byteLength: size } = file
  if (size < 2 * tailBytes - 4) throw new DamagedParquet('it is too short')
  const tail = Buffer.from(await file.slice(size - tailBytes, size))
  const length = tail.readUInt32LE(0)
  if (tail.toString('latin1', 4) === 'PARE') throw new DamagedParquet('its footer is encrypted')
  if (tail.toString('latin1', 4) !== 'PAR1')
    throw new DamagedParquet('it does not end with PAR1; it was cut, or its writer was not closed')
  if (length > size - tailBytes) throw new DamagedParquet('its footer does not fit into it')
  checkStruct(new Uint8Array(await file.slice(size - tailBytes - length, size - tailBytes)), 0)
}

/** What the footer says several times must agree, or rows and columns would be missing without a word. */
const checkFooter = (metadata: FileMetaData, root: SchemaTree, size: number): void => {
  const { schema, row_groups, num_rows } = metadata
  requireIntegers(metadata, 'its footer', 'i64', ['num_rows'])
  if (root.count !== schema.length) throw new DamagedParquet('its schema has more columns than its root')
  const leaves = schema.filter(({ type }) => type !== undefined).length
  let rows = 0n
  for (const group of row_groups) {
    requireIntegers(group, 'a row group', 'i64', ['num_rows'])
    const { columns, num_rows: inGroup } = group
    for (const { meta_data } of columns)
      if (meta_data) requireIntegers(meta_data, 'a column', 'i64', chunkCounts)
    if (columns.length !== leaves)
      throw new DamagedParquet(`a row group has ${columns.length} columns, but its schema has ${leaves}`)
    if (inGroup === 0n && columns.some(chunk => chunk.meta_data?.num_values))
      throw new DamagedParquet(`a row group announces ${inGroup} rows`)
    const bytes = columns.reduce((sum, chunk) => sum + (chunk.meta_data?.total_compressed_size ?? 0n), 0n)
    if (bytes > BigInt(size)) throw new DamagedParquet('its columns have more bytes than the file')
    rows += inGroup
  }
  if (rows !== num_rows)
    throw new DamagedParquet(`its row groups have ${rows} rows, and its footer says ${num_rows}`)
}

const chunkCounts = ['num_values', 'total_compressed_size'] as const

/** A field whose bytes cannot be had is known before anybody counts on it. */
const withoutUnreadable = (
  field: ParquetField,
  { row_groups }: FileMetaData,
  { compressors }: PageDecoders,
): ParquetField => {
  const problem = row_groups
    .flatMap(({ columns }) => field.leafIndexes.map(index => columns[index]))
    .map(chunk => problemOf(chunk, compressors))
    .find(each => each !== undefined)
  return problem === undefined
    ? field
    : { ...field, type: { kind: 'unsupported', name: problem }, shape: undefined }
}

const problemOf = (
  chunk: ColumnChunk | undefined,
  compressors: PageDecoders['compressors'],
): string | undefined => {
  if (chunk?.file_path) return 'values in another file'
  if (chunk?.meta_data === undefined || chunk.crypto_metadata !== undefined) return 'encrypted values'
  const { codec, encodings } = chunk.meta_data
  if (encodings?.includes(undefined as never)) return 'an unknown encoding'
  if (codec === 'UNCOMPRESSED' || compressors[codec] !== undefined) return undefined
  return codec === undefined ? 'an unknown compression' : `compression ${codec}`
}
