import type { Table } from '../catalog.js'
import type { Service } from '../service.js'
import type { TableState } from '../store/table-store.js'
import { defaultSchemaName, type FullName } from '../table.js'
import { ofStatement, SqlError, semanticException, tableNotFound } from './sql-error.js'
import type { SqlName } from './statement.js'

/** Where a script runs. */
export interface SqlContext {
  readonly project: string
  readonly schemaName: string | undefined
  readonly settings: ReadonlyMap<string, string>
  /** The zone of a script that doesn't set `odps.sql.timezone`. */
  readonly timeZone: string
}

/** Two parts are project and table, or schema and table where the namespace has schemas. */
export const resolveName = (parts: SqlName, context: SqlContext): FullName => {
  const { project, schemaName = defaultSchemaName, settings } = context
  const hasSchemas = settings.get('odps.namespace.schema')?.toLowerCase() === 'true'
  const table = parts.at(-1)!
  if (parts.length === 1) return { project, schemaName, table }
  if (parts.length === 3) return { project: parts[0]!, schemaName: parts[1]!, table }
  return hasSchemas ? { project, schemaName: parts[0]!, table } : { project: parts[0]!, schemaName, table }
}

export const formatName = ({ project, schemaName, table }: FullName): string =>
  schemaName === defaultSchemaName ? `${project}.${table}` : `${project}.${schemaName}.${table}`

export const findTable = (service: Service, parts: SqlName, context: SqlContext): Table => {
  const name = resolveName(parts, context)
  const table = service.catalog.find(name)
  if (table === undefined) throw tableNotFound(formatName(name))
  return table
}

export const tableExists = (name: FullName): SqlError =>
  new SqlError(
    'ODPS-0130211',
    `Table or view already exists - table ${formatName(name)} is already defined`,
    ofStatement,
  )

/** A table with rows of its own. @throws SqlError for a view */
export const findOwnTable = (service: Service, parts: SqlName, context: SqlContext): Table => {
  const table = findTable(service, parts, context)
  if (table.state.view !== undefined) throw isView(table.state)
  return table
}

export const isView = ({ project, schemaName, name }: TableState): SqlError =>
  semanticException(`${formatName({ project, schemaName, table: name })} is a view`)

/** The last two parts of a name: a project and a schema. */
export const schemaNameOf = (parts: SqlName, { project }: SqlContext): [project: string, name: string] => {
  if (parts.length > 2) throw semanticException(`${parts.join('.')} is not the name of a schema`)
  return [parts.at(-2) ?? project, parts.at(-1)!]
}

export const schemaNotFound = (name: string): SqlError =>
  new SqlError('ODPS-0422155', `Schema not found - schema ${name} does not exist`, ofStatement)

export const checkProject = (service: Service, project: string): void => {
  if (service.projects !== undefined && !service.projects.has(project.toLowerCase()))
    throw new SqlError('ODPS-0110061', `Project not found - '${project}'`)
}
