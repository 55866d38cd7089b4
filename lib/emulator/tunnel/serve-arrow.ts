import { CellWithoutForm, type Form } from '../../arrow/columns/form.js'
import { encodeBatch } from '../../arrow/ipc/encode-message.js'
import { Framer } from '../../arrow/tunnel/frame.js'
import { createRecordDecoder } from '../../codec/rows/record-decoder.js'
import type { DataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { invalidArgument } from '../server/service-refusal.js'
import { readStoredRecords } from '../store/read-rows.js'
import { asStored, storedValues } from '../store/stored-type.js'
import { type ArrowUse, arrowForm } from './arrow-forms.js'
import type { ServedDownload } from './served-download.js'

/*
 * Arrow has fewer values of some types than records have, and an answer that has begun has no way to say so. So columns of
 * these types are laid out twice: the first time to see that all of it can be sent.
 */

/** A column that is sent: where it stands in a row, and how. */
export interface ArrowPart {
  readonly column: Column
  readonly index: number
  readonly form: Form
}

interface Range {
  readonly start: number
  readonly count: number
}

/**
 * Rows as the Arrow tunnel has them: record batches in framed chunks, one for each piece of the store (protocol 7).
 * @param columns undefined for all in their order
 * @throws ServiceRefusal InvalidArgument for a value that Arrow has no room for
 */
export const arrowRows = async (
  session: ServedDownload,
  range: Range,
  columns: readonly Column[] | undefined,
  use: ArrowUse,
): Promise<AsyncGenerator<Buffer>> => {
  const all = session.schema.columns
  const parts = (columns ?? all).map(column => ({
    column,
    index: all.indexOf(column),
    form: arrowForm(column.type, use),
  }))
  await checkCells(() => rowLists(session, range), parts, range.start)
  return framedBatches(rowLists(session, range), parts)
}

async function* framedBatches(
  lists: AsyncIterable<readonly unknown[][]>,
  parts: readonly ArrowPart[],
): AsyncGenerator<Buffer> {
  const framer = new Framer()
  const framed: Uint8Array[] = []
  for await (const rows of lists) {
    const laidOut = parts.map(({ index, form }) => form.layOut(rows.map(row => row[index])))
    framer.push(encodeBatch(rows.length, laidOut).bytes, framed)
    yield Buffer.concat(framed.splice(0))
  }
  framer.end(framed)
  yield Buffer.concat(framed)
}

async function* rowLists(
  { schema, segments }: ServedDownload,
  { start, count }: Range,
): AsyncGenerator<unknown[][]> {
  const decoder = createRecordDecoder(schema.columns.map(asStored), storedValues)
  for await (const records of readStoredRecords(segments, start, count)) {
    const rows: unknown[][] = []
    decoder.push(Buffer.concat(records), rows)
    yield rows
  }
}

/** Whether the type has, or holds, values that Arrow has no room for. */
const isNarrow = (type: DataType): boolean => {
  switch (type.kind) {
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_year_month':
    case 'decimal':
      return true
    case 'array':
      return isNarrow(type.element)
    case 'map':
      return isNarrow(type.key) || isNarrow(type.value)
    case 'struct':
      return type.fields.some(field => isNarrow(field.type))
    default:
      return false
  }
}

/** @throws ServiceRefusal InvalidArgument */
export const checkCells = async (
  lists: () => AsyncIterable<readonly (readonly unknown[])[]>,
  parts: readonly ArrowPart[],
  firstRow: number,
): Promise<void> => {
  const narrow = parts.filter(({ column }) => isNarrow(column.type))
  if (narrow.length === 0) return
  let from = firstRow
  for await (const rows of lists()) {
    for (const { column, index, form } of narrow)
      try {
        form.layOut(rows.map(row => row[index]))
      } catch (error) {
        if (error instanceof CellWithoutForm) throw noRoom(column, from + error.index, error.cause)
        throw error
      }
    from += rows.length
  }
}

const noRoom = ({ name }: Column, row: number, cause: unknown): Error =>
  invalidArgument(
    `The column ${name} of row ${row}, counted from 0, has no form in Arrow: ${(cause as Error).message}. Read it in records, or without this column.`,
  )
