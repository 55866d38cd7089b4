import {
  anyOf,
  checkOptions,
  instanceOf,
  integer,
  listOf,
  type OptionSpec,
  objectOf,
  oneOf,
  textMap,
} from '../check-options.js'
import { type CompressionName, compressionNames } from '../compression/compression.js'
import { type Connected, isConnected } from '../connection.js'
import { TunnelOptionError } from '../errors.js'
import type { PartitionSpecInput } from '../schema/partition-spec.js'
import { tableOptionSpec } from '../session/table-options.js'
import type { CopyWay } from './compare-columns.js'

/** What is checked of records that are copied as bytes. */
export type CopyVerification = 'trailer' | 'records'

/** Where rows come from. */
export interface CopySource {
  /** The Tunnel to read with, for another project or region. Default: the one that writes. */
  readonly tunnel?: Connected | undefined
  /** `table`, `schema.table` or `project.schema.table`. */
  readonly table: string
  readonly project?: string | undefined
  readonly schemaName?: string | undefined
  /** One partition, all its levels. */
  readonly partitionSpec?: PartitionSpecInput | undefined
  /**
   * `'all'` partitions, or those under the levels named, or under any of several: each goes to the partition of the same name,
   * which is created if it is missing, and is committed on its own.
   */
  readonly partitions?: 'all' | PartitionSpecInput | readonly PartitionSpecInput[] | undefined
}

/** Where rows go. */
export interface CopyTarget {
  readonly table: string
  readonly project?: string | undefined
  readonly schemaName?: string | undefined
  /** One partition, all its levels. */
  readonly partitionSpec?: PartitionSpecInput | undefined
}

/** What a target that is created has besides that of the source. */
export interface CopiedTableOptions {
  readonly comment?: string | undefined
  /** Days after the last change that the data lives. */
  readonly lifecycleDays?: number | undefined
  /** More of `TBLPROPERTIES`, or other values of those. */
  readonly properties?: Readonly<Record<string, string>> | undefined
}

/** Options of `copyTable`. Sizes are bytes of encoded, uncompressed records. */
export interface CopyTableOptions {
  readonly from: CopySource
  readonly to: CopyTarget
  /** Each commit replaces the contents of its table or partition. Default false: rows are added. */
  readonly overwrite?: boolean | undefined
  /** Creates the partition of `to` if it is missing. Default false; with `from.partitions` it always is. */
  readonly createPartition?: boolean | undefined
  /**
   * Creates the target like the source if it is missing: columns, their comments, partition columns, and the properties that the
   * service tells (`transactional`, `acid.data.retain.hours`). A source with a primary key is refused. Default false.
   */
  readonly createTable?: boolean | CopiedTableOptions | undefined
  /**
   * `'trailer'` (default): the client checks the number of records in each range, and the service the checksum of each
   * record. `'records'`: the client checks those too.
   */
  readonly verify?: CopyVerification | undefined
  /** Default `'snappy'`, for both directions. */
  readonly compression?: CompressionName | undefined
  /** deflate: 0 to 9, default 1. zstd: 1 to 22, default 3. */
  readonly compressionLevel?: number | undefined
  /** A block ends when it holds this many bytes. Default 8 MiB for the first 64 blocks, 16 MiB for the next 64, then 32 MiB. */
  readonly blockBytes?: number | undefined
  /** Rows per request. Default: 1 000 at first, then as many as fill 8 MiB of records. */
  readonly rangeRows?: number | undefined
  /** Ranges requested at the same time, and blocks uploaded at the same time. Default 4 and 3. */
  readonly concurrency?: number | undefined
  /** Called four times per second, and after each commit. */
  readonly progress?: ((progress: CopyProgress) => void) | undefined
  /**
   * Called and awaited twice per partition: when all its blocks are on the service (its `state` is then `'unknown'`), and when
   * they are committed. Whoever saves the result each time can go on with it after the process was killed.
   */
  readonly onResult?: ((result: CopyResult) => void | Promise<void>) | undefined
  /** The result of a copy that failed (`error.result`), or what `onResult` got last: partitions in it are not copied again. */
  readonly resume?: CopyResult | undefined
  readonly signal?: AbortSignal | undefined
}

