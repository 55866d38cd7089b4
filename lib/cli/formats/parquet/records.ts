import type { PageCells } from '../../../codec/pages/page-cells.js'
import { PageEncoder } from '../../../codec/pages/page-encoder.js'
import type { RecordsBatch, RecordsPlan, ValueBatch } from '../value-source.js'
import { batchRowsOf, groupsOf, type OpenGroup, type ParquetFile, takeValues } from './groups.js'
import { pageCellsOf } from './page-cells.js'
import { type PageFile, PageGroup } from './page-group.js'
import type { Leaf } from './schema.js'

/*
 * Rows as records where the pages of all columns can be taken as they are, else as values: of a row group whose batch is not taken
 * all that is left. Batches are the same in both ways, so that what is wrong with one is told in the same words.
 */

export async function* readRecords(
  opened: ParquetFile,
  wanted: ReadonlySet<number>,
  plan: RecordsPlan,
): AsyncGenerator<ValueBatch | RecordsBatch, void, undefined> {
  const way = await openRecordsWay(opened, plan, batchRowsOf(wanted.size))
  try {
    for (const group of groupsOf(opened, wanted)) {
      const taken = way === undefined ? 0 : yield* takeRecords(group, way)
      if (taken < group.rows) yield* takeValues(group, wanted, taken)
    }
  } finally {
    if (way !== undefined) closeRecordsWay(way)
  }
}

/** Of the file before, for the next one, as those of the encoder. */
let spareWindows: PageFile['windows'] = []

const closeRecordsWay = ({ pages: { encoder, windows } }: RecordsWay): void => {
  encoder.close()
  spareWindows = windows
}

/** Columns that become records without values, and what makes them. */
interface RecordsWay {
  readonly pages: PageFile
  /** The leaf of each column. */
  readonly leaves: readonly Leaf[]
}

/** Undefined when a column can't be had in this way. */
const openRecordsWay = async (
  { file, decoders, fields }: ParquetFile,
  { columns, fieldOf, options }: RecordsPlan,
  mostRows: number,
): Promise<RecordsWay | undefined> => {
  const [cells, leaves] = [[] as PageCells[], [] as Leaf[]]
  for (const [i, column] of columns.entries()) {
    const shape = fields[fieldOf[i]!]?.shape
    // A column that the file does not have is NULL, if it may be.
    if (shape === undefined && fieldOf[i]! < 0 && column.nullable) continue
    const each = shape?.kind === 'leaf' ? pageCellsOf(shape.leaf, column, i + 1, options) : undefined
    if (shape?.kind !== 'leaf' || each === undefined) return undefined
    leaves.push(shape.leaf)
    cells.push(each)
  }
  const encoder = cells.length === 0 ? undefined : await PageEncoder.create(cells, mostRows)
  if (encoder === undefined) return undefined
  return { pages: { file, decoders, encoder, windows: spareWindows.splice(0) }, leaves }
}

/** @returns how many rows were taken; the next one is for `takeValues` */
async function* takeRecords(
  { group, rows, most }: OpenGroup,
  { pages, leaves }: RecordsWay,
): AsyncGenerator<RecordsBatch, number, undefined> {
  const taking = pageGroupOf(
    pages,
    leaves.map(leaf => ({ leaf, metadata: group.columns[leaf.index]!.meta_data! })),
    rows,
  )
  let taken = 0
  while (taken < rows) {
    const records = await taking?.take(Math.min(most, rows - taken))
    if (records === undefined) break
    taken += records.rows
    yield { rowCount: records.rows, records }
  }
  return taken
}

const pageGroupOf = (
  ...[pages, chunks, rows]: ConstructorParameters<typeof PageGroup>
): PageGroup | undefined => {
  try {
    return new PageGroup(pages, chunks, rows)
  } catch {
    return undefined
  }
}
