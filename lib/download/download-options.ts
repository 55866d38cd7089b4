import { anyOf, instanceOf, integer, isoTime, listOf, type OptionSpec, oneOf } from '../check-options.js'
import { type FileValues, fileValues } from '../codec/rows/file-values.js'
import type { DecodeOptions } from '../codec/rows/record-decoder.js'
import { type CompressionName, compressionNames } from '../compression/compression.js'
import { TunnelOptionError } from '../errors.js'
import { checkSchema, type RowObjectOf, type RowOf } from '../schema/define-schema.js'
import { type PartitionSpecInput, parsePartitionSpec } from '../schema/partition-spec.js'
import { type Column, selectColumns, type TableSchema, tableSchema } from '../schema/table-schema.js'
import { listPartitions } from '../session/partitions.js'
import { type TableOptions, tableOptionSpec } from '../session/table-options.js'
import type { TableResource } from '../session/table-resource.js'
import type { DownloadConfig } from './download-reader.js'
import type { DownloadSession } from './download-session.js'
import { createDownloadSession, openDownloadSession } from './open-download-session.js'
import { recordFormat } from './range-decoder.js'
import { isOver, replaceSession } from './renewing-source.js'
import { clipRange } from './row-range.js'

/** Options of `createDownloadStream` and `readBatches`. */
export interface DownloadStreamOptions extends TableOptions {
  /** Of a partitioned table: `'all'` partitions, or those under the outer levels that are named, one after the other. */
  readonly partitions?: 'all' | PartitionSpecInput | undefined
  /** The columns to read, in this order. Default: all, in schema order. */
  readonly columns?: readonly string[] | undefined
  /** Appends the partition columns to every row, last. Default false. */
  readonly partitionColumns?: boolean | undefined
  /** First row, from 0. Default 0. */
  readonly start?: number | undefined
  /** Rows to read; fewer if the table ends before. Default: all. */
  readonly count?: number | undefined
  /** Rows per request. Default: 10 000 at first, then as many as fill 8 MiB of records. */
  readonly rangeRows?: number | undefined
  /** Ranges requested at the same time; rows are delivered in order. Default 4. */
  readonly concurrency?: number | undefined
  /** Compressed bytes that all ranges together may buffer before their turn; then their sockets pause. Default 32 MiB. */
  readonly readAheadBytes?: number | undefined
  /** The compression to request; the service decides. Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
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
  /** Attaches to an existing session instead of creating one. */
  readonly sessionId?: string | undefined
  /**
   * With `sessionId`: the rows that session has, from its `toJSON()`. A session that is over is replaced by a new one if
   * this, `schema` and `lastModified` prove that the table is still the same; else the stream fails.
   */
  readonly recordCount?: number | undefined
  /** With `sessionId`: when the data of that session was last modified, ISO 8601, from its `toJSON()`. */
  readonly lastModified?: string | undefined
  /** The schema you expect the table to have; a difference fails the stream with ODPS_SCHEMA_MISMATCH. */
  readonly schema?: TableSchema | undefined
  /** Tags of your choice that the service records with the session's requests. Default: the Tunnel's. */
  readonly tags?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Rows buffered ahead of the consumer. Default 64. */
  readonly highWaterMark?: number | undefined
}

/**
 * The rows that these options give. They are typed by a `schema` of `defineSchema`, as long as all columns are read
 * and no parser replaces values.
 */
export type DownloadedRow<Options> = Options extends
  | { readonly columns: readonly string[] }
  | { readonly parsers: object }
  | { readonly partitionColumns: true }
  ? ShapedRow<Options, TableSchema>
  : Options extends { readonly schema: infer Schema }
    ? ShapedRow<Options, Schema>
    : ShapedRow<Options, TableSchema>

type ShapedRow<Options, Schema> = Options extends { readonly rowShape: 'object' }
  ? RowObjectOf<Schema, ChosenValues<Options>>
  : Options extends { readonly rowShape: 'array' | 'object' }
    ? RowOf<Schema, ChosenValues<Options>> | RowObjectOf<Schema, ChosenValues<Options>>
    : RowOf<Schema, ChosenValues<Options>>

type ChosenValues<Options> = Pick<Options, Extract<keyof Options, 'bigint' | 'string' | 'json'>>

export const downloadStreamSpec: OptionSpec = {
  ...tableOptionSpec,
  partitions: anyOf('string', 'object'),
  columns: listOf('string'),
  partitionColumns: 'boolean',
  start: integer(0),
  count: integer(0),
  rangeRows: integer(1),
  concurrency: integer(1, 64),
  readAheadBytes: integer(1),
  compression: oneOf(...compressionNames),
  rowShape: oneOf('array', 'object'),
  bigint: oneOf('bigint', 'number', 'string'),
  string: oneOf('string', 'buffer'),
  json: oneOf('parsed', 'text'),
  parsers: 'object',
  sessionId: 'string',
  recordCount: integer(0),
  lastModified: isoTime,
  schema: tableSchema,
  tags: listOf('string'),
  signal: instanceOf(AbortSignal),
  highWaterMark: integer(1),
}

