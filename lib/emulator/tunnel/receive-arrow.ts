import { columnOf } from '../../arrow/columns/column.js'
import { ArrowError } from '../../arrow/ipc/error.js'
import { BatchReader } from '../../arrow/tunnel/batch-reader.js'
import { type WireBatch, WireTypes } from '../../arrow/tunnel/wire-types.js'
import { createRecordEncoder } from '../../codec/rows/record-encoder.js'
import { TunnelProtocolError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { asStored } from '../store/stored-type.js'
import { cellOf } from './arrow-cells.js'

/**
 * The record stream of the rows that a stream of the Arrow tunnel has, so that a table keeps them in one form.
 * @throws TunnelProtocolError, TunnelChecksumError, TunnelValueError
 */
export async function* recordsOfArrow(
  columns: readonly Column[],
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  const reader = new BatchReader(new WireTypes(columns))
  const encoder = createRecordEncoder(columns.map(asStored))
  const batches: WireBatch[] = []
  let rows = 0
  const encode = (): Buffer => {
    for (const batch of batches.splice(0))
      for (const row of rowsOf(columns, batch)) encoder.write(row, rows++)
    return encoder.take()
  }
  for await (const chunk of chunks) {
    reader.push(chunk, batches)
    if (batches.length > 0) yield encode()
  }
  reader.end(batches)
  yield encode()
  yield encoder.finish()
}

const rowsOf = (columns: readonly Column[], batch: WireBatch): unknown[][] => {
  const rows = Array.from({ length: batch.length }, () => new Array<unknown>(columns.length))
  for (const [c, data] of batch.columns.entries()) {
    const toCell = cellOf(columns[c]!.type, data.field)
    const { at } = readColumn(() => columnOf(data, noDictionaries))
    for (let row = 0; row < batch.length; row++) rows[row]![c] = toCell(at(row))
  }
  return rows
}

const noDictionaries = (): never => {
  throw new ArrowError('it has dictionaries')
}

const readColumn = <T>(read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof ArrowError)) throw cause
    throw new TunnelProtocolError(
      'ODPS_MALFORMED_STREAM',
      `The Arrow stream cannot be read: ${cause.message}`,
      { cause },
    )
  }
}
