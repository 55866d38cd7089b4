import { TunnelOptionError } from '../../errors.js'
import { timeZoneOf } from '../../values/time-zone.js'
import { checkPrimaryKey } from '../primary-key.js'
import type { Service } from '../service.js'
import { checkTableSchema } from '../table-definition.js'
import { alterTable } from './alter-table.js'
import { changeRows } from './change-rows.js'
import { createTableTextOf } from './describe.js'
import { evaluateValues } from './evaluate-values.js'
import { insertResult, insertValues, wantedTypes } from './insert.js'
import { multiInsert } from './multi-insert.js'
import { parseScript } from './parse-sql.js'
import {
  checkProject,
  findOwnTable,
  findTable,
  formatName,
  isView,
  resolveName,
  type SqlContext,
  schemaNameOf,
  schemaNotFound,
  tableExists,
} from './resolve-name.js'
import { runQuery } from './run-query.js'
import type { ScriptResult, SelectResult } from './select.js'
import { describe, describeSchema, formatLines, showPartitions, showTables } from './show.js'
import {
  asSemantic,
  ofStatement,
  placeErrors,
  SqlError,
  semanticException,
  tableNotFound,
} from './sql-error.js'
import type {
  CreateTable,
  CreateTableAs,
  CreateTableLike,
  DropTable,
  Insert,
  RenameTable,
  Statement,
} from './statement.js'
import { createView, dropView } from './view.js'

