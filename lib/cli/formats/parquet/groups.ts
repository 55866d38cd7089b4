import type { AsyncBuffer, ColumnChunk, FileMetaData, RowGroup } from 'hyparquet'
import { CliError } from '../../usage-error.js'
import type { ValueBatch } from '../value-source.js'
import { FieldCursor, LeafCursor } from './column.js'
import { DamagedParquet } from './error.js'
import { PageReader } from './page.js'
import type { PageDecoders } from './page-bytes.js'
import type { ParquetField } from './schema.js'

/* Row groups one after the other: the bytes of their wanted columns, and the values of all rows or of those from one on. */

export interface ParquetFile {
  readonly file: AsyncBuffer
  readonly path: string
  readonly metadata: FileMetaData
  readonly fields: readonly ParquetField[]
  readonly decoders: PageDecoders
}

/** Rows of a batch, fewer when there are many columns. */
const batchRowsOf = (columns: number): number =>
  Math.max(64, Math.min(4096, Math.floor(200_000 / (columns + 1))))

/** A row group whose wanted columns are in memory. */
export interface OpenGroup extends ParquetFile {
  readonly group: RowGroup
  readonly firstRow: number
  readonly rows: number
  /** Rows of a batch. */
  readonly most: number
  readonly chunks: Chunks
}

/** The bytes of columns, by their index. */
type Chunks = ReadonlyMap<number, ArrayBuffer>

/** The values of all rows. */
export async function* readValues(
  opened: ParquetFile,
  wanted: ReadonlySet<number>,
): AsyncGenerator<ValueBatch, void, undefined> {
  for await (const group of openGroups(opened, wanted)) yield* takeValues(group, 0)
}

export async function* openGroups(
  opened: ParquetFile,
  wanted: ReadonlySet<number>,
): AsyncGenerator<OpenGroup, void, undefined> {
  const most = batchRowsOf(wanted.size)
  let firstRow = 0
  for (const group of opened.metadata.row_groups) {
    const rows = Number(group.num_rows)
    if (rows === 0) continue
    yield {
      ...opened,
      group,
      firstRow,
      rows,
      most,
      chunks: await readChunks(opened, group, firstRow, wanted),
    }
    firstRow += rows
  }
}

/** @param from rows that were had in another way */
export function* takeValues(opened: OpenGroup, from: number): Generator<ValueBatch, void, undefined> {
  const { fields, firstRow, rows, most } = opened
  let field: ParquetField | undefined
  let row = 0
  try {
    const cursors = fields.map(each => cursorOf(each, opened))
    while (row < rows) {
      const rowCount = Math.min(most, rows - row)
      const columns = cursors.map((cursor, i) => {
        field = fields[i]
        const values = cursor?.take(rowCount)
        if (row + rowCount === rows) cursor?.checkEnd()
        return values
      })
      field = undefined
      row += rowCount
      if (row > from) yield { rowCount, columns }
    }
  } catch (cause) {
    const where = field === undefined ? '' : `column '${field.name}', `
    throw unreadable(`${opened.path} (${where}from row ${firstRow + row} on)`, 'Check the file', cause)
  }
}

/** With the reason, which is not the caller's fault and nowhere else to be seen. */
export const unreadable = (what: string, next: string, cause: unknown): CliError => {
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  return new CliError(`${what} cannot be read as Parquet${reason}`, next, { cause })
}

/** Undefined for a field that is not wanted. */
const cursorOf = (
  { shape, leafIndexes }: ParquetField,
  { decoders, group, chunks }: OpenGroup,
): FieldCursor | undefined => {
  if (shape === undefined || !leafIndexes.every(index => chunks.has(index))) return undefined
  return new FieldCursor(shape, leaf => {
    const { codec, num_values, path_in_schema, type } = group.columns[leaf.index]!.meta_data!
    if (path_in_schema.join('.') !== leaf.name || type !== leaf.element.type)
      throw new DamagedParquet(`column '${leaf.name}' is not where its schema says`)
    const pages = new PageReader(decoders, leaf, codec, chunks.get(leaf.index)!)
    return new LeafCursor(leaf, pages, Number(num_values))
  })
}

const readChunks = async (
  { file, path, fields }: ParquetFile,
  group: RowGroup,
  firstRow: number,
  wanted: ReadonlySet<number>,
): Promise<Chunks> => {
  const indexes = fields.flatMap(({ shape, leafIndexes }, i) =>
    shape === undefined || !wanted.has(i) ? [] : leafIndexes,
  )
  try {
    const read = indexes.map(async index => [index, await readChunk(file, group.columns[index]!)] as const)
    return new Map(await Promise.all(read))
  } catch (cause) {
    throw unreadable(`${path} (from row ${firstRow} on)`, 'Check the file', cause)
  }
}

const readChunk = async (file: AsyncBuffer, { meta_data }: ColumnChunk): Promise<ArrayBuffer> => {
  const { dictionary_page_offset, data_page_offset, total_compressed_size } = meta_data!
  // Some writers put 0 where there is no dictionary.
  const start = Number(dictionary_page_offset || data_page_offset)
  const end = start + Number(total_compressed_size)
  if (start < 0 || end < start || end > file.byteLength)
    throw new DamagedParquet('a column is outside the file')
  return file.slice(start, end)
}
