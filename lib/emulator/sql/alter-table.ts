import { formatDataType } from '../../schema/data-type.js'
import { orderPartitionSpec, type PartitionSpec } from '../../schema/partition-spec.js'
import type { Column } from '../../schema/table-schema.js'
import type { Table } from '../catalog.js'
import type { Service } from '../service.js'
import { projectRecords } from '../store/project-records.js'
import type { PartitionState, Segment, TableState, TableStore } from '../store/table-store.js'
import {
  allColumns,
  countRows,
  getPartition,
  isPartitioned,
  partitionKeyOf,
  withoutPartition,
  withPartition,
} from '../table.js'
import { checkTableSchema } from '../table-definition.js'
import { receiveRecords } from '../tunnel/receive-block.js'
import { isCopyable } from './insert.js'
import { matchPartitions } from './match-partitions.js'
import { ofStatement, SqlError, semanticException, semanticOf } from './sql-error.js'
import type {
  AddColumns,
  AddPartitions,
  ChangeColumn,
  DropColumns,
  DropPartitions,
  RenamePartition,
  SetTable,
  Touch,
  TruncateTable,
} from './statement.js'

/*
 * Each change makes a new state of the table from the old one, within the catalog's turn for that table, so that no commit comes in
 * between. Records are left as they are wherever the wire allows it; only dropped columns number the fields of all records anew,
 * which upload sessions from before can't match any more.
 */

export type Alteration =
  | TruncateTable
  | AddPartitions
  | DropPartitions
  | AddColumns
  | Touch
  | RenamePartition
  | ChangeColumn
  | DropColumns
  | SetTable

/** @throws SqlError */
export const alterTable = async (service: Service, table: Table, statement: Alteration): Promise<void> => {
  const now = service.clock.now()
  try {
    await service.catalog.update(table, state => alter(state, statement, now, service.store))
  } catch (error) {
    throw semanticOf(error)
  }
}

const alter = (
  state: TableState,
  statement: Alteration,
  now: number,
  store: TableStore,
): TableState | Promise<TableState> => {
  switch (statement.kind) {
    case 'truncateTable':
      return truncate(state, statement, now)
    case 'addPartitions':
      return addPartitions(state, statement, now)
    case 'dropPartitions':
      return dropPartitions(state, statement, now)
    case 'renamePartition':
      return renamePartition(state, statement, now)
    case 'addColumns':
      return addColumns(state, statement, now)
    case 'changeColumn':
      return changeColumn(state, statement, now)
    case 'dropColumns':
      return dropColumns(state, statement, now, store)
    case 'touch':
      return touch(state, statement, now)
    case 'setTable':
      return setTable(state, statement, now)
  }
}

export const partitionNotFound = (): SqlError =>
  new SqlError('ODPS-0130241', 'Illegal partition spec - the specified partition does not exist', ofStatement)

const truncate = (state: TableState, { specs }: TruncateTable, now: number): TableState => {
  const chosen =
    specs.length === 0 ? [...state.partitions.values()] : specs.flatMap(spec => matchPartitions(state, spec))
  if (specs.length > 0 && chosen.length === 0) throw partitionNotFound()
  let after: TableState = { ...state, changedAt: now }
  for (const partition of chosen) after = withPartition(after, { ...partition, segments: [], changedAt: now })
  return after
}

const checkPartitioned = (state: TableState): void => {
  if (!isPartitioned(state)) throw semanticException(`table ${state.name} is not partitioned`)
}

const addPartitions = (state: TableState, { specs, ifNotExists }: AddPartitions, now: number): TableState => {
  checkPartitioned(state)
  let after: TableState = { ...state, ddlAt: now }
  for (const given of specs) {
    const spec = orderPartitionSpec(given, state.schema)
    if (!after.partitions.has(partitionKeyOf(spec)))
      after = withPartition(after, { spec, segments: [], createdAt: now, changedAt: now })
    else if (!ifNotExists) throw partitionExists()
  }
  return after
}

const partitionExists = (): SqlError =>
  new SqlError('ODPS-0110061', 'Partition already exists - the specified partition exists')

const dropPartitions = (state: TableState, { specs, ifExists }: DropPartitions, now: number): TableState => {
  checkPartitioned(state)
  let after: TableState = { ...state, ddlAt: now }
  for (const spec of specs) {
    const chosen = matchPartitions(after, spec)
    if (chosen.length === 0 && !ifExists) throw partitionNotFound()
    for (const partition of chosen) after = withoutPartition(after, partition.spec)
  }
  return after
}

