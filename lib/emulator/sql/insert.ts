import { createRecordEncoder, type RecordEncoder } from '../../codec/rows/record-encoder.js'
import { type DataType, formatDataType, integerKinds, isNumber } from '../../schema/data-type.js'
import { orderPartitionSpec, type PartitionSpec, parsePartitionSpec } from '../../schema/partition-spec.js'
import type { Column } from '../../schema/table-schema.js'
import { cellOfText } from '../../text/cell-text.js'
import { appendRecords } from '../append-records.js'
import type { Table } from '../catalog.js'
import type { Service } from '../service.js'
import { projectRecords } from '../store/project-records.js'
import { asStored } from '../store/stored-type.js'
import type { TableState } from '../store/table-store.js'
import { isPartitioned } from '../table.js'
import type { CalculatedValue } from './evaluate-values.js'
import type { SelectResult } from './select.js'
import {
  numberedColumns,
  type PartitionRecords,
  partitionTextOf,
  readColumns,
  splitByPartition,
} from './split-result.js'
import { asSemantic, type SqlError, semanticException } from './sql-error.js'
import type { Insert, Literal } from './statement.js'

/*
 * INSERT copies records as they lie on the wire: only the fields are numbered anew, so no value can change or be refused on
 * the way from one table to another. What would need a conversion is refused, but for literals, which are text that every
 * type has a form for.
 */

type Target = Pick<Insert, 'partition' | 'dynamic' | 'overwrite' | 'columns'>

/** The rows of a query, from the records that hold them. */
export const insertResult = async (
  service: Service,
  table: Table,
  insert: Target,
  result: SelectResult,
): Promise<void> => {
  const { state } = table
  const { segments } = result
  service.catalog.hold(segments)
  try {
    const { targets, places } = await checkResult(table, insert, result)
    if (insert.dynamic.length === 0)
      return await append(
        service,
        table,
        insert,
        specOf(state, insert.partition),
        copyRecords(result, places),
      )
    const { names, columns: fields } = fieldsOf(result, places)
    const dynamic = insert.dynamic.map(name => targets.findIndex(target => target.name === name))
    const parts = await splitByPartition(result, { dynamic, fields, names })
    await appendParts(service, table, insert, parts)
  } finally {
    await service.catalog.release(segments)
  }
}

/**
 * The columns that the query's give, and for each column of the table its place among them.
 * @throws SqlError for rows that don't fit the table
 */
export const checkResult = async (
  { state }: Table,
  insert: Target,
  result: SelectResult,
): Promise<{ readonly targets: readonly Column[]; readonly places: readonly number[] }> => {
  const targets = targetsOf(state, insert)
  const { columns } = result.schema
  if (columns.length !== targets.length)
    throw semanticException(
      `the table takes ${targets.length} columns, and the query gives ${columns.length}`,
    )
  const places = state.schema.columns.map(column => targets.indexOf(column))
  for (const [i, place] of places.entries()) {
    if (place < 0) checkAbsent(state.schema.columns[i]!)
    else checkCopy(columns[place]!, state.schema.columns[i]!)
  }
  await refuseNulls(result, state.schema.columns, places)
  return { targets, places }
}

/** @param timeZone of DATETIME and TIMESTAMP literals */
export const insertValues = async (
  service: Service,
  table: Table,
  insert: Target,
  rows: readonly (readonly (Literal | CalculatedValue)[])[],
  timeZone: string,
): Promise<void> => {
  const { columns } = table.state.schema
  const targets = targetsOf(table.state, insert)
  const places = columns.map(column => targets.indexOf(column))
  const dynamic = insert.dynamic.map(name => targets.findIndex(target => target.name === name))
  const groups = new Map<string, { values: string[]; encoder: RecordEncoder }>()
  for (const [index, row] of rows.entries()) {
    if (row.length !== targets.length)
      throw semanticException(
        `the table takes ${targets.length} values, and this row has ${row.length}`,
        row[0]?.position,
      )
    const values = dynamic.map(place => partitionText(row[place]!))
    const key = JSON.stringify(values)
    const group = groups.get(key) ?? { values, encoder: createRecordEncoder(columns) }
    groups.set(key, group)
    const cells = places.map((place, i) =>
      place < 0 ? defaultOf(columns[i]!) : cellOf(row[place]!, columns[i]!, timeZone),
    )
    asSemantic(() => group.encoder.write(cells, index), row[0]?.position)
  }
  const parts = [...groups.values()].map(({ values, encoder }) => ({ values, stream: [encoder.finish()] }))
  await appendParts(service, table, insert, parts)
}

