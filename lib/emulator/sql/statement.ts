import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { Column } from '../../schema/table-schema.js'

/** One to three parts, outermost first. */
export type SqlName = readonly string[]

export interface CreateTable {
  readonly kind: 'createTable'
  readonly name: SqlName
  readonly ifNotExists: boolean
  readonly columns: readonly Column[]
  readonly partitionColumns: readonly Column[]
  readonly primaryKey: readonly string[]
  readonly comment: string
  readonly properties: Readonly<Record<string, string>>
  /** Days, -1 for none. */
  readonly lifecycle: number
}

export interface DropTable {
  readonly kind: 'dropTable'
  readonly name: SqlName
  readonly ifExists: boolean
}

/** Without `specs` the whole table. */
export interface TruncateTable {
  readonly kind: 'truncateTable'
  readonly name: SqlName
  readonly specs: readonly PartitionSpec[]
}

export interface AddPartitions {
  readonly kind: 'addPartitions'
  readonly name: SqlName
  readonly ifNotExists: boolean
  readonly specs: readonly PartitionSpec[]
}

export interface DropPartitions {
  readonly kind: 'dropPartitions'
  readonly name: SqlName
  readonly ifExists: boolean
  readonly specs: readonly PartitionSpec[]
}

export interface AddColumns {
  readonly kind: 'addColumns'
  readonly name: SqlName
  readonly ifNotExists: boolean
  readonly columns: readonly Column[]
}

export interface SelectColumn {
  readonly column: string
  readonly alias: string
}

export interface Select {
  readonly kind: 'select'
  readonly name: SqlName
  /** `*`, a count of the rows under a name, or columns. */
  readonly what: '*' | { readonly countAs: string } | readonly SelectColumn[]
  /** Conditions on partition columns, all of which hold. */
  readonly where: PartitionSpec
  readonly limit: number | undefined
}

/** `SET key=value`, for the statements after it. */
export interface SetOption {
  readonly kind: 'set'
  readonly key: string
  readonly value: string
}

export type Statement =
  | CreateTable
  | DropTable
  | TruncateTable
  | AddPartitions
  | DropPartitions
  | AddColumns
  | Select
  | SetOption
