import { randomBytes } from 'node:crypto'
import { TunnelOptionError } from '../errors.js'
import type { Connection } from '../options.js'
import { formatTableName, parsePlace } from '../schema/table-name.js'
import type { Check } from './check.js'
import { fillingOf } from './filling.js'
import { ScratchTables } from './scratch-tables.js'
import { definitionOf } from './table-definitions.js'

/*
 * What a run will do, before it does anything: whoever lets it into their project sees each table by its name, and how much
 * is asked of the service. The figures are sums of what each check declares, which tests hold the checks to.
 */

export interface Plan {
  readonly runId: string
  readonly checks: readonly Check[]
  readonly tables: ScratchTables
  /** That are submitted, those that make and drop tables included. */
  readonly statements: number
  /** At most, while nothing has to be repeated and no statement has to be waited for. */
  readonly requests: number
  /** Of bodies that are sent, at most. */
  readonly bytes: number
}

/** Submitted, looked at until it has ended, and its task. */
const requestsOfStatement = 3
/** Session, block, commit. */
const requestsOfFilling = 3
/** The tunnel is looked for once. */
const requestsOfRoute = 1
/** A table is looked at before it is dropped. */
const requestsOfTable = 2 * requestsOfStatement + 1

/** In front of a table's name; what it is put in front of makes the name long enough to be nobody else's. */
const prefixForm = /^[a-z][a-z0-9_]{0,40}$/i

/** @throws TunnelOptionError for a prefix that can't begin a table's name, or without a project */
export const planRun = (
  connection: Connection,
  checks: readonly Check[],
  { prefix, runId = randomBytes(4).toString('hex') }: { readonly prefix: string; readonly runId?: string },
): Plan => {
  if (!prefixForm.test(prefix))
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `prefix must be a letter and then letters, digits or '_', at most 41 of them, got '${prefix.slice(0, 60)}'`,
    )
  const keys = [...new Set(checks.flatMap(check => check.tables))]
  const filled = keys.filter(key => definitionOf(key).rows !== undefined)
  const sum = (count: (check: Check) => number): number =>
    checks.reduce((total, check) => total + count(check), 0)
  return {
    runId,
    checks,
    tables: new ScratchTables(connection, parsePlace({}, connection), {
      prefix: prefix.toLowerCase(),
      runId,
      keys,
    }),
    statements: 2 * keys.length + sum(({ statements = 0 }) => statements),
    requests:
      requestsOfRoute +
      keys.length * requestsOfTable +
      filled.length * requestsOfFilling +
      sum(({ requests }) => requests),
    bytes: filled.reduce((total, key) => total + fillingOf(key).length, 0) + sum(({ bytes = 0 }) => bytes),
  }
}

/** A table as whoever decides about the run sees it. */
export interface PlannedTable {
  readonly title: string
  readonly columns: number
  readonly partitionLevels: number
}

export const plannedTables = ({ tables }: Plan): PlannedTable[] =>
  [...tables.names].map(([key, name]) => {
    const { columns, partitionColumns } = definitionOf(key).schema
    return {
      title: formatTableName(name),
      columns: columns.length,
      partitionLevels: partitionColumns.length,
    }
  })
