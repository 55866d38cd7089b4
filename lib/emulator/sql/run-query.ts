import type { DataType } from '../../schema/data-type.js'
import type { Service } from '../service.js'
import { projectRecords } from '../store/project-records.js'
import type { TableState } from '../store/table-store.js'
import { allColumns, wholeTable } from '../table.js'
import { runEngineQuery } from './engine/engine-query.js'
import { maxPtOf, replaceMaxPt } from './max-pt.js'
import { parseQuery } from './parse-query.js'
import { parseSql } from './parse-sql.js'
import { findOwnTable, findTable, type SqlContext } from './resolve-name.js'
import { executeSelect, makeResult, type SelectResult } from './select.js'
import { placeErrors, semanticException } from './sql-error.js'
import type { Query, Select } from './statement.js'
import { TokenCursor } from './token-cursor.js'
import type { Token } from './tokenize.js'

/*
 * Which of the two ways a query goes. A plain read (columns, conditions on the partition, LIMIT) never leaves the wire's bytes, so
 * no value can change or be refused; everything else is DuckDB's, which can't hold every value. A view that is read is a table
 * whose rows are those that its query gives now, so both ways take it like any other, and views may read views.
 */

export interface RunOptions {
  /** For each column of the result the type it is to become, where that keeps its values. */
  readonly wanted?: readonly DataType[]
  /** Without rows, for the columns alone. Default false. */
  readonly schemaOnly?: boolean
}

/** @throws SqlError */
export const runQuery = (
  service: Service,
  query: Query,
  context: SqlContext,
  options: RunOptions = {},
): Promise<SelectResult> =>
  placeErrors(() => new QueryRun(service, context, []).run(query, options), query.position)

class QueryRun {
  readonly #service: Service
  readonly #context: SqlContext
  /** The views that are being read. */
  readonly #within: readonly TableState[]

  constructor(service: Service, context: SqlContext, within: readonly TableState[]) {
    this.#service = service
    this.#context = context
    this.#within = within
  }

  async run(query: Query, { wanted, schemaOnly = false }: RunOptions): Promise<SelectResult> {
    const { plain, text } = this.#withMaxPt(query)
    if (plain !== undefined) {
      const state = await this.#readable(plain.name, schemaOnly)
      if (isPlain(state, plain)) return executeSelect(state, schemaOnly ? { ...plain, limit: 0 } : plain)
    }
    return runEngineQuery(text, {
      service: this.#service,
      findState: parts => this.#readable(parts, schemaOnly),
      timeZone: this.#context.timeZone,
      wanted,
      schemaOnly,
    })
  }

  #withMaxPt(query: Query): Query {
    const { source, tokens } = query.text
    const replaced = replaceMaxPt(query.text, (name, position) =>
      maxPtOf(findOwnTable(this.#service, name, this.#context).state, position),
    )
    return replaced === tokens ? query : parseQuery(new TokenCursor(source, ended(replaced)))
  }

  /** The table of this name, or what the view of this name gives. */
  async #readable(parts: readonly string[], schemaOnly: boolean): Promise<TableState> {
    const { state } = findTable(this.#service, parts, this.#context)
    const { view, name } = state
    if (view === undefined) return state
    if (this.#within.some(({ id }) => id === state.id))
      throw semanticException(`the view ${name} reads itself`)
    const settings = new Map(this.#context.settings)
    settings.set('odps.namespace.schema', String(view.hasSchemas))
    const place = { project: view.project, schemaName: view.schemaName, settings }
    const inner = new QueryRun(this.#service, { ...this.#context, ...place }, [...this.#within, state])
    const result = await inner.run(parseSql(view.sql)[0] as Query, { schemaOnly })
    return asTable(state, result)
  }
}

const ended = (tokens: readonly Token[]): readonly Token[] => {
  const { to } = tokens.at(-1)!
  return [...tokens, { kind: 'end', text: '', from: to, to }]
}

/** A view's state with the rows of its query. */
const asTable = async (state: TableState, result: SelectResult): Promise<TableState> => {
  const { columns } = result.schema
  const own = state.schema.columns
  if (columns.length !== own.length)
    throw semanticException(
      `the view ${state.name} has ${own.length} columns, and its query now gives ${columns.length}`,
    )
  const named = columns.map((column, i) => ({ ...column, name: own[i]!.name, nullable: true }))
  const { segments } = await makeResult(
    named,
    projectRecords({
      segments: result.segments,
      count: result.rows,
      columns: named,
      names: named.map(column => column.name),
    }),
  )
  const { createdAt, changedAt } = state
  return {
    ...state,
    schema: { columns: named, partitionColumns: [] },
    partitions: new Map([[wholeTable, { spec: [], segments, createdAt, changedAt }]]),
  }
}

/** Whether the conditions are on partition columns. @throws SqlError for what is no column at all */
const isPlain = (state: TableState, { where }: Select): boolean => {
  const unknown = where.find(({ name }) => !allColumns(state).some(column => column.name === name))
  if (unknown !== undefined) throw semanticException(`column ${unknown.name} cannot be resolved`)
  return where.every(({ name }) => state.schema.partitionColumns.some(column => column.name === name))
}
