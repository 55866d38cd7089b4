import { type FileValues, fileValues } from '../codec/rows/file-values.js'
import type { DecodeOptions } from '../codec/rows/record-decoder.js'
import { recordPrinting, type WithRecordPrinting } from '../codec/rows/record-printing.js'
import { TunnelOptionError } from '../errors.js'
import { checkParsers } from '../schema/column-names.js'
import { checkSchema } from '../schema/define-schema.js'
import { type PartitionSpecInput, parsePartitionSpec } from '../schema/partition-spec.js'
import { selectColumns, type TableSchema } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import { listPartitions } from '../session/partitions.js'
import type { Resource } from '../session/resource.js'
import { TableResource } from '../session/table-resource.js'
import type {
  AttachOptions,
  DownloadStreamOptions,
  RangeOptions,
  ResultRangeOptions,
  RowValueOptions,
  TableRangeOptions,
} from './download-options.js'
import type { DownloadConfig, OpenCall } from './download-reader.js'
import type { DownloadSession } from './download-session.js'
import { createDownloadSession, openDownloadSession } from './open-download-session.js'
import { recordFormat } from './range-decoder.js'
import { isOver, replaceSession } from './renewing-source.js'
import { clipRange } from './row-range.js'

/** The options of tables and results; which belong together is checked before. */
interface AnyOptions extends RangeOptions, AttachOptions {
  readonly partitions?: 'all' | PartitionSpecInput | undefined
  readonly partitionSpec?: PartitionSpecInput | undefined
  readonly partitionColumns?: boolean | undefined
}

/**
 * What a download of rows runs on, with the defaults filled in.
 * @throws TunnelOptionError for options that contradict each other
 */
export const downloadConfig = (resource: Resource, options: DownloadStreamOptions): DownloadConfig => ({
  ...resourceConfig(resource, options, recordsOf(options)),
  isPrinted: (options as WithRecordPrinting)[recordPrinting] !== undefined,
})

/** The same for rows in any form. */
export const resourceConfig = <Item>(
  resource: Resource,
  options: TableRangeOptions | ResultRangeOptions,
  format: DownloadConfig<Item>['format'],
): DownloadConfig<Item> => configOf(resource, options, format)

const configOf = <Item>(
  resource: Resource,
  options: AnyOptions,
  format: DownloadConfig<Item>['format'],
): DownloadConfig<Item> => {
  const { partitions, partitionColumns, sessionId } = options
  const table = resource instanceof TableResource ? resource : undefined
  if (partitions !== undefined) checkPartitions(options)
  else if (partitionColumns && table?.partition === undefined)
    throw wrong('ODPS_INVALID_OPTION', 'partitionColumns needs a partitionSpec to take the values from')
  for (const key of ['recordCount', 'lastModified'] as const)
    if (options[key] !== undefined && sessionId === undefined)
      throw wrong('ODPS_INVALID_OPTION', `${key} belongs to a session; pass its sessionId too`)
  return {
    ...rangeConfig(options, format),
    source: resource.named,
    partitionColumns,
    partitions:
      partitions === undefined || table === undefined
        ? undefined
        : partitionConfigs(table, partitions, options, format),
    create: call => createDownloadSession(resource, call),
    open: call => attachOrCreate(resource, options, call),
  }
}

/**
 * What is the same for all downloads, whatever they open.
 * @throws TunnelOptionError for columns that can't be
 */
export const rangeConfig = <Item>(
  options: RangeOptions,
  format: DownloadConfig<Item>['format'],
): Omit<DownloadConfig<Item>, 'source' | 'partitions' | 'create' | 'open'> => {
  checkColumns(options.columns)
  return {
    range: session => clipRange(options.start ?? 0, options.count, session.recordCount),
    columns: options.columns && [...options.columns],
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
const checkPartitions = (options: AnyOptions): void => {
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
  wanted: 'all' | PartitionSpecInput,
  { partitions, ...options }: AnyOptions,
  format: DownloadConfig<Item>['format'],
): DownloadConfig<Item>['partitions'] => {
  const prefix = wanted === 'all' ? undefined : parsePartitionSpec(wanted)
  return async function* (call: CallOptions) {
    for await (const { spec } of listPartitions(table.client, table.name, prefix, call))
      yield configOf(table.ofPartition(spec), options, format)
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

/** Rows as records, in the values that the options want now: a caller may use the same object again before there is a session. */
export const recordsOf = (
  options: RowValueOptions & { readonly partitionColumns?: boolean | undefined },
): DownloadConfig['format'] => {
  const { rowShape, bigint, string, json, partitionColumns } = options
  const parsers = options.parsers && { ...options.parsers }
  return session => {
    checkParsers(parsers, session.schema)
    if (rowShape === 'object') checkDistinct(session.schema.columns)
    return recordFormat({
      ...session.decodeOptions,
      ...(rowShape !== undefined && { rowShape }),
      ...(bigint !== undefined && { bigint }),
      ...(string !== undefined && { string }),
      ...(json !== undefined && { json }),
      ...((options as FileValues)[fileValues] && ({ string: 'exact', map: 'pairs', json: 'text' } as const)),
      printing: (options as WithRecordPrinting)[recordPrinting],
      ...(parsers !== undefined && { parsers: parsers as NonNullable<DecodeOptions['parsers']> }),
      ...(partitionColumns && { partition: session.partitionValues() }),
    })
  }
}

const attachOrCreate = async (
  resource: Resource,
  options: AnyOptions,
  { stats, onInstance, ...call }: OpenCall,
): Promise<DownloadSession> => {
  const { sessionId, recordCount, schema, lastModified } = options
  const create = (): Promise<DownloadSession> => createDownloadSession(resource, call)
  const known = { recordCount, schema, lastModified }
  const session =
    sessionId === undefined
      ? await create()
      : await openDownloadSession(resource, { ...call, ...known, sessionId }).catch(error => {
          if ((recordCount ?? lastModified) === undefined || !isOver(error)) throw error
          call.onRetry()
          const ended = { sessionId, recordCount, schema, version: resource.givenVersion(lastModified) }
          return replaceSession(ended, error, create, call)
        })
  checkSession(session, options)
  return session
}

/**
 * Holds what was asked for to what there is.
 * @throws TunnelOptionError ODPS_SCHEMA_MISMATCH, ODPS_INVALID_COLUMNS
 */
export const checkSession = (session: DownloadSession, { schema, columns }: RangeOptions): void => {
  if (schema !== undefined) checkSchema(schema, session.schema, 'read')
  if (columns !== undefined) selectColumns(session.schema, columns)
}

/** A query may give two columns the same name, of which an object could hold one only. */
const checkDistinct = (columns: TableSchema['columns']): void => {
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name))
      throw wrong(
        'ODPS_INVALID_COLUMNS',
        `two columns are named '${name}', so rows can't be objects; name them apart in the query, or leave out rowShape`,
      )
    seen.add(name)
  }
}

const wrong = (code: 'ODPS_INVALID_OPTION' | 'ODPS_INVALID_COLUMNS', what: string): TunnelOptionError =>
  new TunnelOptionError(code, what)
