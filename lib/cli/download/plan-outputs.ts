import { join } from 'node:path'
import {
  type Column,
  formatPartitionSpec,
  type PartitionSpec,
  parsePartitionSpec,
  type Tunnel,
} from '../../index.js'
import { endingOf, type FileFormat, fileFormatOf } from '../formats/file-format.js'
import { quoteText } from '../quote-text.js'
import { isInstance } from '../transfer/instance-target.js'
import type { TableTarget } from '../transfer/table-target.js'
import { CliError, UsageError } from '../usage-error.js'
import type { SourceInfo } from './describe-source.js'
import { partitionFileNames } from './partition-file-names.js'
import type { DownloadRequest } from './request.js'

/*
 * Which files a download writes. A partitioned table has no one file that is obviously meant, so it is one per
 * partition in a folder, or with --with-partition-columns one for all. The list of partitions comes from the service,
 * and names files on this machine: a spec that could not be asked for again is refused before anything is written.
 */

/** A partition to read; a table without partitions is one of its own. */
export interface Part {
  readonly partition: PartitionSpec | undefined
  /** Undefined where the service does not tell before a session is open. */
  readonly rows: number | undefined
  readonly modifiedAt: Date | undefined
}

/** One file to write, and what goes into it. */
export interface Output {
  readonly path: string
  readonly format: FileFormat
  readonly parts: readonly Part[]
}

/**
 * A full partition, or a table without any, goes into the file that is named. Of a partitioned table every partition, or
 * every one under those levels that are named, goes into a file of its own in a folder, or all go into one file that has
 * the partition columns.
 */
export const planOutputs = async (
  tunnel: Tunnel,
  info: SourceInfo,
  request: DownloadRequest,
  signal: AbortSignal,
): Promise<readonly Output[]> => {
  const { output, partitionColumns } = request
  const target: TableTarget | undefined = isInstance(request.target) ? undefined : request.target
  const { partitionColumns: levels } = info.schema
  const given = { format: request.format, compression: request.fileCompression }
  if (target === undefined || levels.length === 0 || target.partition?.length === levels.length) {
    if (levels.length === 0 && partitionColumns)
      throw new UsageError(
        `--with-partition-columns: the ${target === undefined ? 'result' : 'table'} has no partitions`,
      )
    return [
      {
        path: output,
        format: fileFormatOf(output, given, request.fallbackFormat),
        parts: [{ partition: target?.partition, rows: undefined, modifiedAt: undefined }],
      },
    ]
  }
  const parts = await listParts(tunnel, target, levels, signal)
  if (partitionColumns)
    return [{ path: output, format: fileFormatOf(output, given, request.fallbackFormat), parts }]
  if (output === '-')
    throw new UsageError(
      `the table has ${levels.length} partition ${levels.length === 1 ? 'column' : 'columns'}, but stdout is one file`,
      'Specify a whole partition (t/pt=a), or use --with-partition-columns',
    )
  return outputsInFolder(request, parts)
}

const listParts = async (
  tunnel: Tunnel,
  target: TableTarget,
  levels: readonly Column[],
  signal: AbortSignal,
): Promise<Part[]> => {
  const prefix = target.partition ?? []
  const unknown = prefix.find(({ name }) => !levels.some(level => sameName(level.name, name)))
  if (unknown !== undefined)
    throw new CliError(
      `'${unknown.name}' is not a partition column`,
      `They are ${levels.map(level => level.name).join(', ')}`,
    )
  const parts: Part[] = []
  for await (const { spec, recordCount, modifiedAt } of tunnel.listPartitions(target.table, undefined, {
    signal,
  })) {
    const matches = prefix.every(part =>
      spec.some(each => sameName(each.name, part.name) && each.value === part.value),
    )
    if (!matches) continue
    checkSpec(spec, levels)
    parts.push({ partition: spec, rows: recordCount, modifiedAt })
  }
  if (parts.length === 0 && prefix.length > 0)
    throw new CliError(
      `there is no partition under ${formatPartitionSpec(prefix)}`,
      "See them with 'odps-tunnel schema <table>'",
    )
  return parts
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** A partition that nobody can ask for is not believed, before anything is written. */
const checkSpec = (spec: PartitionSpec, levels: readonly Column[]): void => {
  try {
    parsePartitionSpec(Object.fromEntries(spec.map(({ name, value }) => [name, value])))
    if (
      spec.length === levels.length &&
      levels.every(level => spec.some(each => sameName(each.name, level.name)))
    )
      return
  } catch {
    // Told as what it is: the answer of a service, and no option of the user.
  }
  throw new CliError(
    `the service lists the partition ${quoteText(formatPartitionSpec(spec))}, which cannot be read`,
    'List the partitions to download',
  )
}

/** `flights.csv` stands for the folder `flights`, with files in CSV. */
const outputsInFolder = (request: DownloadRequest, parts: readonly Part[]): Output[] => {
  const { output, format: name, fileCompression: compression } = request
  const format = fileFormatOf(output, { format: name, compression }, 'csv')
  const ending = endingOf(format)
  const folder = output.toLowerCase().endsWith(ending) ? output.slice(0, -ending.length) : output
  const names = partitionFileNames(
    parts.map(part => part.partition!),
    ending,
  )
  return parts.map((part, i) => ({ path: join(folder, names[i]!), format, parts: [part] }))
}
