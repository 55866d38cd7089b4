import { type CsvSyntax, defaultMaxRecordBytes } from '../../../text/csv/record.js'
import { UsageError } from '../../usage-error.js'
import type { FormatName } from '../file-format.js'
import { delimiterOf, type TextOptions } from '../text-options.js'

/**
 * What stands between and around fields.
 * @throws UsageError for signs that cannot be told from each other
 */
export const delimitedSyntax = (format: FormatName, options: TextOptions): CsvSyntax => {
  const { recordDelimiter, quote, nullText } = options
  const delimiter = delimiterOf(format, options)
  const ends = recordDelimiter === undefined ? ['\n', '\r'] : [recordDelimiter]
  const marks = [delimiter, ...ends, ...(quote === undefined ? [] : [quote])]
  refuse('--delimiter', delimiter, ends, 'a line end', 'Set --record-delimiter if it is different')
  if (quote !== undefined) {
    refuse('--quote', quote, [...ends, delimiter], 'a delimiter', "Choose another --quote, or --quote ''")
    refuse('--delimiter', delimiter, [quote], 'the quote', "Choose another --quote, or --quote ''")
    refuse('--record-delimiter', recordDelimiter ?? '', [quote], 'the quote', 'Choose another --quote')
  }
  refuse('--null', nullText, marks, 'a delimiter, a quote or a line end', 'Choose another text for NULL')
  return { delimiter, recordDelimiter, quote, nullText, maxRecordBytes: defaultMaxRecordBytes }
}

const refuse = (option: string, text: string, marks: readonly string[], what: string, next: string): void => {
  if (marks.some(mark => text.includes(mark)))
    throw new UsageError(`${option} must not contain ${what}`, next)
}
