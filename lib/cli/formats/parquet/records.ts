import type { PageCells } from '../../../codec/pages/page-cells.js'
import { PageEncoder } from '../../../codec/pages/page-encoder.js'
import type { RecordsBatch, RecordsPlan, ValueBatch } from '../value-source.js'
import { type OpenGroup, openGroups, type ParquetFile, takeValues } from './groups.js'
import { pageCellsOf } from './page-cells.js'
import { PageGroup } from './page-group.js'
import type { ParquetField, Shape } from './schema.js'

/*
 * Rows as records where the pages of all columns can be taken as they are, else as values: of a row group whose batch is not taken
 * all that is left. Batches are the same in both ways, so that what is wrong with one is told in the same words.
 */

export async function* readRecords(
  opened: ParquetFile,
  wanted: ReadonlySet<number>,
  plan: RecordsPlan,
): AsyncGenerator<ValueBatch | RecordsBatch, void, undefined> {
  const way = await openRecordsWay(opened.fields, plan)
  for await (const group of openGroups(opened, wanted)) {
    const taken = way === undefined ? 0 : yield* takeRecords(group, way)
    if (taken < group.rows) yield* takeValues(group, taken)
  }
}

/** Columns that become records without values, and what makes them. */
interface RecordsWay {
  readonly encoder: PageEncoder
  /** The field of each column. */
  readonly fields: readonly ParquetField[]
}

/** Undefined when a column can't be had in this way. */
const openRecordsWay = async (
  fields: readonly ParquetField[],
  { columns, fieldOf, options }: RecordsPlan,
): Promise<RecordsWay | undefined> => {
  const [cells, used] = [[] as PageCells[], [] as ParquetField[]]
  for (const [i, column] of columns.entries()) {
    const field = fields[fieldOf[i]!]
    const each = field && pageCellsOf(field, column, i + 1, options)
    // A column that the file does not have is NULL, if it may be.
    if (field === undefined ? !column.nullable : each === undefined) return undefined
    if (field !== undefined) used.push(field)
    if (each !== undefined) cells.push(each)
  }
  const encoder = cells.length === 0 ? undefined : await PageEncoder.create(cells)
  return encoder && { encoder, fields: used }
}

/** @returns how many rows were taken; the next one is for `takeValues` */
function* takeRecords(
  { decoders, group, rows, most, chunks }: OpenGroup,
  { encoder, fields }: RecordsWay,
): Generator<RecordsBatch, number, undefined> {
  const pages = fields.map(({ shape }) => {
    const { leaf } = shape as Shape & { kind: 'leaf' }
    return { leaf, metadata: group.columns[leaf.index]!.meta_data!, bytes: chunks.get(leaf.index)! }
  })
  const taking = PageGroup.open(encoder, decoders, pages, rows, most)
  let taken = 0
  while (taken < rows) {
    const records = taking?.take(Math.min(most, rows - taken))
    if (records === undefined) break
    taken += records.rows
    yield { rowCount: records.rows, records }
  }
  return taken
}
