import type { Call } from '../call.js'
import { journalDirectoryOf } from '../journal/journal.js'
import { compressionOption, splitList } from '../transfer/transfer-options.js'
import { UsageError } from '../usage-error.js'
import { type FilesRequest, readFilesRequest } from './files-request.js'

/*
 * All that can be checked about an upload without the service is checked here, before anything is sent: an option that
 * is wrong should not cost a session, nor be found after an hour of rows.
 */

/** What an upload was asked to do, checked as far as that goes without the service. */
export interface UploadRequest extends FilesRequest {
  readonly create: boolean
  readonly createPartition: boolean
  /** Partition columns that the files have; undefined: all rows go into the partition of `target`. */
  readonly partitionBy: readonly string[] | undefined
  /** Bytes of rows that wait for their blocks, with `partitionBy`. */
  readonly partitionBytes: number | undefined
  readonly overwrite: boolean
  /** Whether --overwrite may leave the table without a row. */
  readonly allowEmpty: boolean
  readonly scanOnly: boolean
  /** Undefined: as the library cuts them. */
  readonly blockBytes: number | undefined
  readonly concurrency: number
  readonly compression: ReturnType<typeof compressionOption>
  readonly journalDirectory: string
}

export const readUploadRequest = async (call: Call): Promise<UploadRequest> => {
  const { values } = call
  const partitionBy = splitList(values, 'partition-by')
  checkPartitionBy(call, partitionBy)
  // A commit is finished without the files: they may be gone.
  const finishesCommit = partitionBy !== undefined && values.flag('resume')
  return {
    ...(await readFilesRequest(call, finishesCommit)),
    create: values.flag('create'),
    createPartition: values.flag('create-partition'),
    partitionBy,
    partitionBytes: values.number('partition-bytes'),
    overwrite: values.flag('overwrite'),
    allowEmpty: values.flag('allow-empty'),
    scanOnly: values.text('scan') === 'only',
    blockBytes: values.number('block-size'),
    concurrency: values.number('concurrency') ?? (partitionBy === undefined ? 3 : 16),
    compression: compressionOption(values),
    journalDirectory: journalDirectoryOf(call),
  }
}

/** @throws UsageError for options that have no meaning, or no counterpart, with or without --partition-by */
const checkPartitionBy = ({ values }: Call, partitionBy: readonly string[] | undefined): void => {
  if (partitionBy === undefined && values.has('partition-bytes'))
    throw new UsageError('--partition-bytes is only used with --partition-by')
  if (partitionBy !== undefined && values.flag('allow-empty'))
    throw new UsageError(
      '--allow-empty has no meaning with --partition-by: --overwrite replaces the partitions that get rows, and no others',
      'Leave --allow-empty out',
    )
}
