import { checkMemory } from '../budget/budget.js'
import type { CompressionName } from '../compression/compression.js'
import { TunnelOptionError } from '../errors.js'
import type { TableResource } from '../session/table-resource.js'
import type { BlockPlan } from './block-plan.js'
import type { AnyUploadOptions } from './upload-options.js'

/** The lowest and highest level of the compressions that have levels. */
const levels: Readonly<Record<string, readonly [number, number]>> = { deflate: [0, 9], zstd: [1, 22] }

/** @throws TunnelOptionError for options that contradict each other */
export const checkUploadOptions = (options: AnyUploadOptions): void => {
  const { sessionId, resume, overwrite, createPartition, compression = 'snappy', compressionLevel } = options
  if (options.checkpoint !== undefined) checkCheckpoint(options)
  checkPartitionBy(options)
  if (compressionLevel !== undefined) checkLevel('createUploadStream', compression, compressionLevel)
  if (resume && sessionId === undefined)
    throw wrong('resume needs the sessionId of the upload to continue (error.sessionId of the failed stream)')
  if (sessionId === undefined) return
  const created = overwrite ? 'overwrite' : createPartition ? 'createPartition' : undefined
  if (created !== undefined)
    throw wrong(`${created} is set when a session is created; don't pass it together with sessionId`)
}

/** @throws TunnelOptionError ODPS_INVALID_OPTION when the Tunnel's memory is too small for the largest block and a chunk */
export const checkBlockMemory = (where: string, table: TableResource, { maxBlockBytes }: BlockPlan): void =>
  checkMemory(where, table.client.budget.memory, 'its largest block (maxBlockBytes)', maxBlockBytes)

/** @param where the function that the options are of */
export const checkLevel = (where: string, compression: CompressionName, level: number): void => {
  const range = levels[compression]
  if (range === undefined)
    throw wrong(`compressionLevel is for deflate and zstd; ${compression} has no levels`, where)
  const [lowest, highest] = range
  if (level < lowest) throw wrong(`compressionLevel must be at least ${lowest} with ${compression}`, where)
  if (level > highest) throw wrong(`compressionLevel must be at most ${highest} with ${compression}`, where)
}

/** What would make a commit in the middle do something else than at the end, or rows be taken for those of another session. */
const notWithCheckpoint = ['overwrite', 'sessionId', 'resume', 'blockIds'] as const

const checkCheckpoint = (options: AnyUploadOptions): void => {
  if (Object.values(options.checkpoint ?? {}).every(limit => limit === undefined))
    throw wrong('checkpoint needs at least one of rows, bytes and intervalMs')
  const other = notWithCheckpoint.find(name => options[name] !== undefined && options[name] !== false)
  if (other !== undefined)
    throw wrong(`checkpoint commits in one session after the other, so ${other} can't be given with it`)
  if (options.commit === false)
    throw wrong("checkpoint commits by itself, so commit: false can't be given with it")
}

/** They belong to one session; with many, `maxOpenPartitions` says how much is done at once. */
const notWithPartitionBy = ['sessionId', 'resume', 'blockIds', 'concurrency'] as const

const checkPartitionBy = (options: AnyUploadOptions): void => {
  if (options.partitionBy === undefined) {
    const alone = (['partitionBytes', 'maxOpenPartitions'] as const).find(name => options[name] !== undefined)
    if (alone !== undefined) throw wrong(`${alone} is only used with partitionBy`)
    return
  }
  const other = notWithPartitionBy.find(name => options[name] !== undefined && options[name] !== false)
  if (other !== undefined)
    throw wrong(`partitionBy opens a session for each partition, so ${other} can't be given with it`)
  if (options.commit === false)
    throw wrong("partitionBy commits all its sessions, so commit: false can't be given with it")
  if (typeof options.partitionBy === 'function' && options.partitionSpec !== undefined)
    throw wrong("a function as partitionBy returns the whole spec; don't pass partitionSpec with it")
}

const wrong = (what: string, where = 'createUploadStream'): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_OPTION', `${where}: ${what}`)