/** Fills in the defaults. @throws TunnelOptionError for options that contradict each other */
export const downloadConfig = (table: TableResource, options: DownloadStreamOptions): DownloadConfig =>
  rangeConfig(table, options, session => recordFormat(decodeOptions(session, options)))

/** The options that don't depend on the form that rows come in. */
export type RangeOptions = Omit<DownloadStreamOptions, 'rowShape' | 'bigint' | 'string' | 'json' | 'parsers'>

/** The same for rows in any form. */
export const rangeConfig = <Item>(
  table: TableResource,
  options: RangeOptions,
  format: DownloadConfig<Item>['format'],
): DownloadConfig<Item> => {
  checkColumns(options.columns)
  if (options.partitions !== undefined) checkPartitions(options)
  else if (options.partitionColumns && table.partition === undefined)
    throw wrong('ODPS_INVALID_OPTION', 'partitionColumns needs a partitionSpec to take the values from')
  for (const key of ['recordCount', 'lastModified'] as const)
    if (options[key] !== undefined && options.sessionId === undefined)
      throw wrong('ODPS_INVALID_OPTION', `${key} belongs to a session; pass its sessionId too`)
  return {
    partitions: options.partitions === undefined ? undefined : partitionConfigs(table, options, format),
    create: call => createDownloadSession(table, call),
    open: (signal, onRetry) => openSession(table, options, signal, onRetry),
    range: session => clipRange(options.start ?? 0, options.count, session.recordCount),
    columns: options.columns,
    compression: options.compression ?? 'snappy',
    format,
    rangeRows: options.rangeRows,
    concurrency: options.concurrency ?? 4,
    readAheadBytes: options.readAheadBytes ?? 32 * 2 ** 20,
    highWaterMark: options.highWaterMark ?? 64,
    signal: options.signal,
  }
}

/** Row numbers and sessions belong to one partition. */
const checkPartitions = (options: RangeOptions): void => {
  const single = (
    ['partitionSpec', 'sessionId', 'start', 'count', 'recordCount', 'lastModified'] as const
  ).find(key => options[key] !== undefined)
  if (single !== undefined)
    throw wrong(
      'ODPS_INVALID_OPTION',
      `${single} applies to one partition; don't pass it together with partitions`,
    )
}

const partitionConfigs = <Item>(
  table: TableResource,
  { partitions, ...options }: RangeOptions,
  format: DownloadConfig<Item>['format'],
): DownloadConfig<Item>['partitions'] => {
  const prefix = partitions === 'all' ? undefined : parsePartitionSpec(partitions!)
  return async function* (signal, onRetry) {
    for await (const { spec } of listPartitions(table.client, table.name, prefix, { signal, onRetry }))
      yield rangeConfig(table.ofPartition(spec), options, format)
  }
}

/** Whether the table has the columns is known only with the session; that they are few and different is known now. */
const checkColumns = (columns: readonly string[] | undefined): void => {
  if (columns === undefined) return
  if (columns.length === 0)
    throw wrong('ODPS_INVALID_COLUMNS', 'columns is empty; leave it out to read all columns')
  const seen = new Set<string>()
  for (const name of columns) {
    if (seen.has(name.toLowerCase())) throw wrong('ODPS_INVALID_COLUMNS', `columns names '${name}' twice`)
    seen.add(name.toLowerCase())
  }
}

const decodeOptions = (session: DownloadSession, options: DownloadStreamOptions): DecodeOptions => {
  const { rowShape, bigint, string, json, parsers, partitionColumns } = options
  return {
    ...session.decodeOptions,
    ...(rowShape !== undefined && { rowShape }),
    ...(bigint !== undefined && { bigint }),
    ...(string !== undefined && { string }),
    ...(json !== undefined && { json }),
    ...((options as FileValues)[fileValues] && ({ string: 'exact', map: 'pairs', json: 'text' } as const)),
    ...(parsers !== undefined && { parsers: parsers as NonNullable<DecodeOptions['parsers']> }),
    ...(partitionColumns && { partition: session.partitionValues() }),
  }
}

const openSession = async (
  table: TableResource,
  options: RangeOptions,
  signal: AbortSignal,
  onRetry: () => void,
): Promise<DownloadSession> => {
  const { sessionId, recordCount, schema, lastModified, columns } = options
  const common = { signal, onRetry }
  const create = (): Promise<DownloadSession> => createDownloadSession(table, common)
  const known = { recordCount, schema, lastModified }
  const session =
    sessionId === undefined
      ? await create()
      : await openDownloadSession(table, { ...common, ...known, sessionId }).catch(error => {
          if ((recordCount ?? lastModified) === undefined || !isOver(error)) throw error
          onRetry()
          const ended = { sessionId, recordCount, schema, version: table.givenVersion(lastModified) }
          return replaceSession(ended, error, create, common)
        })
  if (schema !== undefined) checkSchema(schema, session.schema, 'read')
  if (columns !== undefined) selectColumns(session.schema, columns)
  return session
}

const wrong = (code: 'ODPS_INVALID_OPTION' | 'ODPS_INVALID_COLUMNS', what: string): TunnelOptionError =>
  new TunnelOptionError(code, what)
