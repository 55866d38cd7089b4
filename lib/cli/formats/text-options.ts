import { TunnelOptionError } from '../../index.js'
import { timeZoneOf } from '../../values/time-zone.js'
import type { Call } from '../call.js'
import type { OptionDefinition, OptionGroup } from '../definition.js'
import type { OptionValues } from '../option-values.js'
import { quoteText } from '../quote-text.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import { CellNotes } from './cell-notes.js'
import type { CellOptions } from './cell-options.js'
import { type FormatName, fileCompressions, formatNames } from './file-format.js'
import { compileDatetimePattern } from './times/datetime-pattern.js'

/*
 * The options of text files, once for all commands that read or write them, and what they mean. Two sets of defaults
 * exist: ours, and those of odpscmd behind the word `tunnel`, which its scripts rely on. Which one holds is decided
 * here, so that a format gets complete options and fills in nothing of its own.
 */

/** How a text file is written. */
export interface TextOptions extends CellOptions {
  readonly delimiter: string | undefined
  readonly recordDelimiter: string | undefined
  readonly quote: string | undefined
  readonly header: boolean
}

const text: readonly OptionDefinition[] = [
  {
    name: 'format',
    type: 'text',
    value: '<name>',
    choices: formatNames,
    help: `${formatNames.join(', ')}. By default the file's extension decides, or the first bytes of stdin`,
  },
  {
    name: 'file-compression',
    type: 'text',
    value: '<name>',
    choices: fileCompressions,
    help: 'How the whole file is compressed: none, gzip, zstd. By default its extension decides (.gz, .zst)',
  },
  {
    name: 'delimiter',
    mayBeBlank: true,
    aliases: ['field-delimiter', 'fd'],
    type: 'text',
    value: '<text>',
    help: 'CSV: text between fields. May contain \\t, \\n, \\r and \\uXXXX',
    fallback: ', (a tab for tsv)',
  },
  {
    name: 'record-delimiter',
    mayBeBlank: true,
    aliases: ['rd'],
    type: 'text',
    value: '<text>',
    help: 'CSV: text between records',
    fallback: '\\n; when reading also \\r\\n',
  },
  {
    name: 'quote',
    type: 'text',
    mayBeBlank: true,
    value: '<character>',
    help: "CSV: character around fields that contain delimiters; '' for none",
    fallback: '"; none in odpscmd mode',
  },
  {
    name: 'header',
    aliases: ['h'],
    type: 'flag',
    isOfOdpscmd: true,
    help: 'CSV: whether the first line names the columns (--no-header, -h false)',
    fallback: 'true; false in odpscmd mode',
  },
  {
    name: 'null',
    mayBeBlank: true,
    aliases: ['null-indicator', 'ni'],
    type: 'text',
    value: '<text>',
    help: 'CSV: unquoted text that means NULL; quoted "" is an empty string',
    fallback: 'an empty field',
  },
  {
    name: 'encoding',
    aliases: ['charset', 'c'],
    type: 'text',
    value: '<name>',
    help: 'Text files: utf-8, latin1, gb18030, gbk, big5, windows-1252, … When reading, a byte order mark takes precedence',
    fallback: 'utf-8',
  },
  {
    name: 'datetime-format',
    aliases: ['date-format-pattern', 'dfp'],
    type: 'text',
    value: '<pattern>',
    help: "CSV: Java pattern for DATETIME and TIMESTAMP: yyyy-MM-dd HH:mm:ss.SSS, dd/MM/yyyy hh:mm a, XXX for the offset; yy is 2000 to 2099, literal text is quoted ('T')",
    fallback: 'ISO 8601; when reading, a blank may replace the T',
  },
  {
    name: 'timezone',
    aliases: ['time-zone', 'tz'],
    type: 'text',
    value: '<zone>',
    help: 'Time zone of times written to CSV, and of times without a zone when reading CSV, JSON, Parquet and Arrow: Asia/Shanghai, +08:00, GMT+8',
    fallback: "UTC; the machine's zone in odpscmd mode",
  },
  {
    name: 'csv-format',
    aliases: ['cf'],
    type: 'flag',
    isOfOdpscmd: true,
    help: "odpscmd's option for quotes: true is --quote '\"', false is --quote ''",
  },
]

export const textOptions: OptionGroup = { title: 'Files', options: text }

/**
 * Without the word `tunnel` files are as most programs write them; behind it they are as odpscmd writes them.
 * docs/cli.md has the table of both.
 * @throws UsageError
 */
