import { createRecordDecoder, type DecodeOptions } from '../../codec/rows/record-decoder.js'
import { createRecordProjector, encodeTrailer } from '../../codec/stream/record-scanner.js'
import { type DataType, formatDataType, isInteger, isText } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { checksumOf, crcInt32, emptyRegister } from '../../wire/crc32c.js'
import { projectRecords } from '../store/project-records.js'
import { readStoredRecords } from '../store/read-rows.js'
import type { SelectResult } from './select.js'
import { semanticException } from './sql-error.js'

/*
 * Dynamic partitions: only the columns that name the partition are decoded; the records themselves go over as bytes, each to
 * its partition.
 */

/** Names may be alike in a result. */
export const numberedColumns = (columns: readonly Column[]): Column[] =>
  columns.map((column, i) => ({ ...column, name: `c${i}` }))

/** Some columns of a result, row by row; `picked` are numbered ones, of types that lie on the wire alike. */
export const readColumns = async (
  { schema, segments, rows: count }: SelectResult,
  picked: readonly Column[],
  options: DecodeOptions = { string: 'exact', map: 'pairs' },
): Promise<unknown[][]> => {
  const decoder = createRecordDecoder(picked, options)
  const [columns, names] = [numberedColumns(schema.columns), picked.map(({ name }) => name)]
  const rows: unknown[][] = []
  for await (const chunk of projectRecords({ segments, count, columns, names })) decoder.push(chunk, rows)
  decoder.end()
  return rows
}

/** The records of one partition. */
export interface PartitionRecords {
  /** Of the dynamic columns. */
  readonly values: readonly string[]
  readonly stream: readonly Buffer[]
}

/**
 * The records of a result by the values of its columns at `dynamic`, in the order in which the partitions come.
 * @param fields with `names`: how the records are made (see `projectRecords`)
 * @throws SqlError for NULL, and for a type that names no partition
 */
export const splitByPartition = async (
  result: SelectResult,
  {
    dynamic,
    fields,
    names,
  }: {
    readonly dynamic: readonly number[]
    readonly fields: readonly Column[]
    readonly names: readonly string[]
  },
): Promise<readonly PartitionRecords[]> => {
  const columns = dynamic.map(place => result.schema.columns[place]!)
  const cells = await readColumns(
    result,
    columns.map((column, i) => ({ ...column, name: `c${dynamic[i]}` })),
  )
  const keys = cells.map(row => row.map((cell, i) => partitionTextOf(cell, columns[i]!.type)))
  const groups = new Map<string, { values: readonly string[]; bytes: Buffer[]; register: number }>()
  const project = createRecordProjector(fields, names)
  let row = 0
  for await (const records of readStoredRecords(result.segments, 0, result.rows))
    for (const record of records) {
      const values = keys[row++]!
      const key = JSON.stringify(values)
      const group = groups.get(key) ?? { values, bytes: [], register: emptyRegister }
      groups.set(key, group)
      const { bytes, checksum } = project(record)
      group.bytes.push(Buffer.from(bytes))
      group.register = crcInt32(group.register, checksum)
    }
  return [...groups.values()].map(({ values, bytes, register }) => ({
    values,
    stream: [...bytes, encodeTrailer(bytes.length, checksumOf(register))],
  }))
}

/** @throws SqlError for a value that names no partition */
export const partitionTextOf = (cell: unknown, type: DataType, position?: string): string => {
  if (!isText(type) && !isInteger(type) && type.kind !== 'date')
    throw semanticException(`the emulator makes no partitions of a ${formatDataType(type)}`, position)
  if (cell === null || cell === '' || Buffer.isBuffer(cell))
    throw semanticException('a value of a partition column is NULL, empty or not UTF-8', position)
  return String(cell)
}
