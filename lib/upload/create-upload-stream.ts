import { resolveConnection, type WithConnection } from '../connection.js'
import type { RowInputOf } from '../schema/define-schema.js'
import type { TableSchema } from '../schema/table-schema.js'
import { tableResource } from '../session/table-options.js'
import type { CheckpointOptions } from './checkpoints.js'
import { newUploadStream, type PartitionsResultOf, type UploadResultOf } from './new-upload-stream.js'
import type { Rows } from './row-input.js'
import {
  type AnyUploadOptions,
  type PartitionedRow,
  type PartitionedUploadOptions,
  type UnpartitionedUploadOptions,
  type UploadStreamOptions,
  uploadStreamSpec,
} from './upload-options.js'
import type { UploadTotals } from './upload-results.js'
import { uploadRows } from './upload-rows.js'
import type { UploadStream } from './upload-stream.js'

/**
 * A stream that puts rows into a table; see {@link Tunnel.createUploadStream}. Without `tunnel` it connects by
 * itself, and closes its connections when it closes.
 *
 * @throws TunnelOptionError at once, before any I/O
 */
export function createUploadStream<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = undefined,
>(
  options: WithConnection<UnpartitionedUploadOptions<Schema, Limits>>,
): UploadStream<RowInputOf<Schema>, UploadResultOf<Limits>>
export function createUploadStream<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = undefined,
>(
  options: WithConnection<PartitionedUploadOptions<Schema, Limits>>,
): UploadStream<PartitionedRow, PartitionsResultOf<Limits>>
export function createUploadStream<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = undefined,
>(
  options: WithConnection<UploadStreamOptions<Schema, Limits>>,
): UploadStream<RowInputOf<Schema>, UploadResultOf<Limits>>
export function createUploadStream(options: WithConnection<AnyUploadOptions>): unknown {
  return open('createUploadStream', options)
}

/**
 * Puts all rows into a table; see {@link Tunnel.upload}. Without `tunnel` it connects by itself, and closes its connections
 * at the end.
 */
export function upload<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = undefined,
>(
  options: WithConnection<UnpartitionedUploadOptions<Schema, Limits>>,
  rows: Rows<RowInputOf<Schema>>,
): Promise<UploadResultOf<Limits> & UploadTotals>
export function upload<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = undefined,
>(
  options: WithConnection<PartitionedUploadOptions<Schema, Limits>>,
  rows: Rows<PartitionedRow>,
): Promise<PartitionsResultOf<Limits> & UploadTotals>
export function upload<
  Schema extends TableSchema = TableSchema,
  Limits extends CheckpointOptions | undefined = undefined,
>(
  options: WithConnection<UploadStreamOptions<Schema, Limits>>,
  rows: Rows<RowInputOf<Schema>>,
): Promise<UploadResultOf<Limits> & UploadTotals>
export async function upload(
  options: WithConnection<AnyUploadOptions>,
  rows: Rows<unknown>,
): Promise<unknown> {
  return uploadRows(() => open('upload', options), rows)
}

const open = (where: string, options: WithConnection<AnyUploadOptions>): UploadStream<unknown, object> => {
  const { connection, own, release } = resolveConnection<AnyUploadOptions>(where, options, uploadStreamSpec)
  return newUploadStream(tableResource(connection, own), own).once('close', release)
}
