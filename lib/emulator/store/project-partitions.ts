import { createRecordEncoder } from '../../codec/rows/record-encoder.js'
import { createRecordProjector, encodeTrailer } from '../../codec/stream/record-scanner.js'
import { TunnelError } from '../../errors.js'
import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { Column } from '../../schema/table-schema.js'
import { cellOfText } from '../../text/cell-text.js'
import { checksumOf, crcInt32, emptyRegister } from '../../wire/crc32c.js'
import { invalidPartition } from '../server/service-refusal.js'
import { allColumns, countRows } from '../table.js'
import { fieldsOf, joinFields } from './join-fields.js'
import { readStoredRecords } from './read-rows.js'
import type { PartitionState, TableState } from './table-store.js'

/*
 * Some columns of some partitions as one record stream. No value is decoded, so none can change or be refused on the way:
 * the fields of the partition columns are written once, joined to the bytes of each record, and the projector picks from
 * there.
 */

export async function* projectPartitions(
  state: TableState,
  partitions: readonly PartitionState[],
  columns: readonly Column[],
  limit: number,
): AsyncGenerator<Buffer> {
  // A column that nobody asks for, so that every record is made anew, with a checksum of its own.
  const joined = [...allColumns(state), { name: '', type: { kind: 'bigint' }, nullable: true } as const]
  const project = createRecordProjector(
    joined,
    columns.map(column => column.name),
  )
  let [register, rows] = [emptyRegister, 0]
  for (const { segments, spec } of partitions) {
    const fields = partitionFields(state, spec)
    for await (const records of readStoredRecords(segments, 0, Math.min(limit - rows, countRows(segments)))) {
      const made = records.map(record => project(joinFields(record, fields)))
      for (const { checksum } of made) register = crcInt32(register, checksum)
      rows += made.length
      yield Buffer.concat(made.map(record => record.bytes))
    }
  }
  yield encodeTrailer(rows, checksumOf(register))
}

/**
 * The fields of the partition columns, numbered after the others.
 * @throws ServiceRefusal InvalidPartitionSpec where a value is none of its column's type
 */
const partitionFields = (state: TableState, spec: PartitionSpec): Buffer => {
  const nullable = allColumns(state).map(column => ({ ...column, nullable: true }))
  const encoder = createRecordEncoder(nullable)
  try {
    const cells = spec.map(({ value }, i) => cellOfText(value, state.schema.partitionColumns[i]!.type))
    encoder.write([...state.schema.columns.map(() => null), ...cells], 0)
  } catch (error) {
    if (error instanceof TunnelError) throw invalidPartition(error)
    throw error
  }
  return fieldsOf(encoder.take())
}