export interface CopyProgress {
  /** Rows read so far, in this call. */
  readonly rows: number
  /** Rows of the partitions begun so far, in this call. */
  readonly totalRows: number
  /** Partitions committed so far; a table without partitions counts as one. */
  readonly partitions: number
  readonly totalPartitions: number
  /** The partition that is being copied. */
  readonly partitionSpec: string | undefined
  /** Bytes of records read. */
  readonly rawBytes: number
  /** Compressed bytes received. */
  readonly receivedBytes: number
  /** Compressed bytes of blocks that reached the service. */
  readonly sentBytes: number
  /** Requests sent again. */
  readonly retries: number
}

/** What a copy did. Plain JSON. */
export interface CopyResult {
  /** `project.schema.table` */
  readonly from: string
  readonly to: string
  /** Rows committed. */
  readonly rows: number
  readonly partitions: readonly CopiedPartition[]
}

export interface CopiedPartition {
  /** Of the source, `a=1,b=2`; absent for a table without partitions. */
  readonly partitionSpec?: string
  /** Of the target, where it has partitions. */
  readonly toPartitionSpec?: string
  /** `'copied'`: as bytes. `'reencoded'`: read and written again, since the columns differ. */
  readonly way: CopyWay
  readonly rows: number
  /** Bytes of records, as they were written. */
  readonly rawBytes: number
  /** The upload session and its blocks. */
  readonly sessionId: string
  readonly blockIds: readonly number[]
  /** `'unknown'`: all blocks are on the service, and it isn't known whether they were committed; a call with `resume` asks. */
  readonly state: 'committed' | 'unknown'
}

const nonEmptyText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? undefined : 'text'

const copiedPartitionSpec: OptionSpec = {
  partitionSpec: nonEmptyText,
  toPartitionSpec: nonEmptyText,
  way: oneOf('copied', 'reencoded'),
  rows: integer(0),
  rawBytes: integer(0),
  sessionId: nonEmptyText,
  blockIds: listOf(integer(0)),
  state: oneOf('committed', 'unknown'),
}

export const copyTableSpec: OptionSpec = {
  from: objectOf({
    ...tableOptionSpec,
    tunnel: isConnected,
    partitions: anyOf('string', listOf(anyOf('string', 'object')), 'object'),
  }),
  to: objectOf(tableOptionSpec),
  overwrite: 'boolean',
  createPartition: 'boolean',
  createTable: anyOf(
    'boolean',
    objectOf({ comment: 'string', lifecycleDays: integer(1), properties: textMap }),
  ),
  verify: oneOf('trailer', 'records'),
  compression: oneOf(...compressionNames),
  compressionLevel: integer(0, 22),
  blockBytes: integer(1),
  rangeRows: integer(1),
  concurrency: integer(1, 64),
  progress: 'function',
  onResult: 'function',
  resume: objectOf({
    from: nonEmptyText,
    to: nonEmptyText,
    rows: integer(0),
    partitions: listOf(objectOf(copiedPartitionSpec)),
  }),
  signal: instanceOf(AbortSignal),
}

/** @throws TunnelOptionError ODPS_INVALID_OPTION for options that are missing or contradict each other */
export const checkCopyOptions = (options: CopyTableOptions): void => {
  checkOptions('copyTable', options, copyTableSpec)
  const { from, to, createPartition } = options ?? {}
  if (from?.table === undefined) throw wrong('from.table is missing: the table to copy')
  if (to?.table === undefined) throw wrong('to.table is missing: the table to copy to')
  if (from.partitions === undefined) return
  if (from.partitionSpec !== undefined)
    throw wrong('from.partitionSpec names one partition; leave it out, or leave out from.partitions')
  if (to.partitionSpec !== undefined)
    throw wrong(
      'with from.partitions each partition goes to the one of the same name; leave out to.partitionSpec',
    )
  if (createPartition === false)
    throw wrong('with from.partitions missing partitions are created; leave out createPartition')
}

export const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_OPTION', `copyTable: ${what}`)
