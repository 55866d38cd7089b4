import { contentEncodingOf } from '../compression/compression.js'
import { blockProof, type WithBlockProof } from '../internal-options.js'
import { checkSchema, type RowInputOf } from '../schema/define-schema.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import { planBlocks } from './block-plan.js'
import { checkUploadOptions } from './check-upload-options.js'
import { type CheckpointOptions, Checkpoints, type CheckpointsResult } from './checkpoints.js'
import { type SessionResult, type SessionSettings, SessionTransaction } from './session-transaction.js'
import type { UploadContext } from './transaction.js'
import type { UploadStreamOptions } from './upload-options.js'
import { createUploadSession, openUploadSession, type UploadSession } from './upload-session.js'
import { UploadStream } from './upload-stream.js'

/** What the result of an upload tells besides counts, by its options. */
export type UploadResultOf<Limits> = undefined extends Limits ? SessionResult : CheckpointsResult

/** @throws TunnelOptionError for options that contradict each other */
export const newUploadStream = <
  Schema extends TableSchema,
  Limits extends CheckpointOptions | undefined = undefined,
>(
  table: TableResource,
  options: UploadStreamOptions<Schema, Limits>,
): UploadStream<RowInputOf<Schema>, UploadResultOf<Limits>> => {
  checkUploadOptions(options)
  const { compression = 'snappy' } = options
  const settings: SessionSettings = {
    open: call => openSession(table, options, call),
    target: {
      plan: planBlocks(options),
      contentEncoding: contentEncodingOf(compression),
      resume: options.resume ?? false,
      proof: (options as WithBlockProof)[blockProof],
      ownIds: options.blockIds !== undefined,
    },
    compression,
    compressionLevel: options.compressionLevel,
    encode: { json: options.json ?? 'parsed', unknownColumns: options.unknownColumns ?? 'error' },
  }
  const { checkpoint } = options
  const open = (context: UploadContext): Promise<SessionTransaction> =>
    SessionTransaction.open(settings, context)
  const common = {
    compression,
    concurrency: options.concurrency ?? 3,
    onRowError: options.onRowError ?? 'fail',
    maxRowErrors: options.maxRowErrors ?? Number.POSITIVE_INFINITY,
    commit: options.commit ?? true,
    highWaterMark: options.highWaterMark ?? 64,
    signal: options.signal,
  }
  const stream =
    checkpoint === undefined
      ? new UploadStream<RowInputOf<Schema>, SessionResult>({ ...common, begin: open })
      : new UploadStream<RowInputOf<Schema>, CheckpointsResult>({
          ...common,
          begin: async context => new Checkpoints(checkpoint, open, table.client.clock, context),
        })
  return stream as UploadStream<RowInputOf<Schema>, UploadResultOf<Limits>>
}

/** Creates the session, or attaches to one, and compares the schema. */
export const openSession = async (
  table: TableResource,
  {
    sessionId,
    overwrite,
    createPartition,
    schema,
  }: Pick<UploadStreamOptions, 'sessionId' | 'overwrite' | 'createPartition' | 'schema'>,
  call: CallOptions,
): Promise<UploadSession> => {
  const session =
    sessionId === undefined
      ? await createUploadSession(table, { overwrite, createPartition, ...call })
      : await openUploadSession(table, { sessionId, ...call })
  if (schema !== undefined) checkSchema(schema, session.schema, 'write')
  return session
}
