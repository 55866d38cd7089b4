import { AbortError } from '../abort.js'
import { listTables } from '../catalogue/list-tables.js'
import { TunnelError, TunnelOptionError } from '../errors.js'
import { type Connection, connect, type TunnelOptions } from '../options.js'
import { formatTableName } from '../schema/table-name.js'
import { version } from '../version.js'
import { allChecks } from './all-checks.js'
import type { Check } from './check.js'
import { type Plan, planRun } from './plan.js'
import type { Report } from './report.js'
import { type CheckResult, CheckRun } from './run-checks.js'
import { type LeftTable, leftTable } from './scratch-tables.js'

/*
 * One run in one project: planned, then run, then cleaned up, whatever happened in between. What it makes is dropped
 * after the last check, after a signal, and after a mistake of ours; cleaning up isn't stopped by the signal that stopped
 * the checks.
 */

export interface ConformanceOptions {
  /** In front of the names of the tables. */
  readonly prefix: string
  /** Default: all. */
  readonly checks?: readonly Check[]
}

export interface RunOptions {
  /** Stops after the request under way; the tables are dropped all the same. */
  readonly signal: AbortSignal
  /** Leaves the tables where they are; the service removes them after a day. */
  readonly keep: boolean
  readonly onResult: (result: CheckResult) => void
}

export interface RunOutcome {
  readonly startedAt: Date
  readonly seconds: number
  readonly results: readonly CheckResult[]
  /** Tables of this run that are still there. */
  readonly left: readonly LeftTable[]
}

export class Conformance {
  readonly plan: Plan
  readonly #options: TunnelOptions
  readonly #prefix: string
  readonly #connection: Connection

  /** Nothing is sent. @throws TunnelOptionError for a prefix that can't be one, and without an endpoint or a project */
  constructor(options: TunnelOptions, { prefix, checks = allChecks }: ConformanceOptions) {
    this.#options = options
    this.#prefix = prefix.toLowerCase()
    this.#connection = connect(options)
    if (!this.#connection.client.hasService)
      throw new TunnelOptionError(
        'ODPS_MISSING_ENDPOINT',
        'Conformance makes tables, for which it needs endpoint',
      )
    this.plan = planRun(this.#connection, checks, { prefix })
  }

  /** Tables that earlier runs have left, by their names. They may be somebody else's run, so they are only told. */
  async findLeftovers(signal: AbortSignal): Promise<readonly LeftTable[]> {
    const form = new RegExp(`^${this.#prefix}odps_tunnel_(?!${this.plan.runId})[0-9a-f]{8}_\\d+$`, 'i')
    const found: LeftTable[] = []
    try {
      for await (const { name } of listTables(this.#connection, {
        prefix: `${this.#prefix}odps_tunnel_`,
        signal,
      }))
        if (form.test(name.table)) found.push(leftTable(name))
    } catch (error) {
      // Whoever may not list tables may still make some.
      if (!(error instanceof TunnelError) || error instanceof AbortError) throw error
    }
    return found
  }

  async run({ signal, keep, onResult }: RunOptions): Promise<RunOutcome> {
    const { clock } = this.#connection.client
    const started = clock.now()
    const run = new CheckRun(this.plan, { connection: this.#connection, options: this.#options, signal })
    const results: CheckResult[] = []
    let left: readonly LeftTable[] = []
    try {
      for (const check of this.plan.checks) {
        const result = signal.aborted ? undefined : await run.run(check)
        if (result === undefined) break
        results.push(result)
        onResult(result)
      }
    } finally {
      left = keep ? this.plan.tables.left : await this.plan.tables.dropAll()
      await run.close()
    }
    const seconds = Math.round((clock.now() - started) / 1000)
    return { startedAt: new Date(started), seconds, results, left }
  }

  reportOf({ startedAt, seconds, results }: RunOutcome, { verbose }: { readonly verbose: boolean }): Report {
    const { project = '', schemaName } = this.#connection
    const { endpoint = '', tunnelEndpoint = '' } = this.#options
    const tables = [...this.plan.tables.names.values()]
    return {
      ...{
        version,
        node: process.versions.node,
        startedAt,
        seconds,
        results,
        planned: this.plan.checks.length,
      },
      secrets: textsIn(this.#options.credentials),
      names: [
        ...[project, schemaName ?? '', this.plan.runId, ...tables.map(({ table }) => table)],
        ...[endpoint, tunnelEndpoint].flatMap(url => [url, URL.canParse(url) ? new URL(url).hostname : '']),
      ],
      verbose: verbose ? { endpoint, project, schemaName, tables: tables.map(formatTableName) } : undefined,
    }
  }

  async close(): Promise<void> {
    await this.#connection.client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const textsIn = (credentials: unknown): string[] =>
  Object.values(Object(credentials) as object).filter(value => typeof value === 'string')
