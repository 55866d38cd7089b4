import { TunnelOptionError } from '../../errors.js'
import { orderPartitionSpec } from '../../schema/partition-spec.js'
import { timeZoneOf } from '../../values/time-zone.js'
import type { Table } from '../catalog.js'
import type { Service } from '../service.js'
import type { TableState } from '../store/table-store.js'
import {
  defaultSchemaName,
  type FullName,
  isPartitioned,
  partitionKeyOf,
  withoutPartition,
  withPartition,
} from '../table.js'
import { checkTableSchema } from '../table-definition.js'
import { matchPartitions } from './match-partitions.js'
import { parseSql } from './parse-sql.js'
import { executeSelect, type ScriptResult, type SelectResult } from './select.js'
import { SqlError, semanticException, tableNotFound } from './sql-error.js'
import type {
  AddColumns,
  AddPartitions,
  CreateTable,
  DropPartitions,
  DropTable,
  SqlName,
  Statement,
  TruncateTable,
} from './statement.js'

/** Where a script runs. */
export interface SqlContext {
  readonly project: string
  readonly schemaName: string | undefined
  readonly settings: ReadonlyMap<string, string>
  /** The zone of a script that doesn't set `odps.sql.timezone`. */
  readonly timeZone: string
}

/**
 * Runs a script, statement by statement; gives the result of the last: rows, or text that may be empty.
 * @throws SqlError
 */
export const executeSql = async (
  service: Service,
  source: string,
  context: SqlContext,
): Promise<ScriptResult | string> => {
  const settings = new Map(context.settings)
  readTimeZone(settings)
  let result: ScriptResult | string = ''
  for (const statement of parseSql(source)) {
    if (statement.kind === 'set') settings.set(statement.key, statement.value)
    const timeZone = readTimeZone(settings) ?? context.timeZone
    const given = await execute(service, statement, { ...context, settings })
    result = typeof given === 'string' ? given : { ...given, timeZone }
  }
  return result
}

/**
 * The zone of a job whose script isn't looked at.
 * @throws SqlError
 */
export const timeZoneOfJob = ({ settings, timeZone }: SqlContext): string =>
  readTimeZone(settings) ?? timeZone

/** Blanks around the signs of a value don't count: scripts are formatted. */
const readTimeZone = (settings: ReadonlyMap<string, string>): string | undefined => {
  const name = settings.get('odps.sql.timezone')?.replaceAll(/\s/g, '')
  if (name === undefined || name === '') return undefined
  try {
    timeZoneOf(name)
    return name
  } catch (error) {
    if (error instanceof TunnelOptionError)
      throw new SqlError(
        'ODPS-0420061',
        `Invalid parameter in HTTP request - odps.sql.timezone: ${error.message}`,
      )
    throw error
  }
}

const execute = async (
  service: Service,
  statement: Statement,
  context: SqlContext,
): Promise<SelectResult | string> => {
  if (statement.kind === 'set') return ''
  const name = resolveName(statement.name, context)
  switch (statement.kind) {
    case 'createTable':
      await createTable(service, name, statement)
      return ''
    case 'dropTable':
      await dropTable(service, name, statement)
      return ''
    case 'select':
      return executeSelect(findTable(service, name).state, statement)
    default:
      await alterTable(service, findTable(service, name), statement)
      return ''
  }
}

/** Two parts are project and table, or schema and table where the namespace has schemas. */
const resolveName = (parts: SqlName, context: SqlContext): FullName => {
  const { project, schemaName = defaultSchemaName, settings } = context
  const hasSchemas = settings.get('odps.namespace.schema')?.toLowerCase() === 'true'
  const table = parts.at(-1)!
  if (parts.length === 1) return { project, schemaName, table }
  if (parts.length === 3) return { project: parts[0]!, schemaName: parts[1]!, table }
  return hasSchemas ? { project, schemaName: parts[0]!, table } : { project: parts[0]!, schemaName, table }
}

const formatName = ({ project, schemaName, table }: FullName): string =>
  schemaName === defaultSchemaName ? `${project}.${table}` : `${project}.${schemaName}.${table}`

const findTable = (service: Service, name: FullName): Table => {
  const table = service.catalog.find(name)
  if (table === undefined) throw tableNotFound(formatName(name))
  return table
}