export const readTextOptions = (call: Pick<Call, 'values' | 'terminal' | 'isOdpscmd'>): TextOptions => {
  const { values, isOdpscmd } = call
  const datetime = values.text('datetime-format')
  const options = {
    delimiter: readEscapes(values.text('delimiter')) ?? (isOdpscmd ? ',' : undefined),
    recordDelimiter: readEscapes(values.text('record-delimiter')),
    quote: readQuote(call),
    header: values.choice('header') ?? !isOdpscmd,
    nullText: values.text('null') ?? '',
    encoding: values.text('encoding') ?? 'utf-8',
    timeZone: readTimeZone(call),
    datetime: datetime === undefined ? undefined : compileDatetimePattern(datetime, { takesTail: isOdpscmd }),
    plainNumbers: !(values.choice('exponential') ?? !isOdpscmd),
    isOdpscmd,
    notes: new CellNotes(),
  }
  checkSyntax(options)
  return options
}

/** Undefined for none. */
const readQuote = ({ values, isOdpscmd }: Pick<Call, 'values' | 'isOdpscmd'>): string | undefined => {
  const [quote, csv] = [values.text('quote'), values.choice('csv-format')]
  if (quote !== undefined && csv !== undefined && (quote !== '') !== csv)
    throw new UsageError(`--quote ${quoteText(quote)} and --csv-format ${csv} contradict each other`)
  if (isOdpscmd && csv === true) checkCsvFormat(values)
  if (quote === undefined) return (csv ?? !isOdpscmd) ? '"' : undefined
  if ([...quote].length > 1 || /[\r\n]/.test(quote))
    throw new UsageError(`--quote must be one character, or nothing, not ${quoteText(quote)}`)
  return quote === '' ? undefined : quote
}

/** There -cf true means commas and line ends whatever -fd and -rd say. */
const checkCsvFormat = (values: OptionValues): void => {
  const delimiter = readEscapes(values.text('delimiter')) ?? ','
  const recordDelimiter = readEscapes(values.text('record-delimiter')) ?? '\n'
  if (delimiter !== ',')
    throw new UsageError(
      "-cf true and -fd contradict each other: odpscmd's CSV uses commas",
      'Leave one of them out; outside odpscmd mode, --delimiter may be anything',
    )
  if (!/^\r?\n$/.test(recordDelimiter))
    throw new UsageError(
      "-cf true and -rd contradict each other: odpscmd's CSV uses line ends",
      'Leave one of them out; outside odpscmd mode, --record-delimiter may be anything',
    )
}

const checkSyntax = ({ delimiter, recordDelimiter, quote }: TextOptions): void => {
  if (delimiter === '') throw new UsageError('--delimiter must not be empty')
  if (recordDelimiter === '') throw new UsageError('--record-delimiter must not be empty')
  if (delimiter?.includes(recordDelimiter ?? '\n'))
    throw new UsageError('--delimiter must not contain the record delimiter')
  if (delimiter !== undefined && quote !== undefined && delimiter.includes(quote))
    throw new UsageError('--delimiter must not contain the quote', "Choose another --quote, or --quote ''")
}

/** odpscmd takes the zone of the machine. */
const readTimeZone = ({
  values,
  terminal,
  isOdpscmd,
}: Pick<Call, 'values' | 'terminal' | 'isOdpscmd'>): string => {
  const given = values.text('timezone')
  const timeZone = given ?? (isOdpscmd ? machineZone(terminal) : 'UTC')
  try {
    timeZoneOf(timeZone)
  } catch (error) {
    if (!(error instanceof TunnelOptionError)) throw error
    const what = given === undefined ? 'the time zone of this machine' : '--timezone'
    throw new UsageError(
      `${what}: ${quoteText(timeZone)} is not a known time zone`,
      'Set --timezone to a name or an offset: Asia/Shanghai, +08:00, GMT+8, UTC',
    )
  }
  return timeZone
}

/** A TZ that says no zone by name is refused by its name, where Java would take GMT for it. */
const machineZone = ({ environment }: Terminal): string => {
  const named = environment['TZ']?.replace(/^:/, '').replace(/^.*\/zoneinfo\//, '')
  return named || new Intl.DateTimeFormat().resolvedOptions().timeZone || 'unknown'
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }

const readEscapes = (value: string | undefined): string | undefined =>
  value?.replaceAll(/\\(?:u([0-9a-f]{4})|([tnr\\]))/gi, (_all, hex?: string, letter?: string) =>
    hex === undefined ? escapes[letter!.toLowerCase()]! : String.fromCharCode(Number.parseInt(hex, 16)),
  )

export const delimiterOf = (format: FormatName, options: TextOptions): string =>
  options.delimiter ?? (format === 'tsv' ? '\t' : ',')
