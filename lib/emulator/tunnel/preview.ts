import { encodeBatch, encodeSchema, endMark } from '../../arrow/ipc/encode-message.js'
import { TunnelError } from '../../errors.js'
import { isInteger, isText } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { cellOfText } from '../../text/cell-text.js'
import type { Catalog } from '../catalog.js'
import { invalidArgument, invalidPartition } from '../server/service-refusal.js'
import type { ServiceReply } from '../server/service-reply.js'
import { findTable, type Service, type ServiceRequest } from '../service.js'
import { readPartitions } from '../store/read-partitions.js'
import type { PartitionState, TableState } from '../store/table-store.js'
import { allColumns, getPartition, parsePartitionParameter, pickColumns } from '../table.js'
import { arrowForm } from './arrow-forms.js'
import { joinChunks } from './join-chunks.js'
import { type ArrowPart, checkCells } from './serve-arrow.js'

/** What the service gives at most, and without a limit (protocol 6.6). */
const maxRows = 10_000

/**
 * GET {table}/preview?limit[&partition][&columns] (protocol 6.6). Buffers are never compressed: whoever asks for that with
 * `Accept-Encoding` takes plain ones too.
 */
export const preview = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const { state } = findTable(service, request)
  const { query } = request
  const limit = readLimit(query.get('limit'))
  const partitions = query.get('partition')
    ? [getPartition(state, parsePartitionParameter(state, query.get('partition')))]
    : [...state.partitions.values()]
  const columns = pickColumns(state, query.get('columns'))
  const convert = cellsOf(state, columns)
  checkPartitions(state, partitions)
  const parts = columns.map((column, index) => ({ column, index, form: arrowForm(column.type, 'preview') }))
  const read = () => {
    const lists = holdWhile(service.catalog, partitions, readPartitions(state, partitions, limit))
    return batch(lists, convert)
  }
  await checkCells(read, parts, 0)
  return {
    status: 200,
    headers: { 'Content-Type': 'application/octet-stream' },
    body: joinChunks(ipcStream(parts, read())),
  }
}

/**
 * The schema, a batch for each list of rows that is not empty, the end mark. Without rows the schema stays, which the Java
 * and Go clients want; and the Java client takes no batch without rows.
 */
async function* ipcStream(
  parts: readonly ArrowPart[],
  lists: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Buffer> {
  yield encodeSchema(parts.map(({ form, column }) => form.field(column.name, true))).bytes
  for await (const rows of lists) {
    if (rows.length === 0) continue
    const laidOut = parts.map(({ form, index }) => form.layOut(rows.map(row => row[index])))
    yield encodeBatch(rows.length, laidOut).bytes
  }
  yield endMark
}

/** -1 and no limit at all are the most there can be. */
const readLimit = (text = '-1'): number => {
  if (!/^(-1|\d{1,19})$/.test(text)) throw invalidArgument('limit must be a number of rows, or -1.')
  return text === '-1' ? maxRows : Math.min(Number(text), maxRows)
}

type Row = readonly unknown[]

/** Picks the cells that are asked for. Those of partition columns come as text where a type is rare there. */
const cellsOf = (state: TableState, columns: readonly Column[]): ((row: Row) => Row) => {
  const all = allColumns(state)
  const picks = columns.map(column => {
    const index = all.indexOf(column)
    const isPlain = index < state.schema.columns.length || isText(column.type) || isInteger(column.type)
    return { index, type: isPlain ? undefined : column.type }
  })
  return row =>
    picks.map(({ index, type }) => (type === undefined ? row[index] : cellOfText(row[index] as string, type)))
}

/** @throws ServiceRefusal InvalidPartitionSpec where a value is none of its column's type */
const checkPartitions = ({ schema }: TableState, partitions: readonly PartitionState[]): void => {
  try {
    for (const { spec } of partitions)
      for (const [i, { value }] of spec.entries()) cellOfText(value, schema.partitionColumns[i]!.type)
  } catch (error) {
    if (error instanceof TunnelError) throw invalidPartition(error)
    throw error
  }
}

/** Rows stay readable while they are sent, whatever becomes of the table. */
async function* holdWhile<T>(
  catalog: Catalog,
  partitions: readonly PartitionState[],
  items: AsyncIterable<T>,
): AsyncGenerator<T> {
  const segments = partitions.flatMap(partition => partition.segments)
  catalog.hold(segments)
  try {
    yield* items
  } finally {
    await catalog.release(segments)
  }
}

/** Rows that go into a batch; fewer where a piece of the store has more than that, or rows are large. */
const rowsOfBatch = 1024
const piecesOfBatch = 4

async function* batch(
  lists: AsyncIterable<readonly Row[]>,
  convert: (row: Row) => Row,
): AsyncGenerator<readonly Row[]> {
  let rows: Row[] = []
  let pieces = 0
  for await (const list of lists) {
    for (const row of list) rows.push(convert(row))
    pieces++
    if (rows.length < rowsOfBatch && pieces < piecesOfBatch) continue
    yield rows
    rows = []
    pieces = 0
  }
  yield rows
}
