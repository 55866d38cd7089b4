import { createRecordEncoder } from '../../codec/rows/record-encoder.js'
import { type DataType, formatDataType } from '../../schema/data-type.js'
import { orderPartitionSpec, type PartitionSpec } from '../../schema/partition-spec.js'
import type { Column } from '../../schema/table-schema.js'
import { parseCell } from '../../text/cell-text.js'
import { appendRecords } from '../append-records.js'
import type { Table } from '../catalog.js'
import type { Service } from '../service.js'
import { projectRecords } from '../store/project-records.js'
import type { TableState } from '../store/table-store.js'
import { isPartitioned } from '../table.js'
import type { SelectResult } from './select.js'
import { asSemantic, semanticException } from './sql-error.js'
import type { Insert, Literal } from './statement.js'

/*
 * INSERT copies records as they lie on the wire: only the fields are numbered anew, so no value can change or be refused on
 * the way from one table to another. What would need a conversion is refused, but for literals, which are text that every
 * type has a form for.
 */

/** The rows of a SELECT, from the records that hold them. */
export const insertResult = async (
  service: Service,
  table: Table,
  insert: Pick<Insert, 'partition' | 'overwrite' | 'columns'>,
  result: SelectResult,
): Promise<void> => {
  const { state } = table
  const targets = targetsOf(state, insert.columns)
  const { columns } = result.schema
  if (columns.length !== targets.length)
    throw semanticException(
      `the table takes ${targets.length} columns, and the query gives ${columns.length}`,
    )
  for (const [i, target] of targets.entries()) checkCopy(columns[i]!, target)
  for (const column of state.schema.columns) if (!targets.includes(column)) checkAbsent(column)
  const { segments } = result
  service.catalog.hold(segments)
  try {
    const places = state.schema.columns.map(column => targets.indexOf(column))
    await append(service, table, insert, copyRecords(result, places))
  } finally {
    await service.catalog.release(segments)
  }
}

/** @param timeZone of DATETIME and TIMESTAMP literals */
export const insertValues = async (
  service: Service,
  table: Table,
  insert: Pick<Insert, 'partition' | 'overwrite' | 'columns'>,
  rows: readonly (readonly Literal[])[],
  timeZone: string,
): Promise<void> => {
  const { columns } = table.state.schema
  const targets = targetsOf(table.state, insert.columns)
  const places = columns.map(column => targets.indexOf(column))
  const encoder = createRecordEncoder(columns)
  for (const [index, row] of rows.entries()) {
    if (row.length !== targets.length)
      throw semanticException(
        `the table takes ${targets.length} values, and this row has ${row.length}`,
        row[0]?.position,
      )
    const cells = places.map((place, i) =>
      place < 0 ? defaultOf(columns[i]!) : cellOf(row[place]!, columns[i]!, timeZone),
    )
    asSemantic(() => encoder.write(cells, index), row[0]?.position)
  }
  await append(service, table, insert, [encoder.finish()])
}

const append = async (
  service: Service,
  table: Table,
  { partition, overwrite }: Pick<Insert, 'partition' | 'overwrite'>,
  stream: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<void> => {
  await appendRecords(service, table, specOf(table.state, partition), stream, overwrite)
}

const specOf = (state: TableState, partition: PartitionSpec): PartitionSpec => {
  if (!isPartitioned(state) && partition.length === 0) return []
  return asSemantic(() => orderPartitionSpec(partition, state.schema))
}

/** The columns that are written, in the order of the values. */
const targetsOf = ({ name, schema }: TableState, names: readonly string[] | undefined): readonly Column[] => {
  if (names === undefined) return schema.columns
  const twice = names.find((each, i) => names.indexOf(each) !== i)
  if (twice !== undefined) throw semanticException(`column ${twice} appears twice`)
  return names.map(each => {
    const found = schema.columns.find(column => column.name === each)
    if (found === undefined) throw semanticException(`column ${each} cannot be resolved in table ${name}`)
    return found
  })
}

/** The types of the columns that are written, in the order of the values. */
export const wantedTypes = (state: TableState, { columns }: Pick<Insert, 'columns'>): DataType[] =>
  targetsOf(state, columns).map(({ type }) => type)

/** Widths of whole numbers don't show on the wire. */
const integerKinds: readonly DataType['kind'][] = ['tinyint', 'smallint', 'int', 'bigint']

/** Whether each value of one type lies on the wire as one of the other. */
export const isCopyable = (from: DataType, to: DataType): boolean => {
  const [small, large] = [integerKinds.indexOf(from.kind), integerKinds.indexOf(to.kind)]
  if (small >= 0 && large >= 0) return small <= large
  if (from.kind === 'varchar' && to.kind === 'varchar') return from.length <= to.length
  if (from.kind === 'varchar' && to.kind === 'string') return true
  return formatDataType(from) === formatDataType(to)
}

const checkCopy = (from: Column, to: Column): void => {
  if (!isCopyable(from.type, to.type))
    throw semanticException(
      `the emulator does not convert ${formatDataType(from.type)} to ${formatDataType(to.type)}, the type of column ${to.name}`,
    )
  if (from.nullable && !to.nullable)
    throw semanticException(
      `the emulator does not look for NULL in the query, and column ${to.name} is NOT NULL`,
    )
}

const checkAbsent = (column: Column): void => {
  if (!column.nullable) throw semanticException(`column ${column.name} is NOT NULL and gets no value`)
  if (column.defaultValue !== undefined)
    throw semanticException(
      `the emulator does not fill in the default of column ${column.name} here; name the column`,
    )
}

/**
 * The records of a result with their fields numbered anew, values untouched.
 * @param places for each field of the new records its column in the result, -1 for NULL
 */
const copyRecords = (result: SelectResult, places: readonly number[]): AsyncGenerator<Buffer> => {
  const { columns } = result.schema
  // Names may be alike in a result, and a field that no record has is NULL.
  const numbered = columns.map((column, i) => ({ ...column, name: `c${i}` }))
  const absent = places.map((_, i): Column => ({ name: `n${i}`, type: { kind: 'bigint' }, nullable: true }))
  return projectRecords({
    segments: result.segments,
    count: result.rows,
    columns: [...numbered, ...absent],
    names: places.map((place, i) => (place < 0 ? `n${i}` : `c${place}`)),
  })
}

const defaultOf = (column: Column): unknown =>
  column.defaultValue === undefined ? null : asSemantic(() => parseCell(column.defaultValue!, column.type))

const stringKinds: readonly DataType['kind'][] = ['string', 'varchar', 'char']
const numberKinds: readonly DataType['kind'][] = [...integerKinds, 'float', 'double', 'decimal']

const cellOf = ({ kind, text, position }: Literal, { name, type }: Column, timeZone: string): unknown => {
  if (kind === 'null') return null
  const isText = stringKinds.includes(type.kind)
  if (kind === 'text' && type.kind === 'binary') return Buffer.from(text)
  if (isText && (kind === 'text' || kind === 'number' || kind === 'boolean')) return text
  const fits =
    kind === 'number'
      ? numberKinds.includes(type.kind)
      : kind === 'text'
        ? !('element' in type || 'fields' in type || 'key' in type)
        : kind === type.kind
  if (!fits)
    throw semanticException(
      `the emulator does not convert a ${kind} literal to ${formatDataType(type)}, the type of column ${name}`,
      position,
    )
  return asSemantic(() => parseCell(text, type, { timeZone }), position, `column ${name}: `)
}
