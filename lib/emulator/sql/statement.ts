import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { Column } from '../../schema/table-schema.js'
import type { Token } from './tokenize.js'

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

/** Without `spec` the table. */
export interface Touch {
  readonly kind: 'touch'
  readonly name: SqlName
  readonly spec: PartitionSpec | undefined
}

export interface RenameTable {
  readonly kind: 'renameTable'
  readonly name: SqlName
  readonly to: SqlName
}

export interface RenamePartition {
  readonly kind: 'renamePartition'
  readonly name: SqlName
  readonly spec: PartitionSpec
  readonly to: PartitionSpec
}

/** Only what is in `to` changes. */
export interface ChangeColumn {
  readonly kind: 'changeColumn'
  readonly name: SqlName
  readonly column: string
  readonly to: Partial<Pick<Column, 'name' | 'type' | 'comment' | 'nullable'>>
}

export interface DropColumns {
  readonly kind: 'dropColumns'
  readonly name: SqlName
  readonly columns: readonly string[]
}

/** Only what is in `to` changes; properties are added to those there are. */
export interface SetTable {
  readonly kind: 'setTable'
  readonly name: SqlName
  readonly to: Partial<Pick<CreateTable, 'lifecycle' | 'comment' | 'properties'>>
}

export interface CreateTableAs {
  readonly kind: 'createTableAs'
  readonly name: SqlName
  readonly ifNotExists: boolean
  readonly comment: string
  readonly properties: Readonly<Record<string, string>>
  readonly lifecycle: number
  readonly query: Query
}

export interface CreateTableLike {
  readonly kind: 'createTableLike'
  readonly name: SqlName
  readonly ifNotExists: boolean
  readonly like: SqlName
  /** Days, -1 for none: that of the other table isn't taken along. */
  readonly lifecycle: number
}

/** A view's column, with the name it has there. */
export interface ViewColumn {
  readonly name: string
  readonly comment: string
}

export interface CreateView {
  readonly kind: 'createView'
  readonly name: SqlName
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  /** Undefined for those of the query. */
  readonly columns: readonly ViewColumn[] | undefined
  readonly comment: string
  readonly query: Query
}

export interface DropView {
  readonly kind: 'dropView'
  readonly name: SqlName
  readonly ifExists: boolean
}

/** A part of a script as it is written. */
export interface QueryText {
  /** The whole script. */
  readonly source: string
  readonly tokens: readonly Token[]
}

/** A query, by itself or inside another statement. */
export interface Query {
  readonly kind: 'query'
  /** What it reads when it is plain. */
  readonly plain: Select | undefined
  readonly text: QueryText
  /** Where the table of a plain one is named, else where it begins: `[line,column]`. */
  readonly position: string
}

/** A value as it is written. */
export interface Literal {
  readonly kind:
    | 'null'
    | 'boolean'
    | 'number'
    | 'text'
    | 'date'
    | 'datetime'
    | 'timestamp'
    | 'timestamp_ntz'
    | 'json'
  readonly text: string
  /** `[line,column]` */
  readonly position: string
}

/** A value that has to be calculated. */
export interface ValueExpression {
  readonly kind: 'expression'
  readonly tokens: readonly Token[]
  /** `[line,column]` */
  readonly position: string
}

/** Rows as they are written. */
export interface Values {
  readonly values: readonly (readonly (Literal | ValueExpression)[])[]
  /** The whole script. */
  readonly source: string
}

export interface Insert {
  readonly kind: 'insert'
  readonly name: SqlName
  readonly overwrite: boolean
  readonly partition: PartitionSpec
  /** Partition columns without a value, whose values are in the rows, behind the other columns. */
  readonly dynamic: readonly string[]
  /** Undefined for all in their order. */
  readonly columns: readonly string[] | undefined
  readonly source: Query | Values
}

/** Several INSERTs that read the same tables as they were before all of them. */
export interface MultiInsert {
  readonly kind: 'multiInsert'
  readonly inserts: readonly PlacedInsert[]
}

/** An INSERT, and where its table is named. */
export interface PlacedInsert {
  readonly insert: Insert
  readonly position: string
}

/** `DELETE` and `UPDATE`. */
export interface ChangeRows {
  readonly kind: 'changeRows'
  readonly name: SqlName
  /** The name as it stands there. */
  readonly table: readonly Token[]
  /** The expression for each column that is set; undefined for DELETE. */
  readonly values: ReadonlyMap<string, readonly Token[]> | undefined
  readonly where: readonly Token[]
  /** The whole script. */
  readonly source: string
}

export interface CreateSchema {
  readonly kind: 'createSchema'
  readonly name: SqlName
  readonly ifNotExists: boolean
  readonly comment: string
}

export interface DropSchema {
  readonly kind: 'dropSchema'
  readonly name: SqlName
  readonly ifExists: boolean
}

/** `place` is empty, a project, or project and schema; `like` has `*` and `|`. */
export interface ShowTables {
  readonly kind: 'showTables'
  readonly place: readonly string[]
  /** Of views only. */
  readonly views: boolean
  readonly like: string | undefined
}

export interface ShowSchemas {
  readonly kind: 'showSchemas'
  readonly project: string | undefined
}

export interface ShowPartitions {
  readonly kind: 'showPartitions'
  readonly name: SqlName
  readonly spec: PartitionSpec
}

export interface ShowCreateTable {
  readonly kind: 'showCreateTable'
  readonly name: SqlName
}

export interface DescribeTable {
  readonly kind: 'describeTable'
  readonly name: SqlName
  readonly extended: boolean
  readonly spec: PartitionSpec | undefined
}

export interface DescribeSchema {
  readonly kind: 'describeSchema'
  readonly name: SqlName
}

export interface SelectColumn {
  readonly column: string
  readonly alias: string
  /** Where it stands in the query, for errors. */
  readonly position: string
}

/** A query that the emulator's own reader can do, if `where` names partition columns only. */
export interface Select {
  readonly name: SqlName
  /** `*`, a count of the rows under a name, or columns. */
  readonly what: '*' | { readonly countAs: string } | readonly SelectColumn[]
  /** Conditions, all of which hold. */
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
  | CreateTableLike
  | DropTable
  | TruncateTable
  | AddPartitions
  | DropPartitions
  | AddColumns
  | Touch
  | RenameTable
  | RenamePartition
  | ChangeColumn
  | DropColumns
  | SetTable
  | CreateTableAs
  | Insert
  | MultiInsert
  | ChangeRows
  | CreateView
  | DropView
  | CreateSchema
  | DropSchema
  | ShowTables
  | ShowSchemas
  | ShowPartitions
  | ShowCreateTable
  | DescribeTable
  | DescribeSchema
  | Query
  | SetOption
