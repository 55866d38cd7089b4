import type { AsyncBuffer, ColumnChunk, ColumnMetaData, FileMetaData, RowGroup } from 'hyparquet'
import { CliError } from '../../usage-error.js'
import type { ValueBatch } from '../value-source.js'
import { FieldCursor, LeafCursor } from './column.js'
import { DamagedParquet } from './error.js'
import { PageReader } from './page.js'
import type { PageDecoders } from './page-bytes.js'
import type { FileBytes } from './page-stream.js'
import type { ParquetField } from './schema.js'

/* Row groups one after the other: the bytes of their wanted columns, and the values of all rows or of those from one on. */

export interface ParquetFile {
  readonly file: FileBytes
  readonly path: string
  readonly metadata: FileMetaData
  readonly fields: readonly ParquetField[]
  readonly decoders: PageDecoders
}

/** Rows of a batch, fewer when there are many columns. */
export const batchRowsOf = (columns: number): number =>
  Math.max(64, Math.min(4096, Math.floor(200_000 / (columns + 1))))

export interface OpenGroup extends ParquetFile {
  readonly group: RowGroup
  readonly firstRow: number
  readonly rows: number
  /** Rows of a batch. */
  readonly most: number
}

/** The bytes of columns, by their index. */
type Chunks = ReadonlyMap<number, ArrayBuffer>

/** The values of all rows. */
export async function* readValues(
  opened: ParquetFile,
  wanted: ReadonlySet<number>,
): AsyncGenerator<ValueBatch, void, undefined> {
  for (const group of groupsOf(opened, wanted)) yield* takeValues(group, wanted, 0)
}

/** The row groups that have rows. */
export function* groupsOf(
  opened: ParquetFile,
  wanted: ReadonlySet<number>,
): Generator<OpenGroup, void, undefined> {
  const most = batchRowsOf(wanted.size)
  let firstRow = 0
  for (const group of opened.metadata.row_groups) {
    const rows = Number(group.num_rows)
    if (rows > 0) yield { ...opened, group, firstRow, rows, most }
    firstRow += rows
  }
}

/** @param from rows that were had in another way */
export async function* takeValues(
  opened: OpenGroup,
  wanted: ReadonlySet<number>,
  from: number,
): AsyncGenerator<ValueBatch, void, undefined> {
  const { fields, firstRow, rows, most } = opened
  let field: ParquetField | undefined
  let row = 0
  try {
    const chunks = await readChunks(opened, wanted)
    const cursors = fields.map(each => cursorOf(each, opened, chunks))
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
  { decoders, group }: OpenGroup,
  chunks: Chunks,
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
  { file, fields, group }: OpenGroup,
  wanted: ReadonlySet<number>,
): Promise<Chunks> => {
  const indexes = fields.flatMap(({ shape, leafIndexes }, i) =>
    shape === undefined || !wanted.has(i) ? [] : leafIndexes,
  )
  const read = indexes.map(async index => [index, await readChunk(file, group.columns[index]!)] as const)
  return new Map(await Promise.all(read))
}

const readChunk = async (file: AsyncBuffer, { meta_data }: ColumnChunk): Promise<ArrayBuffer> =>
  file.slice(...chunkRange(meta_data!, file.byteLength))

/** Where a column chunk lies in its file. @throws DamagedParquet where that is outside of it */
export const chunkRange = (
  { dictionary_page_offset, data_page_offset, total_compressed_size }: ColumnMetaData,
  size: number,
): [start: number, end: number] => {
  // Some writers put 0 where there is no dictionary.
  const start = Number(dictionary_page_offset || data_page_offset)
  const end = start + Number(total_compressed_size)
  // An offset that is missing makes NaN.
  if (!(start >= 0 && end <= size)) throw new DamagedParquet('a column is outside the file')
  return [start, end]
}
