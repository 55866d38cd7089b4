import type { Call } from '../call.js'
import { expandPaths } from '../files/expand-paths.js'
import { stdinFormat } from '../files/stdin-format.js'
import { checkEncoding } from '../formats/encoding/encoding.js'
import { type FileFormat, fileFormatOf } from '../formats/file-format.js'
import { readTextOptions, type TextOptions } from '../formats/text-options.js'
import { journalDirectoryOf } from '../journal/journal.js'
import type { ColumnRules } from '../transfer/plan-columns.js'
import { parseTarget, type TableTarget } from '../transfer/table-target.js'
import { compressionOption, splitList } from '../transfer/transfer-options.js'
import { UsageError } from '../usage-error.js'

/*
 * All that can be checked about an upload without the service is checked here, before anything is sent: an option that
 * is wrong should not cost a session, nor be found after an hour of rows.
 */

/** What an upload was asked to do, checked as far as that goes without the service. */
export interface UploadRequest {
  readonly target: TableTarget
  readonly paths: readonly string[]
  readonly formatOf: (path: string) => FileFormat
  readonly text: TextOptions
  readonly rules: ColumnRules
  readonly badRecordsPath: string | undefined
  readonly maxBadRecords: number
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
  readonly blockBytes: number
  readonly concurrency: number
  readonly compression: ReturnType<typeof compressionOption>
  readonly journalDirectory: string
}

const defaultBlockBytes = 32 * 2 ** 20
/** With bad records set aside, as odpscmd has it. */
const defaultMaxBadRecords = 1000

export const readUploadRequest = async (call: Call): Promise<UploadRequest> => {
  const { values, isOdpscmd } = call
  const setsAside = values.has('bad-records') || values.flag('discard-bad-records')
  const partitionBy = splitList(values, 'partition-by')
  checkPartitionBy(call, partitionBy)
  const finishesCommit = partitionBy !== undefined && values.flag('resume')
  const paths = await pathsOf(call, finishesCommit)
  if (paths.filter(path => path === '-').length > 1) throw new UsageError('stdin (-) can be read only once')
  const formatOf = await formatsOf(call, paths, finishesCommit)
  const text = readTextOptions(call)
  await checkEncoding(text.encoding)
  return {
    target: parseTarget(call.operands.at(-1)!, values.text('partition'), isOdpscmd),
    paths,
    formatOf,
    text,
    rules: columnRules(call),
    badRecordsPath: values.text('bad-records'),
    maxBadRecords: maxBadRecordsOf(call, setsAside),
    create: values.flag('create'),
    createPartition: values.flag('create-partition'),
    partitionBy,
    partitionBytes: values.number('partition-bytes'),
    overwrite: values.flag('overwrite'),
    allowEmpty: values.flag('allow-empty'),
    scanOnly: values.text('scan') === 'only',
    blockBytes: values.number('block-size') ?? defaultBlockBytes,
    concurrency: values.number('concurrency') ?? (partitionBy === undefined ? 3 : 16),
    compression: compressionOption(values),
    journalDirectory: journalDirectoryOf(call),
  }
}

/** A commit is finished without the files: they may be gone. */
const pathsOf = async (call: Call, finishesCommit: boolean): Promise<readonly string[]> => {
  const operands = call.operands.slice(0, -1)
  try {
    return await expandPaths(operands, (operand, names) =>
      call.remark(`in ${operand} these are not data files and were skipped: ${listNames(names)}`),
    )
  } catch (error) {
    if (finishesCommit) return operands
    throw error
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

/**
 * @param isUnread no file is read, so stdin isn't looked at
 * @throws UsageError when the format of a path is not known
 */
const formatsOf = async (
  { values, terminal, isOdpscmd }: Call,
  paths: readonly string[],
  isUnread: boolean,
): Promise<(path: string) => FileFormat> => {
  // odpscmd reads text whatever the file is called.
  const isTold = values.has('format') || !paths.includes('-') || isOdpscmd
  const ofStdin = isUnread ? 'csv' : isTold ? undefined : await stdinFormat(terminal.stdin)
  const formatOf = (path: string): FileFormat =>
    fileFormatOf(
      path,
      { format: values.text('format'), compression: values.text('file-compression') },
      isOdpscmd ? 'csv' : path === '-' ? ofStdin : undefined,
    )
  for (const path of paths) formatOf(path)
  return formatOf
}

const columnRules = ({ values }: Call): ColumnRules => {
  const strict = values.choice('strict-schema') !== false
  const columns = splitList(values, 'columns')
  const ofChosen = columns !== undefined && !values.has('extra-columns')
  return {
    columns,
    needed: splitList(values, 'partition-by') ?? [],
    ignoreExtra: !strict || values.text('extra-columns') === 'ignore' || ofChosen,
    fillMissing: !strict || values.text('missing-columns') === 'null',
    strict,
  }
}

/** There a limit alone lets no bad record pass: -dbr true does. */
const maxBadRecordsOf = ({ values, isOdpscmd }: Call, setsAside: boolean): number => {
  if (isOdpscmd && !setsAside) return 0
  return values.number('max-bad-records') ?? (setsAside ? defaultMaxBadRecords : 0)
}

const listNames = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')}, … (${names.length})` : names.join(', ')
