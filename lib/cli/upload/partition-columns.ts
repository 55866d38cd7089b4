import { type Column, type PartitionSpec, type TableSchema, TunnelValueError } from '../../index.js'
import { isInteger } from '../../schema/data-type.js'
import { PartitionText } from '../../text/partition-text.js'
import type { BadRecord, SourceBatch } from '../formats/row-source.js'
import { badRowOf } from '../transfer/bad-records.js'
import { CliError, UsageError } from '../usage-error.js'

/*
 * With --partition-by a file says in which partition each of its records goes. Its rows then have more cells than the
 * table has columns: those of the partition come last, in the table's order, which is what a download with
 * --with-partition-columns writes. To the files they are columns like others; they are told apart again here.
 */

/**
 * The columns of rows: those of the table, and behind them the partition columns that rows carry.
 * @param fixed the part of the partition that is the same for all rows
 * @throws UsageError when both together are not the partition columns of the table
 */
export const rowSchemaOf = (
  { columns, partitionColumns }: TableSchema,
  by: readonly string[] | undefined,
  fixed: PartitionSpec = [],
): TableSchema => {
  if (by === undefined) return { columns, partitionColumns }
  if (partitionColumns.length === 0)
    throw new UsageError('--partition-by: the table has no partitions', 'Leave --partition-by out')
  const wanted = new Set(fixed.map(({ name }) => lower(name)))
  const carried = new Set(by.map(lower))
  const levels = partitionColumns.map(({ name }) => name)
  const known = new Set(levels.map(lower))
  const unknown = by.find(name => !known.has(lower(name)))
  const twice = by.find((name, i) => wanted.has(lower(name)) || by.findIndex(each => same(each, name)) < i)
  const missing = levels.find(name => !carried.has(lower(name)) && !wanted.has(lower(name)))
  if (unknown !== undefined)
    throw new UsageError(
      `--partition-by: '${unknown}' is not a partition column of the table`,
      `Its partition columns are ${levels.join(', ')}`,
    )
  if (twice !== undefined)
    throw new UsageError(
      `--partition-by: the partition column '${twice}' is given twice`,
      'Name it in --partition-by, or give its value in --partition, not both',
    )
  if (missing !== undefined)
    throw new UsageError(
      `--partition-by lacks the partition column '${missing}'`,
      `Add it, or give its value for all rows: --partition ${missing}=<value>`,
    )
  const isCarried = ({ name }: Column): boolean => carried.has(lower(name))
  return {
    columns: [...columns, ...partitionColumns.filter(isCarried)],
    partitionColumns: partitionColumns.filter(column => !isCarried(column)),
  }
}

/** Tells the partitions of rows, as the transfer will, before anything is sent. */
export class RowPartitions {
  readonly #dataColumns: number
  readonly #texts: readonly PartitionText[]
  readonly #seen = new Set<string>()

  constructor(rows: TableSchema, table: TableSchema) {
    this.#dataColumns = table.columns.length
    this.#texts = rows.columns.slice(this.#dataColumns).map(column => new PartitionText(column))
  }

  /** Partitions of the rows so far. */
  get count(): number {
    return this.#seen.size
  }

  /** The rows that have no partition. */
  refused({ rows, originOf }: SourceBatch): BadRecord[] {
    const refused: BadRecord[] = []
    for (const [i, row] of rows.entries())
      try {
        this.#seen.add(this.#texts.map((text, at) => text.of(row[this.#dataColumns + at], i)).join('/'))
      } catch (error) {
        if (!(error instanceof TunnelValueError)) throw error
        refused.push(badRowOf(error, originOf(i)))
      }
    return refused
  }
}

/**
 * The table for a file: the columns that --partition-by names become its partition columns, behind those of --partition.
 * @throws CliError for names that the file doesn't have, and when it has no others
 */
export const partitionedTable = (
  columns: readonly Column[],
  by: readonly string[],
  fixed: readonly Column[],
  file: string,
): TableSchema => {
  const carried = by.map(name => {
    const column = columns.find(each => same(each.name, name))
    if (column === undefined)
      throw new CliError(
        `${file} has no column '${name}', which --partition-by names`,
        `Its columns are ${columns.map(each => each.name).join(', ')}`,
      )
    // Whole numbers, as the file has them, are told apart by their value, all else by its text.
    return isInteger(column.type) ? column : { ...column, type: { kind: 'string' } as const }
  })
  const names = new Set(by.map(lower))
  const data = columns.filter(({ name }) => !names.has(lower(name)))
  if (data.length === 0)
    throw new CliError(
      `${file} has no columns besides those of --partition-by`,
      'A table needs one column that is not of its partitions',
    )
  return { columns: data, partitionColumns: [...fixed, ...carried] }
}

const lower = (name: string): string => name.toLowerCase()
const same = (a: string, b: string): boolean => lower(a) === lower(b)
