import { checkMemory } from '../budget/budget.js'
import { anyOf, instanceOf, integer, listOf, type OptionSpec, oneOf } from '../check-options.js'
import { type CompressionName, compressionNames } from '../compression/compression.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { RowInputOf } from '../schema/define-schema.js'
import { type TableSchema, tableSchema } from '../schema/table-schema.js'
import {
  type OpenSessionOptions,
  openSessionSpec,
  type TableOptions,
  tableOptionSpec,
} from '../session/table-options.js'
import { checkLevel } from '../upload/check-upload-options.js'
import type { RowErrorHandler } from '../upload/uploader.js'
import type { DeleteRow, PartialRow } from './upsert-rows.js'

/** How rows are sent to a table with a primary key. Sizes are bytes of encoded, uncompressed records. */
export interface UpsertOptions {
  /** Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
  /** deflate: 0 to 9, default 1. zstd: 1 to 22, default 3. */
  readonly compressionLevel?: number | undefined
  /** A bucket is sent when it holds this many bytes. Default 1 MiB. */
  readonly flushBytes?: number | undefined
  /** A bucket is sent when it holds this many rows. Default: no limit. */
  readonly flushRows?: number | undefined
  /** Bytes of all records in memory, waiting or being sent; beyond this the largest bucket is sent, and rows wait. Default 64 MiB. */
  readonly bufferBytes?: number | undefined
  /** Buckets sent at the same time; of one bucket always one request at a time. Default 4. */
  readonly concurrency?: number | undefined
  /** Keys of object rows that aren't columns: `'error'` (default) or `'ignore'`. A row with no key that is a column is an error. */
  readonly unknownColumns?: 'error' | 'ignore' | undefined
  /** `'parsed'` (default): a JSON cell accepts any JSON value. `'text'`: it accepts the JSON text itself. */
  readonly json?: 'parsed' | 'text' | undefined
  /** Tags of your choice that the service records with the session's requests. Default: the Tunnel's. */
  readonly tags?: readonly string[] | undefined
}

/** Options of `createUpsertSession`. */
export interface CreateUpsertSessionOptions extends TableOptions, UpsertOptions {
  /** Servers among which the service spreads the buckets. Default 1. */
  readonly slots?: number | undefined
  /** Stops the creation. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `openUpsertSession`: the JSON of a session, and how rows are sent. */
export interface OpenUpsertSessionOptions extends OpenSessionOptions, UpsertOptions {}

/** Options of `createUpsertStream`; a `schema` of `defineSchema` types the rows. */
export interface UpsertStreamOptions<Schema extends TableSchema = TableSchema>
  extends TableOptions,
    UpsertOptions {
  /** Servers among which the service spreads the buckets. Default 1. */
  readonly slots?: number | undefined
  /** `'fail'` (default), or a synchronous function called with each bad row; if it throws, the stream fails. */
  readonly onRowError?: 'fail' | RowErrorHandler | undefined
  /** If more rows than this are bad, the stream fails with the last error. Default: no limit. */
  readonly maxRowErrors?: number | undefined
  /** The schema you expect the table to have; a difference fails the stream with ODPS_SCHEMA_MISMATCH. */
  readonly schema?: Schema | undefined
  readonly signal?: AbortSignal | undefined
  /** Rows buffered before `write` returns false. Default 64. */
  readonly highWaterMark?: number | undefined
}

/** What can be written to a stream of upserts: whole rows, deletions, partial rows. */
export type UpsertRow<Schema extends TableSchema = TableSchema> = RowInputOf<Schema> | DeleteRow | PartialRow

const upsertSpec: OptionSpec = {
  compression: oneOf(...compressionNames),
  compressionLevel: integer(0, 22),
  flushBytes: integer(1),
  flushRows: integer(1),
  bufferBytes: integer(1),
  concurrency: integer(1, 64),
  unknownColumns: oneOf('error', 'ignore'),
  json: oneOf('parsed', 'text'),
  tags: listOf('string'),
}

export const createUpsertSessionSpec: OptionSpec = {
  ...tableOptionSpec,
  ...upsertSpec,
  slots: integer(1, 1024),
  signal: instanceOf(AbortSignal),
}

export const openUpsertSessionSpec: OptionSpec = { ...openSessionSpec, ...upsertSpec }

export const upsertStreamSpec: OptionSpec = {
  ...createUpsertSessionSpec,
  onRowError: anyOf(oneOf('fail'), 'function'),
  maxRowErrors: integer(0),
  schema: tableSchema,
  highWaterMark: integer(1),
}

/** What rows are sent by: options already checked, defaults filled in. */
export interface UpsertSettings {
  readonly compression: CompressionName
  readonly compressionLevel: number | undefined
  readonly flushBytes: number
  readonly flushRows: number
  readonly bufferBytes: number
  readonly concurrency: number
  readonly unknownColumns: 'error' | 'ignore'
  readonly json: 'parsed' | 'text'
}

const defaultFlushBytes = 2 ** 20
const defaultBufferBytes = 64 * 2 ** 20

/**
 * @param where the function that the options are of
 * @throws TunnelOptionError for options that contradict each other, or the Tunnel's memory
 */
export const upsertSettings = (
  where: string,
  { budget }: TunnelClient,
  options: UpsertOptions,
): UpsertSettings => {
  const { compression = 'snappy', compressionLevel } = options
  if (compressionLevel !== undefined) checkLevel(where, compression, compressionLevel)
  const flushBytes = options.flushBytes ?? defaultFlushBytes
  checkMemory(where, budget.memory, 'the rows of a bucket (flushBytes)', flushBytes)
  return {
    ...{ compression, compressionLevel, flushBytes },
    flushRows: options.flushRows ?? Number.POSITIVE_INFINITY,
    bufferBytes: options.bufferBytes ?? defaultBufferBytes,
    concurrency: options.concurrency ?? 4,
    unknownColumns: options.unknownColumns ?? 'error',
    json: options.json ?? 'parsed',
  }
}
