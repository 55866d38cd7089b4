import type { Writable } from 'node:stream'
import { checkMemory } from '../budget/budget.js'
import { contentEncodingOf } from '../compression/compression.js'
import { blockProof, type WithBlockProof } from '../internal-options.js'
import { loadOnce } from '../load-once.js'
import { checkSchema } from '../schema/define-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import { planBlocks } from './block-plan.js'
import { checkBlockMemory, checkUploadOptions } from './check-upload-options.js'
import { type CheckpointCount, Checkpoints } from './checkpoints.js'
import type { BeginPartitions } from './partitions/open-partitions.js'
import type { PartitionBy } from './partitions/partition-keys.js'
import type { PartitionsResult, PartitionsTransaction } from './partitions/partitions-transaction.js'
import { type SessionResult, type SessionSettings, SessionTransaction } from './session-transaction.js'
import type { UploadContext } from './transaction.js'
import type { AnyUploadOptions } from './upload-options.js'
import { createUploadSession, openUploadSession, type UploadSession } from './upload-session.js'
import { UploadStream, type UploadStreamConfig } from './upload-stream.js'

/*
 * From options to what an uploader runs on. They are checked before any request, and the session is opened when the
 * stream is constructed: a mistake in an option throws where the stream is made, and trouble with the service is an
 * error of the stream.
 */

/** What the result of an upload into one partition, or a table without, tells besides counts. */
export type UploadResultOf<Limits> = undefined extends Limits ? SessionResult : CheckpointsResult

/** The same with `partitionBy`. */
export type PartitionsResultOf<Limits> = undefined extends Limits
  ? PartitionsResult
  : CheckpointCount & PartitionsResult

/** `sessionId` and `blockIds` are those of the last session. */
export type CheckpointsResult = CheckpointCount & (SessionResult | NoSession)

/** There was no row. */
export interface NoSession {
  readonly sessionId?: undefined
  readonly blockIds: readonly number[]
}

/** @throws TunnelOptionError for options that contradict each other */
export const newUploadStream = (
  table: TableResource,
  options: AnyUploadOptions,
): UploadStream<unknown, object> => {
  checkUploadOptions(options)
  const { partitionBy, partitionBytes = defaultPartitionBytes } = options
  checkBlockMemory('createUploadStream', table, planBlocks(options))
  if (partitionBy !== undefined)
    checkMemory('createUploadStream', table.client.budget.memory, 'partitionBytes', partitionBytes)
  const stream =
    partitionBy === undefined
      ? newSessionStream(table, options)
      : newPartitionedStream(table, options, partitionBy)
  return stream as UploadStream<unknown, object>
}

const defaultPartitionBytes = 64 * 2 ** 20

const newSessionStream = (table: TableResource, options: AnyUploadOptions): Writable => {
  const { checkpoint } = options
  const settings = { ...blockSettings(options), open: openSession.bind(undefined, table, options) }
  const open = (context: UploadContext): Promise<SessionTransaction> =>
    SessionTransaction.open(settings, context)
  if (checkpoint === undefined) return new UploadStream({ ...streamConfig(table, options), begin: open })
  const { clock } = table.client
  return new UploadStream({
    ...streamConfig(table, options),
    begin: async context => new Checkpoints(checkpoint, open, { blockIds: [] }, clock, context),
  })
}

/** It prints values as text, for which the codecs are needed. */
const loadPartitions = loadOnce(() => import('./partitions/open-partitions.js'))

const newPartitionedStream = (
  table: TableResource,
  options: AnyUploadOptions,
  by: PartitionBy<never>,
): Writable => {
  const { checkpoint, maxOpenPartitions = 16, partitionBytes = defaultPartitionBytes } = options
  let begin: BeginPartitions | undefined
  const open = async (context: UploadContext): Promise<PartitionsTransaction> => {
    const { openPartitions } = await loadPartitions()
    const settings = { ...blockSettings(options), maxOpenPartitions, partitionBytes }
    begin ??= await openPartitions(table, options, by, settings, context.call)
    return begin(context)
  }
  const common = { ...streamConfig(table, options), concurrency: maxOpenPartitions, hasManySessions: true }
  if (checkpoint === undefined) return new UploadStream({ ...common, begin: open })
  const { clock } = table.client
  return new UploadStream({
    ...common,
    // Options that contradict the table are an error before the first row.
    begin: async context => {
      await open(context)
      return new Checkpoints(checkpoint, open, { partitions: [] }, clock, context)
    },
  })
}

const blockSettings = (options: AnyUploadOptions): Omit<SessionSettings, 'open'> => {
  const { compression = 'snappy', compressionLevel, json = 'parsed', unknownColumns = 'error' } = options
  return {
    target: {
      plan: planBlocks(options),
      contentEncoding: contentEncodingOf(compression),
      resume: options.resume ?? false,
      proof: (options as WithBlockProof)[blockProof],
      ownIds: options.blockIds !== undefined,
    },
    ...{ compression, compressionLevel, encode: { json, unknownColumns } },
  }
}

const streamConfig = (
  { named, client }: TableResource,
  options: AnyUploadOptions,
): Omit<UploadStreamConfig<never>, 'begin'> => ({
  table: named,
  budget: client.budget,
  compression: options.compression ?? 'snappy',
  concurrency: options.concurrency ?? 3,
  onRowError: options.onRowError ?? 'fail',
  maxRowErrors: options.maxRowErrors ?? Number.POSITIVE_INFINITY,
  commit: options.commit ?? true,
  highWaterMark: options.highWaterMark ?? 64,
  signal: options.signal,
})

/** Creates the session, or attaches to one, and compares the schema. */
export const openSession = async (
  table: TableResource,
  {
    sessionId,
    overwrite,
    createPartition,
    schema,
  }: Pick<AnyUploadOptions, 'sessionId' | 'overwrite' | 'createPartition' | 'schema'>,
  call: CallOptions,
): Promise<UploadSession> => {
  const session =
    sessionId === undefined
      ? await createUploadSession(table, { overwrite, createPartition, ...call })
      : await openUploadSession(table, { sessionId, ...call })
  if (schema !== undefined) checkSchema(schema, session.schema, 'write')
  return session
}
