import type { Call } from '../call.js'
import { expandPaths } from '../files/expand-paths.js'
import { stdinFormat } from '../files/stdin-format.js'
import { checkEncoding } from '../formats/encoding/encoding.js'
import { type FileFormat, fileFormatOf } from '../formats/file-format.js'
import { noteIdleOptions } from '../formats/idle-options.js'
import { readTextOptions, type TextOptions } from '../formats/text-options.js'
import type { ColumnRules } from '../transfer/plan-columns.js'
import { parseTarget, type TableTarget } from '../transfer/table-target.js'
import { splitList } from '../transfer/transfer-options.js'
import { UsageError } from '../usage-error.js'

/*
 * Files whose rows go into a table, as the command line names them. It is the same whatever is done with the rows there: a
 * file that can be uploaded can be upserted, with the same options, and its bad records are treated alike.
 */

/** Which files, how they are read, and where their rows go. */
export interface FilesRequest {
  readonly target: TableTarget
  readonly paths: readonly string[]
  readonly formatOf: (path: string) => FileFormat
  readonly text: TextOptions
  readonly rules: ColumnRules
  readonly badRecordsPath: string | undefined
  readonly maxBadRecords: number
}

/** With bad records set aside, as odpscmd has it. */
const defaultMaxBadRecords = 1000

/**
 * @param isUnread whether the files are not read, and may be gone
 * @throws UsageError for an option that is wrong, and for a path that leads nowhere
 */
export const readFilesRequest = async (call: Call, isUnread = false): Promise<FilesRequest> => {
  const { values, isOdpscmd } = call
  const paths = await pathsOf(call, isUnread)
  if (paths.filter(path => path === '-').length > 1) throw new UsageError('stdin (-) can be read only once')
  const formatOf = await formatsOf(call, paths, isUnread)
  const text = readTextOptions(call)
  if (!isUnread)
    noteIdleOptions(
      call,
      paths.map(path => formatOf(path).name),
      false,
    )
  await checkEncoding(text.encoding)
  return {
    target: parseTarget(call.operands.at(-1)!, values.text('partition'), isOdpscmd),
    paths,
    formatOf,
    text,
    rules: columnRules(call),
    badRecordsPath: values.text('bad-records'),
    maxBadRecords: maxBadRecordsOf(call),
  }
}

const pathsOf = async (call: Call, isUnread: boolean): Promise<readonly string[]> => {
  const operands = call.operands.slice(0, -1)
  try {
    return await expandPaths(operands, (operand, names) =>
      call.remark(`in ${operand} these are not data files and were skipped: ${listNames(names)}`),
    )
  } catch (error) {
    if (isUnread) return operands
    throw error
  }
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
  const extra = values.has('extra-columns') ? values.text('extra-columns') === 'ignore' : undefined
  return {
    columns: splitList(values, 'columns'),
    needed: splitList(values, 'partition-by') ?? [],
    ignoreExtra: !strict || extra,
    fillMissing: !strict || values.text('missing-columns') === 'null',
    strict,
  }
}

/** There a limit alone lets no bad record pass: -dbr true does. */
const maxBadRecordsOf = ({ values, isOdpscmd }: Call): number => {
  const setsAside = values.has('bad-records') || values.flag('discard-bad-records')
  if (isOdpscmd && !setsAside) return 0
  return values.number('max-bad-records') ?? (setsAside ? defaultMaxBadRecords : 0)
}

const listNames = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')}, … (${names.length})` : names.join(', ')