/*
 * SQL as far as clients and tools need it to set up tables and look at them. What is right in MaxCompute and absent
 * here is told apart from what is wrong: the first names the emulator as the reason, the second has the code and the
 * place that the service gives, by which clients choose their errors.
 */

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
  for (const { statement, position } of parseScript(source)) {
    if (statement.kind === 'set') settings.set(statement.key, statement.value)
    const timeZone = readTimeZone(settings) ?? context.timeZone
    const scope = { ...context, settings, timeZone }
    const given = await placeErrors(() => execute(service, statement, scope), position)
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

/** Gives rows, or text that may be empty. */
const execute = async (
  service: Service,
  statement: Statement,
  context: SqlContext,
): Promise<SelectResult | string> => {
  switch (statement.kind) {
    case 'set':
      return ''
    case 'query':
      return runQuery(service, statement, context)
    case 'showTables':
      return showTables(service, statement, context)
    case 'showSchemas':
      return formatLines(service.schemas.list(statement.project ?? context.project).map(({ name }) => name))
    case 'showPartitions':
      return showPartitions(findTable(service, statement.name, context), statement)
    case 'showCreateTable':
      return `${createTableTextOf(findTable(service, statement.name, context).state)}\n`
    case 'describeTable':
      return describe(findTable(service, statement.name, context), statement)
    case 'describeSchema':
      return describeSchema(service, schemaNameOf(statement.name, context))
    default:
      await change(service, statement, context)
      return ''
  }
}

type Reading = 'set' | 'query' | 'show' | 'describe'
type Change = Exclude<Statement, { kind: Reading | `show${string}` | `describe${string}` }>

/** Statements without a result. */
const change = async (service: Service, statement: Change, context: SqlContext): Promise<void> => {
  switch (statement.kind) {
    case 'createTable':
      return createTable(service, statement, context)
    case 'createTableAs':
      return createTableAs(service, statement, context)
    case 'createTableLike':
      return createTableLike(service, statement, context)
    case 'dropTable':
      return dropTable(service, statement, context)
    case 'renameTable':
      return renameTable(service, statement, context)
    case 'insert':
      return insert(service, statement, context)
    case 'multiInsert':
      return multiInsert(service, statement, context)
    case 'changeRows':
      return changeRows(service, statement, context)
    case 'createView':
      return createView(service, statement, context)
    case 'dropView':
      return dropView(service, statement, context)
    case 'createSchema': {
      const [project, name] = schemaNameOf(statement.name, context)
      checkProject(service, project)
      const created = await service.schemas.create(project, name, statement.comment)
      if (!created && !statement.ifNotExists)
        throw new SqlError('ODPS-0130211', `Schema already exists - schema ${project}.${name}`, ofStatement)
      return
    }
    case 'dropSchema': {
      const [project, name] = schemaNameOf(statement.name, context)
      const outcome = await service.schemas.drop(project, name)
      if (outcome === 'in use') throw semanticException(`schema ${name} is the default one or holds tables`)
      if (outcome === 'absent' && !statement.ifExists) throw schemaNotFound(name)
      return
    }
    default:
      return alterTable(service, findOwnTable(service, statement.name, context), statement)
  }
}

const createTable = async (service: Service, statement: CreateTable, context: SqlContext): Promise<void> => {
  const name = resolveName(statement.name, context)
  checkProject(service, name.project)
  const { columns, partitionColumns, comment, lifecycle, properties, primaryKey, ifNotExists } = statement
  const schema = asSemantic(() => checkTableSchema({ columns, partitionColumns }))
  asSemantic(() => checkPrimaryKey(schema, primaryKey, properties))
  const table = { ...name, schema, comment, lifecycle, properties, primaryKey }
  const created = await service.catalog.create(table)
  if (created === undefined && !ifNotExists) throw tableExists(name)
}

/** The same columns, partitions and comments. What becomes of a key and of properties, the service's reference doesn't say. */
const createTableLike = async (
  service: Service,
  { name: parts, like, lifecycle, ifNotExists }: CreateTableLike,
  context: SqlContext,
): Promise<void> => {
  const name = resolveName(parts, context)
  checkProject(service, name.project)
  const { state } = findOwnTable(service, like, context)
  if (Object.keys(state.properties).length > 0)
    throw semanticException('the emulator does not have CREATE TABLE … LIKE a table with TBLPROPERTIES')
  const { schema, comment } = state
  const created = await service.catalog.create({ ...name, schema, comment, lifecycle })
  if (created === undefined && !ifNotExists) throw tableExists(name)
}

/** A table of a query's columns, which is dropped again when the rows cannot be had. */
const createTableAs = async (
  service: Service,
  statement: CreateTableAs,
  context: SqlContext,
): Promise<void> => {
  const name = resolveName(statement.name, context)
  checkProject(service, name.project)
  const { comment, lifecycle, properties, ifNotExists, query } = statement
  const result = await runQuery(service, query, context)
  const columns = result.schema.columns.map(({ name, type }) => ({ name, type, nullable: true }))
  const schema = asSemantic(() => checkTableSchema({ columns, partitionColumns: [] }))
  const created = await service.catalog.create({ ...name, schema, comment, lifecycle, properties })
  if (created === undefined) {
    if (ifNotExists) return
    throw tableExists(name)
  }
  try {
    await insertResult(
      service,
      created,
      { partition: [], dynamic: [], overwrite: false, columns: undefined },
      result,
    )
  } catch (error) {
    await service.catalog.drop(name)
    throw error
  }
}

const insert = async (service: Service, statement: Insert, context: SqlContext): Promise<void> => {
  const table = findOwnTable(service, statement.name, context)
  const { source } = statement
  const wanted = wantedTypes(table.state, statement)
  if ('values' in source) {
    const rows = await evaluateValues(source, wanted, (text, types) =>
      runQuery(service, { kind: 'query', plain: undefined, text, position: ofStatement }, context, {
        wanted: types,
      }),
    )
    return insertValues(service, table, statement, rows, context.timeZone)
  }
  const result = await runQuery(service, source, context, {
    wanted,
  })
  await insertResult(service, table, statement, result)
}

const dropTable = async (service: Service, statement: DropTable, context: SqlContext): Promise<void> => {
  const name = resolveName(statement.name, context)
  const state = service.catalog.find(name)?.state
  if (state?.view !== undefined) throw isView(state)
  const dropped = await service.catalog.drop(name)
  if (!dropped && !statement.ifExists) throw tableNotFound(formatName(name))
}

/** The new name is one in the same schema. */
const renameTable = async (service: Service, statement: RenameTable, context: SqlContext): Promise<void> => {
  const table = findTable(service, statement.name, context)
  const { project, schemaName } = table.state
  const to = { project, schemaName, table: statement.to.at(-1)! }
  if (statement.to.length > 1) {
    const full = resolveName(statement.to, context)
    if (
      full.project.toLowerCase() !== project.toLowerCase() ||
      full.schemaName.toLowerCase() !== schemaName.toLowerCase()
    )
      throw semanticException(`table ${table.state.name} cannot move to another project or schema`)
  }
  if (!(await service.catalog.rename(table, to))) throw tableExists(to)
}