const findPartition = (state: TableState, given: PartitionSpec): PartitionState => {
  checkPartitioned(state)
  const spec = orderPartitionSpec(given, state.schema)
  if (!state.partitions.has(partitionKeyOf(spec))) throw partitionNotFound()
  return getPartition(state, spec)
}

const renamePartition = (state: TableState, { spec, to }: RenamePartition, now: number): TableState => {
  const partition = findPartition(state, spec)
  const renamed = orderPartitionSpec(to, state.schema)
  if (state.partitions.has(partitionKeyOf(renamed))) throw partitionExists()
  const without = withoutPartition({ ...state, ddlAt: now }, partition.spec)
  return withPartition(without, { ...partition, spec: renamed })
}

const touch = (state: TableState, { spec }: Touch, now: number): TableState => {
  if (spec === undefined) return { ...state, changedAt: now }
  return withPartition(state, { ...findPartition(state, spec), changedAt: now })
}

const setTable = (state: TableState, { to }: SetTable, now: number): TableState => ({
  ...state,
  ...to,
  properties: { ...state.properties, ...to.properties },
  ddlAt: now,
})

const addColumns = (state: TableState, { columns, ifNotExists }: AddColumns, now: number): TableState => {
  const known = new Set(state.schema.columns.map(column => column.name))
  const added = ifNotExists ? columns.filter(column => !known.has(column.name)) : columns
  if (added.length === 0) return state
  const required = added.find(column => !column.nullable)
  if (required !== undefined) throw semanticException(`column ${required.name} cannot be added as NOT NULL`)
  return withColumns(state, [...state.schema.columns, ...added], now)
}

const withColumns = (state: TableState, columns: readonly Column[], now: number): TableState => ({
  ...state,
  schema: checkTableSchema({ ...state.schema, columns }),
  schemaVersion: state.schemaVersion + 1,
  ddlAt: now,
})

const findColumn = (state: TableState, name: string): Column => {
  const found = state.schema.columns.find(column => column.name === name)
  if (found !== undefined) return found
  const isPartition = allColumns(state).some(column => column.name === name)
  throw semanticException(
    isPartition ? `${name} is a partition column, which cannot change` : `column ${name} cannot be resolved`,
  )
}

/** Records stay as they are: a type changes only to one whose values lie on the wire in the same way. */
const changeColumn = (state: TableState, { column: name, to }: ChangeColumn, now: number): TableState => {
  const column = findColumn(state, name)
  if (to.type !== undefined && !isCopyable(column.type, to.type))
    throw semanticException(
      `the emulator does not convert column ${name} from ${formatDataType(column.type)} to ${formatDataType(to.type)}`,
    )
  if (to.name !== undefined && to.name !== name && state.primaryKey.includes(name))
    throw semanticException(`column ${name} is part of the primary key, which cannot change`)
  const changed = state.schema.columns.map(each => (each === column ? { ...each, ...to } : each))
  return withColumns(state, changed, now)
}

/** Fields are numbered by their columns, so every record is made anew. */
const dropColumns = async (
  state: TableState,
  { columns: names }: DropColumns,
  now: number,
  store: TableStore,
): Promise<TableState> => {
  const dropped = names.map(name => findColumn(state, name))
  const key = names.find(name => state.primaryKey.includes(name))
  if (key !== undefined)
    throw semanticException(`column ${key} is part of the primary key, which cannot change`)
  const left = state.schema.columns.filter(column => !dropped.includes(column))
  const after = withColumns(state, left, now)
  const partitions = new Map<string, PartitionState>()
  const written: Segment[] = []
  try {
    for (const [key, partition] of state.partitions) {
      const segments = await dropFields(store, state, partition.segments, left)
      written.push(...segments)
      partitions.set(key, { ...partition, segments })
    }
  } catch (error) {
    for (const segment of written) await segment.discard()
    throw error
  }
  return { ...after, partitions, refieldedAt: after.schemaVersion }
}

const dropFields = async (
  store: TableStore,
  { id, schema }: TableState,
  segments: readonly Segment[],
  left: readonly Column[],
): Promise<Segment[]> => {
  const rows = countRows(segments)
  if (rows === 0) return []
  const block = await store.createBlock(id)
  try {
    await receiveRecords(
      block,
      left,
      projectRecords({ segments, count: rows, columns: schema.columns, names: left.map(({ name }) => name) }),
    )
  } catch (error) {
    await block.abort()
    throw error
  }
  return [await block.finish()]
}
