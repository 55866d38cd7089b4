import type { Call } from '../call.js'
import { checkEncoding } from '../formats/encoding/encoding.js'
import type { FormatName } from '../formats/file-format.js'
import { readTextOptions, type TextOptions } from '../formats/text-options.js'
import { journalDirectoryOf } from '../journal/journal.js'
import { quoteText } from '../quote-text.js'
import { isInstance, parseSource, type Source } from '../transfer/instance-target.js'
import { compressionOption, splitList } from '../transfer/transfer-options.js'
import { UsageError } from '../usage-error.js'

/** What a download was asked to do, checked as far as that goes without the service. */
export interface DownloadRequest {
  readonly target: Source
  /** With a result: the service's limited mode. */
  readonly limited: boolean | undefined
  readonly output: string
  readonly format: string | undefined
  /** Where neither --format nor the ending of the file says the format. */
  readonly fallbackFormat: FormatName | undefined
  readonly fileCompression: string | undefined
  readonly text: TextOptions
  readonly columns: readonly string[] | undefined
  readonly columnIndexes: readonly number[] | undefined
  readonly partitionColumns: boolean
  readonly limit: number | undefined
  readonly concurrency: number | undefined
  readonly compression: ReturnType<typeof compressionOption>
  readonly journalDirectory: string
}

/** @throws UsageError */
export const readDownloadRequest = async (call: Call): Promise<DownloadRequest> => {
  const { values, operands, isOdpscmd } = call
  const columns = splitList(values, 'columns')
  const columnIndexes = splitList(values, 'columns-index')?.map(readIndex)
  if (columns !== undefined && columnIndexes !== undefined)
    throw new UsageError('--columns and --columns-index exclude each other')
  const text = readTextOptions(call)
  await checkEncoding(text.encoding)
  const target = parseSource(operands[0]!, values.text('partition'), isOdpscmd)
  const limited = values.flag('limited') || undefined
  if (limited && !isInstance(target))
    throw new UsageError(
      '--limited is for the result of a query',
      'Leave it out; --limit <n> stops after n rows',
    )
  return {
    target,
    limited,
    output: operands[1]!,
    format: values.text('format'),
    // odpscmd writes text whatever the file is called.
    fallbackFormat: isOdpscmd ? 'csv' : undefined,
    fileCompression: values.text('file-compression'),
    text,
    columns,
    columnIndexes,
    partitionColumns: values.flag('with-partition-columns'),
    limit: values.number('limit'),
    concurrency: values.number('concurrency'),
    compression: compressionOption(values),
    journalDirectory: journalDirectoryOf(call),
  }
}

const readIndex = (text: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  throw new UsageError(`--columns-index must be positions from 0, as in 0,2,5, not ${quoteText(text)}`)
}