/** No row is written before the partitions of all are known to be right. */
const appendParts = async (
  service: Service,
  table: Table,
  insert: Target,
  parts: readonly PartitionRecords[],
): Promise<void> => {
  const specs = parts.map(({ values }) => specOf(table.state, withValues(insert, values)))
  for (const [i, { stream }] of parts.entries()) await append(service, table, insert, specs[i]!, stream)
}

const partitionText = (value: Literal | CalculatedValue): string => {
  if (value.kind === 'calculated') return partitionTextOf(value.cell, value.type, value.position)
  const { kind, text, position } = value
  if (kind === 'text' || kind === 'number' || kind === 'date') return text
  throw semanticException(`the emulator has no partition of a ${kind} literal`, position)
}

const append = async (
  service: Service,
  table: Table,
  { overwrite }: Pick<Insert, 'overwrite'>,
  partition: PartitionSpec,
  stream: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<void> => {
  await appendRecords(service, table, partition, stream, overwrite)
}

/** The partition of rows with these values of the dynamic columns. @throws SqlError for a value that no partition has */
const withValues = ({ partition, dynamic }: Target, values: readonly string[]): PartitionSpec => {
  if (dynamic.length === 0) return partition
  const parts = [
    ...partition.map(({ name, value }) => [name, value]),
    ...dynamic.map((name, i) => [name, values[i]]),
  ]
  return asSemantic(() => parsePartitionSpec(Object.fromEntries(parts)))
}

export const specOf = (state: TableState, partition: PartitionSpec): PartitionSpec => {
  if (!isPartitioned(state) && partition.length === 0) return []
  return asSemantic(() => orderPartitionSpec(partition, state.schema))
}

/** The columns that are written, in the order of the values: those of the table, and partition columns without a value. */
const targetsOf = (
  { name, schema }: TableState,
  { columns: names, dynamic }: Pick<Insert, 'columns' | 'dynamic'>,
): readonly Column[] => {
  const partitions = dynamic.map(each => {
    const found = schema.partitionColumns.find(column => column.name === each)
    if (found === undefined) throw semanticException(`${each} is not a partition column of table ${name}`)
    return found
  })
  if (names === undefined) return [...schema.columns, ...partitions]
  const twice = names.find((each, i) => names.indexOf(each) !== i)
  if (twice !== undefined) throw semanticException(`column ${twice} appears twice`)
  const unnamed = dynamic.find(each => !names.includes(each))
  if (unnamed !== undefined) throw semanticException(`the partition column ${unnamed} gets no value`)
  return names.map(each => {
    const found = [...schema.columns, ...partitions].find(column => column.name === each)
    if (found === undefined) throw semanticException(`column ${each} cannot be resolved in table ${name}`)
    return found
  })
}

/** The types of the columns that are written, in the order of the values. */
export const wantedTypes = (state: TableState, insert: Pick<Insert, 'columns' | 'dynamic'>): DataType[] =>
  targetsOf(state, insert).map(({ type }) => type)

/** Whether each value of one type lies on the wire as one of the other. */
export const isCopyable = (from: DataType, to: DataType): boolean => {
  // Widths of whole numbers don't show on the wire.
  const [small, large] = [integerKinds.indexOf(from.kind), integerKinds.indexOf(to.kind)]
  if (small >= 0 && large >= 0) return small <= large
  if (from.kind === 'varchar' && to.kind === 'varchar') return from.length <= to.length
  if (from.kind === 'varchar' && to.kind === 'string') return true
  return formatDataType(from) === formatDataType(to)
}

const checkCopy = (from: Column, to: Column): void => {
  if (!isCopyable(from.type, to.type)) throw noConversion(from.type, to)
}

const noConversion = (from: DataType, { name, type }: Column, position?: string): SqlError =>
  semanticException(
    `the emulator does not convert ${formatDataType(from)} to ${formatDataType(type)}, the type of column ${name}`,
    position,
  )

const checkAbsent = (column: Column): void => {
  if (!column.nullable) throw semanticException(`column ${column.name} is NOT NULL and gets no value`)
  if (column.defaultValue !== undefined)
    throw semanticException(
      `the emulator does not fill in the default of column ${column.name} here; name the column`,
    )
}

/** The first row with NULL for a NOT NULL column is named. */
const refuseNulls = async (
  result: SelectResult,
  targets: readonly Column[],
  places: readonly number[],
): Promise<void> => {
  const required = targets.flatMap((target, i) => {
    const source = result.schema.columns[places[i]!]
    return source?.nullable && !target.nullable
      ? [{ target, source: { ...source, name: `c${places[i]}` } }]
      : []
  })
  if (required.length === 0) return
  const rows = await readColumns(
    result,
    required.map(({ source }) => asStored(source)),
  )
  for (const [row, cells] of rows.entries()) {
    const missing = required[cells.indexOf(null)]
    if (missing !== undefined)
      throw semanticException(
        `column ${missing.target.name} is NOT NULL, and row ${row} of the query has NULL`,
      )
  }
}

/** The records of a result with their fields numbered anew, values untouched. */
const copyRecords = (result: SelectResult, places: readonly number[]): AsyncGenerator<Buffer> =>
  projectRecords({ segments: result.segments, count: result.rows, ...fieldsOf(result, places) })

/**
 * How records of a result become those of a table.
 * @param places for each field of the new records its column in the result, -1 for NULL
 */
const fieldsOf = (
  { schema }: SelectResult,
  places: readonly number[],
): { readonly columns: readonly Column[]; readonly names: readonly string[] } => {
  // A field that no record has is NULL.
  const absent = places.map((_, i): Column => ({ name: `n${i}`, type: { kind: 'bigint' }, nullable: true }))
  return {
    columns: [...numberedColumns(schema.columns), ...absent],
    names: places.map((place, i) => (place < 0 ? `n${i}` : `c${place}`)),
  }
}

const defaultOf = (column: Column): unknown =>
  column.defaultValue === undefined ? null : asSemantic(() => cellOfText(column.defaultValue!, column.type))

const stringKinds: readonly DataType['kind'][] = ['string', 'varchar', 'char']

const cellOf = (value: Literal | CalculatedValue, column: Column, timeZone: string): unknown => {
  if (value.kind !== 'calculated') return cellOfLiteral(value, column, timeZone)
  if (!isCopyable(value.type, column.type)) throw noConversion(value.type, column, value.position)
  return value.cell
}

const cellOfLiteral = (
  { kind, text, position }: Literal,
  { name, type }: Column,
  timeZone: string,
): unknown => {
  if (kind === 'null') return null
  const isText = stringKinds.includes(type.kind)
  if (kind === 'text' && type.kind === 'binary') return Buffer.from(text)
  if (isText && (kind === 'text' || kind === 'number' || kind === 'boolean')) return text
  const fits =
    kind === 'number'
      ? isNumber(type)
      : kind === 'text'
        ? !('element' in type || 'fields' in type || 'key' in type)
        : kind === type.kind
  if (!fits)
    throw semanticException(
      `the emulator does not convert a ${kind} literal to ${formatDataType(type)}, the type of column ${name}`,
      position,
    )
  return asSemantic(() => cellOfText(text, type, { timeZone }), position, `column ${name}: `)
}
