import { anyOf, instanceOf, integer, isoTime, listOf, type OptionSpec, oneOf } from '../check-options.js'
import { type CompressionName, compressionNames } from '../compression/compression.js'
import { parserMap } from '../schema/column-names.js'
import type { RowObjectOf, RowOf, SelectedSchema } from '../schema/define-schema.js'
import type { PartitionSpecInput } from '../schema/partition-spec.js'
import { type Column, type TableSchema, tableSchema } from '../schema/table-schema.js'
import { type ResultOptions, resourceOptionSpec } from '../session/resource-options.js'
import type { TableOptions } from '../session/table-options.js'

/** What every download takes, whatever it reads, and in whatever form. */
export interface RangeOptions {
  /** The columns to read, in this order. Default: all, in schema order. */
  readonly columns?: readonly string[] | undefined
  /** First row, from 0. Default 0. */
  readonly start?: number | undefined
  /** Rows to read; fewer if the table ends before. Default: all. */
  readonly count?: number | undefined
  /** Rows per request. Default: 10 000 at first, then as many as fill 8 MiB of records. */
  readonly rangeRows?: number | undefined
  /** Ranges requested at the same time; rows are delivered in order. Default 4. */
  readonly concurrency?: number | undefined
  /**
   * Compressed bytes that all ranges together may buffer before their turn, at most; then their sockets pause. A download begins with
   * 1 MiB, and takes more when its reader waits for bytes. Default 32 MiB.
   */
  readonly readAheadBytes?: number | undefined
  /** The compression to request; the service decides. Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
  /** The schema you expect the table to have; a difference fails the stream with ODPS_SCHEMA_MISMATCH. */
  readonly schema?: TableSchema | undefined
  /** Tags of your choice that the service records with the session's requests. Default: the Tunnel's. */
  readonly tags?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Rows buffered ahead of the consumer. Default 64. */
  readonly highWaterMark?: number | undefined
}

/** How the values of rows are returned. */
export interface RowValueOptions {
  /** `'array'` (default): values in column order. `'object'`: keyed by column name, spelled as in the schema. */
  readonly rowShape?: 'array' | 'object' | undefined
  /** How BIGINT is returned, including nested values. `'number'` throws if a value is unsafe. Default `'bigint'`. */
  readonly bigint?: 'bigint' | 'number' | 'string' | undefined
  /** `'buffer'` returns STRING, VARCHAR and CHAR as bytes; `'string'` (default) decodes UTF-8, bad bytes as U+FFFD. */
  readonly string?: 'string' | 'buffer' | undefined
  /** `'parsed'` (default) returns JSON values, `'text'` the text. */
  readonly json?: 'parsed' | 'text' | undefined
  /** Replaces the converter of a column or of a type: called with the default value, never for NULL. */
  readonly parsers?: Readonly<Record<string, (value: never, column: Column) => unknown>> | undefined
}

/** A session that exists, to be read instead of a new one. */
export interface AttachOptions {
  /** Attaches to an existing session instead of creating one. */
  readonly sessionId?: string | undefined
  /**
   * With `sessionId`: the rows that session has, from its `toJSON()`. A session that is over is replaced by a new one if
   * this, `schema` and `lastModified` prove that the table is still the same; else the stream fails.
   */
  readonly recordCount?: number | undefined
  /** With `sessionId`: when the data of that session was last modified, ISO 8601, from its `toJSON()`. */
  readonly lastModified?: string | undefined
}

/** The ranges of a table, or of partitions. */
export interface TableRangeOptions extends TableOptions, RangeOptions, AttachOptions {
  /** Of a partitioned table: `'all'` partitions, or those under the outer levels that are named, one after the other. */
  readonly partitions?: 'all' | PartitionSpecInput | undefined
  /** Appends the partition columns to every row, last. Default false. */
  readonly partitionColumns?: boolean | undefined
  readonly instanceId?: undefined
}

/** The ranges of what a query has left. */
export interface ResultRangeOptions extends ResultOptions, RangeOptions, AttachOptions {
  readonly partitionSpec?: undefined
  readonly partitions?: undefined
  readonly partitionColumns?: undefined
}

/** A download of a table, or of partitions. */
export interface TableDownloadOptions extends TableRangeOptions, RowValueOptions {}

/** A download of what a query has left. */
export interface ResultDownloadOptions extends ResultRangeOptions, RowValueOptions {}

/** Options of `createDownloadStream`, `readBatches` and `download`. */
export type DownloadStreamOptions = TableDownloadOptions | ResultDownloadOptions

/**
 * The rows that these options give. They are typed by a `schema` of `defineSchema`, as long as no parser replaces values and the
 * compiler knows which columns are read: all, or `columns` written down in the call.
 */
export type DownloadedRow<Options> = Options extends
  | { readonly parsers: object }
  | { readonly partitionColumns: true }
  ? ShapedRow<Options, TableSchema>
  : Options extends { readonly schema: infer Schema }
    ? ShapedRow<Options, ChosenSchema<Schema, ChosenColumns<Options>>>
    : ShapedRow<Options, TableSchema>

type ChosenColumns<Options> = 'columns' extends keyof Options ? Options['columns'] : undefined

/** Not distributed: columns that may be chosen, or may not, are not known. */
type ChosenSchema<Schema, Names> = [Names] extends [undefined]
  ? Schema
  : [Names] extends [readonly string[]]
    ? SelectedSchema<Schema, Names>
    : TableSchema

type ShapedRow<Options, Schema> = Options extends { readonly rowShape: 'object' }
  ? RowObjectOf<Schema, ChosenValues<Options>>
  : Options extends { readonly rowShape: 'array' | 'object' }
    ? RowOf<Schema, ChosenValues<Options>> | RowObjectOf<Schema, ChosenValues<Options>>
    : RowOf<Schema, ChosenValues<Options>>

type ChosenValues<Options> = Pick<Options, Extract<keyof Options, 'bigint' | 'string' | 'json'>>

export const rangeOptionSpec: OptionSpec = {
  columns: listOf('string'),
  start: integer(0),
  count: integer(0),
  rangeRows: integer(1),
  concurrency: integer(1, 64),
  readAheadBytes: integer(1),
  compression: oneOf(...compressionNames),
  schema: tableSchema,
  tags: listOf('string'),
  signal: instanceOf(AbortSignal),
  highWaterMark: integer(1),
}

export const rowValueSpec: OptionSpec = {
  rowShape: oneOf('array', 'object'),
  bigint: oneOf('bigint', 'number', 'string'),
  string: oneOf('string', 'buffer'),
  json: oneOf('parsed', 'text'),
  parsers: parserMap,
}

/** Of the ranges of a table or result. */
export const resourceRangeSpec: OptionSpec = {
  ...resourceOptionSpec,
  ...rangeOptionSpec,
  partitions: anyOf('string', 'object'),
  partitionColumns: 'boolean',
  sessionId: 'string',
  recordCount: integer(0),
  lastModified: isoTime,
}

export const downloadStreamSpec: OptionSpec = { ...resourceRangeSpec, ...rowValueSpec }
