import { instanceOf, integer, type OptionSpec, textMap } from '../check-options.js'
import {
  type RangeOptions,
  type RowValueOptions,
  rangeOptionSpec,
  rowValueSpec,
} from '../download/download-options.js'
import type { InstanceProgress } from '../session/instance/follow-instance.js'

/** A statement, and where and how it runs. */
export interface StatementOptions {
  /** One statement of SQL; the semicolon at its end may be left out. */
  readonly sql: string
  /** Flags of the service for this statement by name, such as `{ 'odps.sql.allow.fullscan': 'true' }`. */
  readonly hints?: Readonly<Record<string, string>> | undefined
  /** From 0, which goes first, to 9, the default. */
  readonly priority?: number | undefined
  /** The project it runs in. Default: the Tunnel's. */
  readonly project?: string | undefined
  /** The schema of tables that are named without one. Default: the Tunnel's. */
  readonly schemaName?: string | undefined
  /** Milliseconds between two questions how far it is. Default: 250 at first, doubling to 5 000. */
  readonly pollIntervalMs?: number | undefined
  /** Stops the statement on the service, unless it has ended. */
  readonly signal?: AbortSignal | undefined
}

/** A query, and the ranges of its result. */
export interface QueryRangeOptions extends StatementOptions, RangeOptions {
  /**
   * The service's limited mode: at most as many rows as the project allows (10 000 unless it is set otherwise), but
   * without the rights on each table of the query that a whole result needs. `stats.query` tells. Default false: the result
   * is whole, or an error.
   */
  readonly limited?: boolean | undefined
}

/** Options of `createQueryStream` and `query`. */
export interface QueryOptions extends QueryRangeOptions, RowValueOptions {}

/** Options of `execute`. */
export interface ExecuteOptions extends StatementOptions {
  /** Told how far the statement is: once when it is submitted, and after every question. */
  readonly onProgress?: ((progress: InstanceProgress & { readonly instanceId: string }) => void) | undefined
}

const statementSpec: OptionSpec = {
  sql: 'string',
  hints: textMap,
  priority: integer(0, 9),
  project: 'string',
  schemaName: 'string',
  pollIntervalMs: integer(1),
  signal: instanceOf(AbortSignal),
}

export const queryRangeSpec: OptionSpec = { ...rangeOptionSpec, ...statementSpec, limited: 'boolean' }

export const queryOptionSpec: OptionSpec = { ...queryRangeSpec, ...rowValueSpec }

export const executeOptionSpec: OptionSpec = { ...statementSpec, onProgress: 'function' }
