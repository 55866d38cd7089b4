import { checkMemory } from '../budget/budget.js'
import { resolveConnection, type WithConnection } from '../connection.js'
import { TunnelOptionError } from '../errors.js'
import { loadOnce } from '../load-once.js'
import type { RowInputOf } from '../schema/define-schema.js'
import type { TableSchema } from '../schema/table-schema.js'
import { tableResource } from '../session/table-options.js'
import type { TableResource } from '../session/table-resource.js'
import { checkLevel } from '../upload/check-upload-options.js'
import type { PartitionedRow } from '../upload/upload-options.js'
import {
  type AnyStreamingOptions,
  type PartitionedStreamingOptions,
  type StreamingUploadOptions,
  streamingUploadSpec,
  type UnpartitionedStreamingOptions,
} from './streaming-options.js'
import type { StreamingSettings } from './streaming-transaction.js'
import { StreamingUploadStream } from './streaming-upload-stream.js'

/**
 * A stream whose rows are in the table soon after they are written, without a commit, at least once; see
 * {@link Tunnel.createStreamingUploadStream}. Without `tunnel` it connects by itself, and closes its connections when it closes.
 *
 * @throws TunnelOptionError at once, before any I/O
 */
export function createStreamingUploadStream<Schema extends TableSchema = TableSchema>(
  options: WithConnection<UnpartitionedStreamingOptions<Schema>>,
): StreamingUploadStream<RowInputOf<Schema>>
export function createStreamingUploadStream<Schema extends TableSchema = TableSchema>(
  options: WithConnection<PartitionedStreamingOptions<Schema>>,
): StreamingUploadStream<PartitionedRow>
export function createStreamingUploadStream<Schema extends TableSchema = TableSchema>(
  options: WithConnection<StreamingUploadOptions<Schema>>,
): StreamingUploadStream<RowInputOf<Schema>>
export function createStreamingUploadStream(options: WithConnection<AnyStreamingOptions>): unknown {
  const { connection, own, release } = resolveConnection<AnyStreamingOptions>(
    where,
    options,
    streamingUploadSpec,
  )
  return newStreamingUploadStream(tableResource(connection, own), own).once('close', release)
}

const where = 'createStreamingUploadStream'
/** What such a stream is made of is loaded when one begins. */
const loadTransaction = loadOnce(() => import('./streaming-transaction.js'))

/** @throws TunnelOptionError for options that contradict each other, or the Tunnel's memory */
export const newStreamingUploadStream = (
  table: TableResource,
  options: AnyStreamingOptions,
): StreamingUploadStream => {
  checkPartitionBy(options)
  const settings = settingsOf(options)
  const { budget } = table.client
  checkMemory(where, budget.memory, 'a pack (flushBytes)', settings.limits.bytes)
  return new StreamingUploadStream({
    begin: async context => {
      const { StreamingTransaction } = await loadTransaction()
      return StreamingTransaction.open(table, settings, context)
    },
    table: table.named,
    budget,
    compression: settings.compression,
    concurrency: options.concurrency ?? 3,
    onRowError: options.onRowError ?? 'fail',
    maxRowErrors: options.maxRowErrors ?? Number.POSITIVE_INFINITY,
    highWaterMark: options.highWaterMark ?? 64,
    signal: options.signal,
  })
}

const checkPartitionBy = ({ partitionBy, partitionSpec, createPartition }: AnyStreamingOptions): void => {
  if (partitionBy === undefined) return
  if (partitionSpec !== undefined)
    throw wrong("partitionBy tells the whole partition of each row, so partitionSpec can't be given with it")
  if (createPartition === false)
    throw wrong(
      "with partitionBy the service creates partitions that are missing, so createPartition: false can't be given with it",
    )
}

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_OPTION', `${where}: ${what}`)

const settingsOf = (options: AnyStreamingOptions): StreamingSettings => {
  const { compression = 'snappy', compressionLevel, json = 'parsed', unknownColumns = 'error' } = options
  const { partitionBy, createPartition = false } = options
  if (compressionLevel !== undefined) checkLevel(where, compression, compressionLevel)
  return {
    limits: { rows: options.flushRows ?? 10_000, bytes: options.flushBytes ?? 4 * 2 ** 20 },
    intervalMs: options.flushIntervalMs ?? 1000,
    ...{ partitionBy, createPartition: createPartition && partitionBy === undefined },
    slots: options.slots,
    onSchemaChange: options.onSchemaChange ?? 'fail',
    ...{ compression, compressionLevel, encode: { json, unknownColumns } },
    schema: options.schema,
  }
}
