import { type OptionSpec, oneOf } from '../../check-options.js'
import { resolveConnection, type WithConnection } from '../../connection.js'
import { resourceConfig } from '../../download/download-config.js'
import { resourceRangeSpec, type TableRangeOptions } from '../../download/download-options.js'
import type { CallOptions } from '../../session/call-options.js'
import { getTable } from '../../session/table-info.js'
import { tableResource } from '../../session/table-options.js'
import type { RecordBatch } from '../apache-arrow.js'
import { ArrowDownloadStream } from './arrow-download-stream.js'
import { BatchFormats } from './batch-format.js'
import { IpcOutput, RecordBatchOutput } from './batch-output.js'

/** Options of `createArrowDownloadStream`: those of a download of rows, without what says how a row's values are given. */
export interface ArrowDownloadOptions extends Omit<TableRangeOptions, 'highWaterMark'> {
  /**
   * `'batches'` (default): record batches of the package `apache-arrow`. `'ipc'`: bytes of an Arrow IPC stream, for which no
   * package is needed.
   */
  readonly as?: 'batches' | 'ipc' | undefined
  /** Buffered ahead of the consumer. Default 2 record batches; with `as: 'ipc'` 65 536 bytes. */
  readonly highWaterMark?: number | undefined
}

const { instanceId, limited, ...rangeSpec } = resourceRangeSpec

const arrowDownloadSpec: OptionSpec = { ...rangeSpec, as: oneOf('batches', 'ipc') }

/**
 * A stream that gives the rows of a table in Arrow. Without `tunnel` it connects by itself, and closes its connections
 * when it closes.
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
  const { connection, own, release } = resolveConnection<ArrowDownloadOptions>(
    'createArrowDownloadStream',
    options,
    arrowDownloadSpec,
  )
  const table = tableResource(connection, own)
  const isIpc = own.as === 'ipc'
  const formats = new BatchFormats(own)
  const config = {
    ...resourceConfig(table, own, formats.of),
    highWaterMark: own.highWaterMark ?? (isIpc ? 65_536 : 2),
    // Without a single partition there is no session that would know the columns.
    fields: async (call: CallOptions) =>
      formats.fields ?? formats.fieldsOf((await getTable(connection.client, table.name, call)).schema),
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
