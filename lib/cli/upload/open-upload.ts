import { resolve } from 'node:path'
import type { EncodeOptions } from '../../codec/rows/record-encoder.js'
import {
  formatPartitionSpec,
  type PartitionResult,
  type TableSchema,
  type Tunnel,
  type UploadStream,
  type UploadStreamOptions,
} from '../../index.js'
import {
  beforeCommit,
  blockProof,
  type WithBeforeCommit,
  type WithBlockProof,
} from '../../internal-options.js'
import type { Call } from '../call.js'
import type { JournalEntry } from '../journal/entry.js'
import { proofOf } from '../journal/proof.js'
import type { Identity, TransferLog } from '../journal/transfer-log.js'
import { formatTarget } from '../transfer/table-target.js'
import { proofOfBlocks } from './block-proof.js'
import { noteCommits } from './partition-commits.js'
import type { UploadRequest } from './request.js'

/*
 * The stream of an upload, and what the journal must have for whoever goes on with it: of one session its id and the
 * checksums of its blocks, of many partitions, which can't be gone on with before, all sessions as their commit begins.
 */

/** What an upload tells at its end besides counts: of one session, or of many. */
export interface UploadEnd {
  readonly sessionId?: string
  readonly partitions?: readonly PartitionResult[]
}

/** A stream into one partition or many. */
export type Upload = UploadStream<unknown, UploadEnd>

/**
 * What makes it the same transfer. A commit of many partitions is finished without the files.
 * @param schema of the rows
 */
export const identityOf = async (
  call: Call,
  { target, paths, formatOf, ...request }: UploadRequest,
  schema: TableSchema,
): Promise<Identity> => ({
  kind: 'upload',
  target: formatTarget(target),
  paths: paths.map(path => (path === '-' ? path : resolve(path))),
  proof: await proofOf(call, request, schema.columns, {
    formats: request.partitionBy === undefined ? paths.map(formatOf) : [],
  }),
})

/** Opens the stream; what becomes of it is written to the journal. */
export const openUpload = (
  tunnel: Tunnel,
  request: UploadRequest,
  log: TransferLog,
  former: JournalEntry | undefined,
  how: Pick<UploadStreamOptions, 'schema' | 'onRowError' | 'signal'>,
): Upload => {
  const { target, partitionBy, blockBytes, compression } = request
  const upload = tunnel.createUploadStream({
    table: target.table,
    partitionSpec: target.partition && formatPartitionSpec(target.partition),
    ...{ blockBytes, compression, json: 'text' },
    ...how,
    ...(partitionBy === undefined ? ofOneSession(request, log, former) : ofPartitions(request, log)),
  } as UploadStreamOptions) as unknown as Upload
  upload.on('error', () => {})
  if (partitionBy === undefined)
    upload.on('session', ({ sessionId }) => {
      log.update({ sessionId })
      log.flush()
    })
  return upload
}

/** How the rows of its one session are encoded; undefined where there are many, and when it failed, which the next write tells. */
export const encodingOf = async (
  upload: Upload,
  { partitionBy }: UploadRequest,
): Promise<EncodeOptions | undefined> => {
  if (partitionBy !== undefined) return undefined
  if (upload.session === undefined && !upload.closed)
    await new Promise<void>(resolve => {
      upload.once('session', () => resolve())
      upload.once('close', resolve)
    })
  return upload.session?.encodeOptions
}

const ofOneSession = (
  { concurrency, createPartition, overwrite }: UploadRequest,
  log: TransferLog,
  former: JournalEntry | undefined,
): Partial<UploadStreamOptions> & WithBlockProof => ({
  concurrency,
  [blockProof]: proofOfBlocks(log, former),
  ...(former?.sessionId === undefined
    ? { createPartition, overwrite }
    : { sessionId: former.sessionId, resume: true }),
})

const ofPartitions = (
  { concurrency, createPartition, overwrite, partitionBy, partitionBytes }: UploadRequest,
  log: TransferLog,
): Partial<UploadStreamOptions> & WithBeforeCommit => {
  log.update({ commits: [] })
  return {
    ...{ partitionBy, createPartition, overwrite, partitionBytes, maxOpenPartitions: concurrency },
    [beforeCommit]: partitions => noteCommits(log, partitions, log.entry.rows),
  }
}
