import { anyOf, instanceOf, integer, listOf, type OptionSpec, oneOf } from '../check-options.js'
import { type CompressionName, compressionNames } from '../compression/compression.js'
import type { RowInputOf } from '../schema/define-schema.js'
import { type TableSchema, tableSchema } from '../schema/table-schema.js'
import { type TableOptions, tableOptionSpec } from '../session/table-options.js'
import type { PartitionBy } from '../upload/partitions/partition-keys.js'
import type { RowErrorHandler } from '../upload/uploader.js'

/** Longer than this, rows would not be visible soon in any sense. */
const maxIntervalMs = 3_600_000
/** The memory of a stream is counted in packs. */
const maxPackBytes = 1024 * 2 ** 20
const maxSlots = 1024

/** Options of `createStreamingUploadStream`; a `schema` of `defineSchema` types the rows. */
export interface StreamingUploadOptions<Schema extends TableSchema = TableSchema> extends TableOptions {
  /**
   * Puts rows into many partitions: by the names of all partition columns, which rows carry (arrays as their last cells, in the
   * table's order), or by a synchronous function that returns the whole spec. The service creates partitions that are missing.
   * Instead of `partitionSpec`. The flush limits are for all partitions together, and a flush sends what all of them have.
   */
  readonly partitionBy?: PartitionBy<RowInputOf<Schema>> | undefined
  /**
   * Creates the partition if it is missing. Default false: a missing partition raises ODPS_NO_SUCH_PARTITION. Always so with
   * `partitionBy`.
   */
  readonly createPartition?: boolean | undefined
  /** A pack is sent when it holds this many rows. Default 10 000. */
  readonly flushRows?: number | undefined
  /** A pack is sent when it holds this many bytes of encoded, uncompressed records. Default 4 MiB. */
  readonly flushBytes?: number | undefined
  /** A pack is sent this many milliseconds after its first row. Default 1000. Waiting doesn't keep the process alive. */
  readonly flushIntervalMs?: number | undefined
  /** Slots to ask the service for. Default: as many as it gives. With 1 all rows stay in order. */
  readonly slots?: number | undefined
  /** Packs sent at the same time, at most one per slot. Default 3. */
  readonly concurrency?: number | undefined
  /** Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
  /** deflate: 0 to 9, default 1. zstd: 1 to 22, default 3. */
  readonly compressionLevel?: number | undefined
  /**
   * What happens when the table's columns change. `'fail'` (default): the stream fails with ODPS_SCHEMA_CHANGED. `'reload'`: it
   * goes on where columns were only added at the end, and fails else.
   */
  readonly onSchemaChange?: 'fail' | 'reload' | undefined
  /** `'fail'` (default), or a synchronous function called with each bad row; if it throws, the stream fails. */
  readonly onRowError?: 'fail' | RowErrorHandler | undefined
  /** If more rows than this are bad, the stream fails with the last error. Default: no limit. */
  readonly maxRowErrors?: number | undefined
  /** Keys of object rows that aren't columns: `'error'` (default) or `'ignore'`. A row with no key that is a column is an error. */
  readonly unknownColumns?: 'error' | 'ignore' | undefined
  /** `'parsed'` (default): a JSON cell accepts any JSON value. `'text'`: it accepts the JSON text itself. */
  readonly json?: 'parsed' | 'text' | undefined
  /** The schema you expect the table to have when the stream begins; a difference fails the stream with ODPS_SCHEMA_MISMATCH. */
  readonly schema?: Schema | undefined
  /** Tags of your choice that the service records with the session's requests. Default: the Tunnel's. */
  readonly tags?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Rows buffered before `write` returns false. Default 64. */
  readonly highWaterMark?: number | undefined
}

/** With them it goes into one partition, or a table without. */
export type UnpartitionedStreamingOptions<Schema extends TableSchema = TableSchema> =
  StreamingUploadOptions<Schema> & { readonly partitionBy?: undefined }

/** With them a streaming upload goes into many partitions. */
export interface PartitionedStreamingOptions<Schema extends TableSchema = TableSchema>
  extends StreamingUploadOptions<Schema> {
  readonly partitionBy: PartitionBy<RowInputOf<Schema>>
}

/** The same for whoever reads them, whatever they type. */
export type AnyStreamingOptions = Omit<StreamingUploadOptions, 'partitionBy'> & {
  readonly partitionBy?: PartitionBy<never> | undefined
}

export const streamingUploadSpec: OptionSpec = {
  ...tableOptionSpec,
  partitionBy: anyOf(listOf('string'), 'function'),
  createPartition: 'boolean',
  flushRows: integer(1),
  flushBytes: integer(1, maxPackBytes),
  flushIntervalMs: integer(1, maxIntervalMs),
  slots: integer(1, maxSlots),
  concurrency: integer(1, 64),
  compression: oneOf(...compressionNames),
  compressionLevel: integer(0, 22),
  onSchemaChange: oneOf('fail', 'reload'),
  onRowError: anyOf(oneOf('fail'), 'function'),
  maxRowErrors: integer(0),
  unknownColumns: oneOf('error', 'ignore'),
  json: oneOf('parsed', 'text'),
  schema: tableSchema,
  tags: listOf('string'),
  signal: instanceOf(AbortSignal),
  highWaterMark: integer(1),
}
