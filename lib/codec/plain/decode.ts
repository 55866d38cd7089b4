import type { Column } from '../../schema/table-schema.js'
import { ProtobufReader } from '../../wire/protobuf-reader.js'
import { endRecordField } from '../../wire/tags.js'
import type { CellCodec } from '../cell-codec.js'
import { rowProblem } from '../rows/row-problem.js'

/*
 * Records read with protobufjs, one call per value: the plain way. It reads what the generated code leaves (fields
 * out of order, values that do not convert), and all of them where code from strings is not allowed.
 */

/** Reads the cells of one record that was walked and verified before; NULL where it has no field. */
export const readRecord = (
  record: Uint8Array,
  columns: readonly Column[],
  codecs: readonly CellCodec[],
  rowIndex: number,
): unknown[] => {
  const from = new ProtobufReader(record)
  const cells = new Array<unknown>(columns.length).fill(null)
  for (;;) {
    const field = from.tag() >>> 3
    if (field === endRecordField) return cells
    try {
      cells[field - 1] = codecs[field - 1]!.read(from)
    } catch (error) {
      throw rowProblem(error, columns[field - 1]!, rowIndex)
    }
  }
}
