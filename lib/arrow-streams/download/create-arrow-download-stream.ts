import { type OptionSpec, oneOf } from '../../check-options.js'
import { resolveConnection, type WithConnection } from '../../connection.js'
import { resourceConfig } from '../../download/download-config.js'
import {
  type ResultRangeOptions,
  resourceRangeSpec,
  type TableRangeOptions,
} from '../../download/download-options.js'
import type { DownloadConfig } from '../../download/download-reader.js'
import type { Connection } from '../../options.js'
import { queryRangeConfig } from '../../query/query-config.js'
import { type QueryRangeOptions, queryRangeSpec } from '../../query/query-options.js'
import type { CallOptions } from '../../session/call-options.js'
import { resourceOf } from '../../session/resource-options.js'
import { getTable } from '../../session/table-info.js'
import { tableResource } from '../../session/table-options.js'
import type { RecordBatch } from '../apache-arrow.js'
import { ArrowDownloadStream } from './arrow-download-stream.js'
import { BatchFormats } from './batch-format.js'
import { IpcOutput, RecordBatchOutput } from './batch-output.js'
import type { OutputBatch } from './projection.js'

/** What the chunks of a download in Arrow are. */
export interface ArrowOutputOptions {
  /**
   * `'batches'` (default): record batches of the package `apache-arrow`. `'ipc'`: bytes of an Arrow IPC stream, for which no
   * package is needed.
   */
  readonly as?: 'batches' | 'ipc' | undefined
  /** Buffered ahead of the consumer. Default 2 record batches; with `as: 'ipc'` 65 536 bytes. */
  readonly highWaterMark?: number | undefined
}

/** A download of a table, or of partitions, in Arrow. */
export interface ArrowTableDownloadOptions
  extends Omit<TableRangeOptions, 'highWaterMark'>,
    ArrowOutputOptions {
  readonly sql?: undefined
}

/** A download in Arrow of what a query has left. */
export interface ArrowResultDownloadOptions
  extends Omit<ResultRangeOptions, 'highWaterMark'>,
    ArrowOutputOptions {
  readonly sql?: undefined
}

/** A query whose result is downloaded in Arrow. */
export interface ArrowQueryOptions extends Omit<QueryRangeOptions, 'highWaterMark'>, ArrowOutputOptions {
  readonly table?: undefined
  readonly instanceId?: undefined
}

/**
 * Options of `createArrowDownloadStream`: those of a download or a query of rows, without what says how a row's values are
 * given.
 */
export type ArrowDownloadOptions = ArrowTableDownloadOptions | ArrowResultDownloadOptions | ArrowQueryOptions

const where = 'createArrowDownloadStream'

const outputSpec: OptionSpec = { as: oneOf('batches', 'ipc') }
const resourceSpec: OptionSpec = { ...resourceRangeSpec, ...outputSpec }
const querySpec: OptionSpec = { ...queryRangeSpec, ...outputSpec }

/**
 * A stream that gives the rows of a table, of a result that exists (`instanceId`), or of a query (`sql`) in Arrow. Without
 * `tunnel` it connects by itself, and closes its connections when it closes.
 *
 * @throws TunnelOptionError at once, before any I/O; the stream fails with ODPS_MISSING_PACKAGE, before any session, when
 * record batches are wanted and `apache-arrow` is absent
 */
export function createArrowDownloadStream(
  options: WithConnection<ArrowDownloadOptions & { readonly as: 'ipc' }>,
): ArrowDownloadStream<Buffer>
export function createArrowDownloadStream(
  options: WithConnection<ArrowDownloadOptions & { readonly as?: 'batches' | undefined }>,
): ArrowDownloadStream<RecordBatch>
export function createArrowDownloadStream(
  options: WithConnection<ArrowDownloadOptions>,
): ArrowDownloadStream<Buffer> | ArrowDownloadStream<RecordBatch> {
  const spec = options?.sql === undefined ? resourceSpec : querySpec
  const { connection, own, release } = resolveConnection<ArrowDownloadOptions>(where, options, spec)
  const isIpc = own.as === 'ipc'
  const formats = new BatchFormats(own.sql === undefined ? own : { columns: own.columns })
  const config = {
    ...rangesOf(connection, own, formats),
    highWaterMark: own.highWaterMark ?? (isIpc ? 65_536 : 2),
    fields: async (call: CallOptions) =>
      formats.fields ?? formats.fieldsOf(await schemaOf(connection, own, call)),
  }
  if (isIpc)
    return new ArrowDownloadStream({ ...config, objectMode: false, output: new IpcOutput() }).once(
      'close',
      release,
    )
  return new ArrowDownloadStream({ ...config, objectMode: true, output: new RecordBatchOutput() }).once(
    'close',
    release,
  )
}

const rangesOf = (
  connection: Connection,
  own: ArrowDownloadOptions,
  formats: BatchFormats,
): DownloadConfig<OutputBatch> =>
  own.sql === undefined
    ? resourceConfig(resourceOf(where, connection, own), own, formats.of)
    : queryRangeConfig(where, connection, own, formats.of)

/** Only partitions of which there is none have no session that would know the columns. */
const schemaOf = async (connection: Connection, own: ArrowDownloadOptions, call: CallOptions) => {
  const { name } = tableResource(connection, own as ArrowTableDownloadOptions)
  return (await getTable(connection.client, name, call)).schema
}
