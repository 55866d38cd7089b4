import type { Column, TableSchema } from '../../schema/table-schema.js'
import type { Service } from '../service.js'
import type { TableState } from '../store/table-store.js'
import { checkTableSchema } from '../table-definition.js'
import { checkProject, formatName, resolveName, type SqlContext, tableExists } from './resolve-name.js'
import { runQuery } from './run-query.js'
import { asSemantic, semanticException, tableNotFound } from './sql-error.js'
import type { CreateView, DropView, Query } from './statement.js'

/*
 * A view is a table without rows that keeps a query. Its columns are those that the query gives when the view is made; what it
 * gives later is had each time the view is read (run-query.ts).
 */

/** `CREATE [OR REPLACE] VIEW`; only a view is replaced. */
export const createView = async (
  service: Service,
  statement: CreateView,
  context: SqlContext,
): Promise<void> => {
  const name = resolveName(statement.name, context)
  checkProject(service, name.project)
  const there = service.catalog.find(name)
  if (there !== undefined && statement.ifNotExists) return
  const { comment, orReplace, query } = statement
  const schema = await schemaOf(service, statement, context)
  const view = {
    sql: textOf(query),
    project: context.project,
    schemaName: context.schemaName,
    hasSchemas: context.settings.get('odps.namespace.schema')?.toLowerCase() === 'true',
  }
  if (there === undefined || !orReplace) {
    if ((await service.catalog.create({ ...name, schema, comment, view })) === undefined)
      throw tableExists(name)
    return
  }
  if (there.state.view === undefined) throw semanticException(`${formatName(name)} is a table, not a view`)
  const now = service.clock.now()
  await service.catalog.update(there, state => ({
    ...state,
    schema,
    comment,
    view,
    ddlAt: now,
    changedAt: now,
  }))
}

/** The columns of the query, with the names and comments that the statement gives them. */
const schemaOf = async (
  service: Service,
  { columns, query }: CreateView,
  context: SqlContext,
): Promise<TableSchema> => {
  const given = await runQuery(service, query, context, { schemaOnly: true })
  const own = given.schema.columns
  if (columns !== undefined && columns.length !== own.length)
    throw semanticException(`the view names ${columns.length} columns, and the query gives ${own.length}`)
  const named = own.map(({ name, type }, i): Column => {
    const { name: as = name, comment = '' } = columns?.[i] ?? {}
    return { name: as, type, nullable: true, ...(comment !== '' && { comment }) }
  })
  return asSemantic(() => checkTableSchema({ columns: named, partitionColumns: [] }))
}

const textOf = ({ text: { source, tokens } }: Query): string =>
  source.slice(tokens[0]!.from, tokens.at(-1)!.to)

export const dropView = async (service: Service, statement: DropView, context: SqlContext): Promise<void> => {
  const name = resolveName(statement.name, context)
  const state: TableState | undefined = service.catalog.find(name)?.state
  if (state === undefined && statement.ifExists) return
  if (state === undefined) throw tableNotFound(formatName(name))
  if (state.view === undefined) throw semanticException(`${formatName(name)} is a table, not a view`)
  await service.catalog.drop(name)
}
