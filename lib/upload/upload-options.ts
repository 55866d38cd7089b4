import type { OptionSpec } from '../check-options.js'
import { anyOf, instanceOf, integer, listOf, objectOf, oneOf } from '../check-options.js'
import { type CompressionName, compressionNames } from '../compression/compression.js'
import type { RowInputOf } from '../schema/define-schema.js'
import { type TableSchema, tableSchema } from '../schema/table-schema.js'
import { type TableOptions, tableOptionSpec } from '../session/table-options.js'
import { maxBlockIds } from './block-check.js'
import type { CheckpointOptions } from './checkpoints.js'
import type { PartitionBy } from './partitions/partition-keys.js'
import type { RowErrorHandler } from './uploader.js'

/** A longer wait would outlive the session. */
const maxIntervalMs = 12 * 3_600_000

/** Options of `createUploadStream`; a `schema` of `defineSchema` types the rows. Sizes are bytes of encoded, uncompressed records. */
export interface UploadStreamOptions<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = CheckpointOptions | undefined,
> extends TableOptions {
  /** Creates the partition if it is missing. Default false: a missing partition raises ODPS_NO_SUCH_PARTITION. */
  readonly createPartition?: boolean | undefined
  /** The commit replaces the contents of the table or partition; an upload without rows empties it. Default false. */
  readonly overwrite?: boolean | undefined
  /** Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
  /** deflate: 0 to 9, default 1. zstd: 1 to 22, default 3. */
  readonly compressionLevel?: number | undefined
  /**
   * A block ends when it holds this many bytes. Default 8 MiB for the first 64 blocks, 16 MiB for the next 64, then 32 MiB (32 MiB from the start with fewer than
   * 1024 block ids). It doubles when 50, 75 and 90 % of the block ids are used.
   */
  readonly blockBytes?: number | undefined
  /** The largest size blocks may grow to. Default 64 MiB, or `blockBytes` if that is larger. */
  readonly maxBlockBytes?: number | undefined
  /** A block ends when it holds this many rows. Default: no limit. Doubles like `blockBytes`. */
  readonly blockRows?: number | undefined
  /** Blocks uploaded at the same time. Default 3. */
  readonly concurrency?: number | undefined
  /** `'fail'` (default), or a synchronous function called with each bad row; if it throws, the stream fails. */
  readonly onRowError?: 'fail' | RowErrorHandler | undefined
  /** If more rows than this are bad, the stream fails with the last error. Default: no limit. */
  readonly maxRowErrors?: number | undefined
  /** Attaches to an existing session instead of creating one. */
  readonly sessionId?: string | undefined
  /** With `sessionId` and the same rows from the start: blocks the service holds with our record count are not sent again. */
  readonly resume?: boolean | undefined
  /** False: `finish` means that all blocks are on the service, and another process commits. Default true. */
  readonly commit?: boolean | undefined
  /** The block ids this stream may write, and replace. Default all, 0 to 19999. */
  readonly blockIds?: { readonly start: number; readonly count: number } | undefined
  /**
   * Commits again and again while rows come, at whichever limit is reached first, and reports each commit with the event
   * `checkpoint`. Sessions follow one another, so the number of rows in a stream is unlimited.
   */
  readonly checkpoint?: Limits
  /**
   * Puts rows into many partitions: by the names of partition columns that rows carry (arrays as their last cells, in the
   * table's order), or by a synchronous function that returns the whole spec. `partitionSpec` has the other columns.
   */
  readonly partitionBy?: PartitionBy<RowInputOf<Schema>> | undefined
  /** With `partitionBy`: bytes of records that wait in memory, and as many that are being sent. Default 64 MiB. */
  readonly partitionBytes?: number | undefined
  /** With `partitionBy`: sessions opened, and blocks compressed and sent, at once, instead of `concurrency`. Default 16. */
  readonly maxOpenPartitions?: number | undefined
  /** Keys of object rows that aren't columns: `'error'` (default) or `'ignore'`. A row with no key that is a column is an error. */
  readonly unknownColumns?: 'error' | 'ignore' | undefined
  /** `'parsed'` (default): a JSON cell accepts any JSON value. `'text'`: it accepts the JSON text itself. */
  readonly json?: 'parsed' | 'text' | undefined
  /** The schema you expect the table to have; a difference fails the stream with ODPS_SCHEMA_MISMATCH. */
  readonly schema?: Schema | undefined
  /** Tags of your choice that the service records with the session's requests. Default: the Tunnel's. */
  readonly tags?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Rows buffered before `write` returns false. Default 64. */
  readonly highWaterMark?: number | undefined
}

/** With them it goes into one partition, or a table without. */
export type UnpartitionedUploadOptions<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = CheckpointOptions | undefined,
> = UploadStreamOptions<Schema, Limits> & { readonly partitionBy?: undefined }

/** With them an upload goes into many partitions. */
export interface PartitionedUploadOptions<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = CheckpointOptions | undefined,
> extends UploadStreamOptions<Schema, Limits> {
  readonly partitionBy: PartitionBy<RowInputOf<Schema>>
}

/** A row of such an upload: with names in `partitionBy` it has more cells than the schema has columns. */
export type PartitionedRow = readonly unknown[] | object

/** The same for whoever reads them, whatever they type. */
export type AnyUploadOptions = Omit<UploadStreamOptions, 'partitionBy'> & {
  readonly partitionBy?: PartitionBy<never> | undefined
}

export const uploadStreamSpec: OptionSpec = {
  ...tableOptionSpec,
  createPartition: 'boolean',
  overwrite: 'boolean',
  compression: oneOf(...compressionNames),
  compressionLevel: integer(0, 22),
  blockBytes: integer(1),
  maxBlockBytes: integer(1),
  blockRows: integer(1),
  concurrency: integer(1, 64),
  onRowError: anyOf(oneOf('fail'), 'function'),
  maxRowErrors: integer(0),
  sessionId: 'string',
  resume: 'boolean',
  commit: 'boolean',
  blockIds: objectOf({ start: integer(0, maxBlockIds - 1), count: integer(1, maxBlockIds) }),
  checkpoint: objectOf({ rows: integer(1), bytes: integer(1), intervalMs: integer(1, maxIntervalMs) }),
  partitionBy: anyOf(listOf('string'), 'function'),
  partitionBytes: integer(1),
  maxOpenPartitions: integer(1, 64),
  unknownColumns: oneOf('error', 'ignore'),
  json: oneOf('parsed', 'text'),
  schema: tableSchema,
  tags: listOf('string'),
  signal: instanceOf(AbortSignal),
  highWaterMark: integer(1),
}
