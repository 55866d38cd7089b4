import type { OptionSpec } from '../check-options.js'
import { anyOf, instanceOf, integer, listOf, objectOf, oneOf } from '../check-options.js'
import { type CompressionName, compressionNames } from '../compression/compression.js'
import { type TableSchema, tableSchema } from '../schema/table-schema.js'
import { type TableOptions, tableOptionSpec } from '../session/table-options.js'
import { maxBlockIds } from './block-check.js'
import type { CheckpointOptions } from './checkpoints.js'
import type { RowErrorHandler } from './uploader.js'

/** A longer wait would outlive the session. */
const maxIntervalMs = 12 * 3_600_000

/** Options of `createUploadStream`; a `schema` of `defineSchema` types the rows. Sizes are bytes of encoded, uncompressed records. */
export interface UploadStreamOptions<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = CheckpointOptions | undefined,
> extends TableOptions {
  /** Creates the partition when it is missing. Default false: a missing partition is ODPS_NO_SUCH_PARTITION. */
  readonly createPartition?: boolean | undefined
  /** The commit replaces what the table or partition holds; with no rows at all it empties it. Default false. */
  readonly overwrite?: boolean | undefined
  /** Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
  /** deflate: 0 to 9, default 1. zstd: 1 to 22, default 3. */
  readonly compressionLevel?: number | undefined
  /** A block ends when it holds this many bytes. Default 32 MiB; it doubles when 50, 75 and 90 % of the block ids are used. */
  readonly blockBytes?: number | undefined
  /** Blocks never grow beyond it. Default 64 MiB, or `blockBytes` when that is more. */
  readonly maxBlockBytes?: number | undefined
  /** A block ends when it holds this many rows. Default: no limit. Doubles like `blockBytes`. */
  readonly blockRows?: number | undefined
  /** Blocks uploaded at once. Default 3. */
  readonly concurrency?: number | undefined
  /** `'fail'` (default), or a synchronous function that takes a bad row; when it throws, the stream fails. */
  readonly onRowError?: 'fail' | RowErrorHandler | undefined
  /** With more bad rows than this the last error fails the stream. Default: no limit. */
  readonly maxRowErrors?: number | undefined
  /** Attaches to a session that exists instead of creating one. */
  readonly sessionId?: string | undefined
  /** With `sessionId` and the same rows from the start: blocks the service holds with our record count are not sent again. */
  readonly resume?: boolean | undefined
  /** False: `finish` means that all blocks are on the service, and somebody else commits. Default true. */
  readonly commit?: boolean | undefined
  /** The block ids this stream may write, and replace. Default all, 0 to 19999. */
  readonly blockIds?: { readonly start: number; readonly count: number } | undefined
  /**
   * Commits again and again while rows come, at whichever limit is reached first, and tells each commit by the event
   * `checkpoint`. Sessions follow one another; there is no end to the rows a stream can take.
   */
  readonly checkpoint?: Limits
  /** Keys of object rows that are no column: `'error'` (default), or `'ignore'`. A row of which no key is a column is an error. */
  readonly unknownColumns?: 'error' | 'ignore' | undefined
  /** `'parsed'` (default): a JSON cell takes any JSON value. `'text'`: it takes the JSON text itself. */
  readonly json?: 'parsed' | 'text' | undefined
  /** What the table is expected to look like; a difference fails the stream with ODPS_SCHEMA_MISMATCH. */
  readonly schema?: Schema | undefined
  /** Free tags the service records with the requests of this session. Default: the Tunnel's. */
  readonly tags?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Rows buffered before `write` returns false. Default 64. */
  readonly highWaterMark?: number | undefined
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
  unknownColumns: oneOf('error', 'ignore'),
  json: oneOf('parsed', 'text'),
  schema: tableSchema,
  tags: listOf('string'),
  signal: instanceOf(AbortSignal),
  highWaterMark: integer(1),
}
