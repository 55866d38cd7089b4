import { checkOptions, integer, type OptionCheck } from '../check-options.js'
import { createRecordEncoder } from '../codec/rows/record-encoder.js'
import { TunnelError, TunnelOptionError } from '../errors.js'
import type { Column } from '../schema/table-schema.js'
import { makeResult, type SelectResult } from './sql/select.js'
import { SqlError } from './sql/sql-error.js'
import { statementKeyOf } from './sql/statement-key.js'
import { type ColumnDefinitions, columnList, columnsOfDefinition } from './table-definition.js'

/*
 * What a test says that SQL gives. Not all of MaxCompute's SQL is emulated, and code that runs queries need not be tested
 * against a second SQL engine with ways of its own; so a test may state the answer, and everything around it is as on the service: states,
 * results of all types, limits, errors with their codes. Rows are encoded when they are given, so that a wrong one fails
 * where it was written.
 */

/** What a query gives: rows, an error, or text for a statement without rows. */
export interface QueryAnswer {
  /** Columns of the result as in `createTable`; a list may name two alike. */
  readonly columns?: ColumnDefinitions | undefined
  /** Arrays of cells, or objects by column name. */
  readonly rows?: readonly unknown[] | undefined
  /** The text of a failed task, as the service has it: `'ODPS-0130131:[1,15] Table not found - table p.t cannot be resolved'`. */
  readonly error?: string | undefined
  /** The result of a statement without rows, which has no download. May be empty. */
  readonly text?: string | undefined
  /** How long the instance runs, by the emulator's clock. Default 0: it has ended when its id is told. */
  readonly runMs?: number | undefined
}

/** An answer and the SQL that it is for. */
export interface QueryRule extends QueryAnswer {
  /** Text is compared word by word: case, blanks, comments, leading `SET` statements and the last `;` don't count. */
  readonly sql: string | RegExp
}

/** SQL that was submitted. */
export interface QueryQuestion {
  readonly sql: string
  readonly project: string
  readonly schemaName: string | undefined
  /** The settings (hints) of the job. */
  readonly settings: ReadonlyMap<string, string>
}

/** Gives the answer to one query, undefined to leave it to the emulator. */
export type QueryFunction = (
  question: QueryQuestion,
) => QueryAnswer | undefined | Promise<QueryAnswer | undefined>

export type QuerySource = QueryFunction | readonly QueryRule[]

/** An answer that is known to be right. */
export interface PreparedAnswer {
  readonly runMs: number
  /** @throws SqlError where the answer is an error */
  readonly give: () => Promise<SelectResult | string>
}

type FindAnswer = (question: QueryQuestion) => Promise<PreparedAnswer | undefined>

/** The answers of a test, which may change as it goes on. */
export class QueryAnswers {
  #source: QuerySource | undefined
  #find: FindAnswer

  /** @throws TunnelOptionError, TunnelValueError */
  constructor(source: QuerySource | undefined) {
    this.#find = compileQueries(source)
    this.#source = source
  }

  get source(): QuerySource | undefined {
    return this.#source
  }

  set source(source: QuerySource | undefined) {
    this.#find = compileQueries(source)
    this.#source = source
  }

  /** @throws SqlError where a function fails */
  find(question: QueryQuestion): Promise<PreparedAnswer | undefined> {
    return this.#find(question)
  }
}

/**
 * Checks a list at once, and what a function gives when it gives it.
 * @throws TunnelOptionError for an answer that is none; TunnelValueError for a row that does not fit
 */
const compileQueries = (source: QuerySource | undefined): FindAnswer => {
  if (source === undefined) return async () => undefined
  if (typeof source === 'function') return question => askFunction(source, question)
  if (!Array.isArray(source)) throw wrong('queries must be a list of rules or a function')
  const rules = source.map((rule: QueryRule, i) => {
    const { sql, ...answer } = rule
    return { matches: matcherOf(sql, i), answer: prepare(answer, `queries[${i}]`) }
  })
  return async ({ sql }) => rules.find(({ matches }) => matches(sql))?.answer
}

const askFunction = async (
  ask: QueryFunction,
  question: QueryQuestion,
): Promise<PreparedAnswer | undefined> => {
  try {
    const answer = await ask(question)
    return answer === undefined ? undefined : prepare(answer, 'queries')
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new SqlError(
      'ODPS-0420061',
      `Invalid parameter - the function of the option queries has failed: ${what}`,
    )
  }
}

const matcherOf = (sql: unknown, index: number): ((text: string) => boolean) => {
  if (sql instanceof RegExp) {
    // Without the flags that make a pattern remember where it was.
    const pattern = new RegExp(sql.source, sql.flags.replace(/[gy]/g, ''))
    return text => pattern.test(text)
  }
  if (typeof sql !== 'string' || sql.trim() === '')
    throw wrong(`queries[${index}]: sql must be SQL text or a regular expression`)
  const key = statementKeyOf(sql)
  return text => statementKeyOf(text) === key
}

const list: OptionCheck = value => (Array.isArray(value) ? undefined : 'a list of rows')

const serviceError: OptionCheck = value =>
  typeof value === 'string' && /^ODPS-\d{7}:/.test(value)
    ? undefined
    : "text that begins with a code of the service, like 'ODPS-0130131:[1,15] Table not found'"

const answerSpec = {
  columns: columnList,
  rows: list,
  error: serviceError,
  text: 'string',
  runMs: integer(0),
} as const

const prepare = (answer: QueryAnswer, where: string): PreparedAnswer => {
  checkOptions(where, answer, answerSpec)
  const { columns, rows, error, text, runMs = 0 } = answer
  const kinds = [columns ?? rows, error, text].filter(part => part !== undefined)
  if (kinds.length !== 1 || (columns === undefined) !== (rows === undefined))
    throw wrong(`${where} must have columns and rows, or error, or text`)
  if (error !== undefined) {
    const failure = SqlError.ofText(error)
    return { runMs, give: () => Promise.reject(failure) }
  }
  if (text !== undefined) return { runMs, give: async () => text }
  const schema = columnsOfDefinition(columns!).map(column => ({ ...column, nullable: true }))
  const records = encodeRows(schema, rows!, where)
  return { runMs, give: () => makeResult(schema, [records]) }
}

const encodeRows = (columns: readonly Column[], rows: readonly unknown[], where: string): Buffer => {
  if (columns.length === 0) throw wrong(`${where}: a result has at least one column`)
  const encoder = createRecordEncoder(columns)
  try {
    for (const [index, row] of rows.entries()) encoder.write(row, index)
  } catch (error) {
    if (error instanceof TunnelError) error.message = `${where}: ${error.message}`
    throw error
  }
  return Buffer.from(encoder.finish())
}

const wrong = (what: string): TunnelOptionError => new TunnelOptionError('ODPS_INVALID_OPTION', what)