const createTable = async (service: Service, name: FullName, statement: CreateTable): Promise<void> => {
  if (service.projects !== undefined && !service.projects.has(name.project.toLowerCase()))
    throw new SqlError('ODPS-0110061', `Project not found - '${name.project}'`)
  const { columns, partitionColumns, comment, lifecycle, properties, primaryKey, ifNotExists } = statement
  const schema = await asSemantic(() => checkTableSchema({ columns, partitionColumns }))
  const known = new Set(columns.map(column => column.name))
  const missing = primaryKey.find(key => !known.has(key))
  if (missing !== undefined) throw semanticException(`primary key column ${missing} cannot be resolved`)
  const created = await service.catalog.create({
    ...name,
    schema,
    comment,
    lifecycle,
    properties,
    primaryKey,
  })
  if (created === undefined && !ifNotExists)
    throw new SqlError(
      'ODPS-0130211',
      `[1,1] Table or view already exists - table ${formatName(name)} is already defined`,
    )
}

const dropTable = async (service: Service, name: FullName, { ifExists }: DropTable): Promise<void> => {
  const dropped = await service.catalog.drop(name)
  if (!dropped && !ifExists) throw tableNotFound(formatName(name))
}

type Alteration = TruncateTable | AddPartitions | DropPartitions | AddColumns

const alterTable = async (service: Service, table: Table, statement: Alteration): Promise<void> => {
  const now = service.clock.now()
  await asSemantic(() =>
    service.catalog.update(table, state => {
      switch (statement.kind) {
        case 'truncateTable':
          return truncate(state, statement, now)
        case 'addPartitions':
          return addPartitions(state, statement, now)
        case 'dropPartitions':
          return dropPartitions(state, statement, now)
        case 'addColumns':
          return addColumns(state, statement, now)
      }
    }),
  )
}

/** What the library finds wrong in a schema or partition is a semantic error of the statement. */
const asSemantic = async <T>(work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TunnelOptionError) throw semanticException(error.message)
    throw error
  }
}

const partitionNotFound = (): SqlError =>
  new SqlError('ODPS-0130241', '[1,1] Illegal partition spec - the specified partition does not exist')

const truncate = (state: TableState, { specs }: TruncateTable, now: number): TableState => {
  const chosen =
    specs.length === 0 ? [...state.partitions.values()] : specs.flatMap(spec => matchPartitions(state, spec))
  if (specs.length > 0 && chosen.length === 0) throw partitionNotFound()
  let after: TableState = { ...state, changedAt: now }
  for (const partition of chosen) after = withPartition(after, { ...partition, segments: [], changedAt: now })
  return after
}

const addPartitions = (state: TableState, { specs, ifNotExists }: AddPartitions, now: number): TableState => {
  if (!isPartitioned(state)) throw semanticException(`table ${state.name} is not partitioned`)
  let after: TableState = { ...state, ddlAt: now }
  for (const given of specs) {
    const spec = orderPartitionSpec(given, state.schema)
    if (!after.partitions.has(partitionKeyOf(spec)))
      after = withPartition(after, { spec, segments: [], createdAt: now, changedAt: now })
    else if (!ifNotExists)
      throw new SqlError('ODPS-0110061', 'Partition already exists - the specified partition exists')
  }
  return after
}

const dropPartitions = (state: TableState, { specs, ifExists }: DropPartitions, now: number): TableState => {
  if (!isPartitioned(state)) throw semanticException(`table ${state.name} is not partitioned`)
  let after: TableState = { ...state, ddlAt: now }
  for (const spec of specs) {
    const chosen = matchPartitions(after, spec)
    if (chosen.length === 0 && !ifExists) throw partitionNotFound()
    for (const partition of chosen) after = withoutPartition(after, partition.spec)
  }
  return after
}

const addColumns = (state: TableState, { columns, ifNotExists }: AddColumns, now: number): TableState => {
  const known = new Set(state.schema.columns.map(column => column.name))
  const added = ifNotExists ? columns.filter(column => !known.has(column.name)) : columns
  if (added.length === 0) return state
  const required = added.find(column => !column.nullable)
  if (required !== undefined) throw semanticException(`column ${required.name} cannot be added as NOT NULL`)
  const schema = checkTableSchema({ ...state.schema, columns: [...state.schema.columns, ...added] })
  return { ...state, schema, schemaVersion: state.schemaVersion + 1, ddlAt: now }
}
