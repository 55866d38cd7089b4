import type { OptionDefinition, OptionGroup } from '../definition.js'
import type { OptionValues } from '../option-values.js'
import { UsageError } from '../usage-error.js'
import type { CellOptions } from './cells.js'
import { compileDatetimePattern } from './datetime-pattern.js'
import { type FormatName, fileCompressions, formatNames } from './file-format.js'

/** How a text file is written. */
export interface TextOptions extends CellOptions {
  readonly delimiter: string | undefined
  readonly recordDelimiter: string | undefined
  readonly quote: string | undefined
  readonly header: boolean
  readonly nullText: string
  readonly encoding: string
}

const text: readonly OptionDefinition[] = [
  {
    name: 'format',
    type: 'text',
    value: '<name>',
    choices: formatNames,
    help: `${formatNames.join(', ')}. Else the ending of the file says it, or the first bytes of stdin`,
  },
  {
    name: 'file-compression',
    type: 'text',
    value: '<name>',
    choices: fileCompressions,
    help: 'How the file as a whole is compressed: none, gzip, zstd. Else its ending says it (.gz, .zst)',
  },
  {
    name: 'delimiter',
    aliases: ['field-delimiter', 'fd'],
    type: 'text',
    value: '<text>',
    help: 'CSV: between fields; any text, with \\t, \\n, \\r and \\uXXXX understood',
    fallback: ', (a tab for tsv)',
  },
  {
    name: 'record-delimiter',
    aliases: ['rd'],
    type: 'text',
    value: '<text>',
    help: 'CSV: between records',
    fallback: '\\n; when reading \\r\\n as well',
  },
  {
    name: 'quote',
    type: 'text',
    value: '<character>',
    help: "CSV: around fields that hold delimiters; '' for none",
    fallback: '"',
  },
  {
    name: 'header',
    aliases: ['h'],
    type: 'flag',
    help: 'CSV: whether the first line names the columns (--no-header, -h false)',
    fallback: 'true',
  },
  {
    name: 'null',
    aliases: ['null-indicator', 'ni'],
    type: 'text',
    value: '<text>',
    help: 'CSV: what stands for NULL when not in quotes; "" in quotes is an empty string',
    fallback: 'an empty field',
  },
  {
    name: 'encoding',
    aliases: ['charset', 'c'],
    type: 'text',
    value: '<name>',
    help: 'Text files: utf-8, latin1, gb18030, gbk, big5, windows-1252, … A byte order mark wins when reading',
    fallback: 'utf-8',
  },
  {
    name: 'datetime-format',
    aliases: ['date-format-pattern', 'dfp'],
    type: 'text',
    value: '<pattern>',
    help: 'CSV: DATETIME and TIMESTAMP as a pattern, yyyy-MM-dd HH:mm:ss.SSS',
    fallback: 'ISO 8601, a blank in place of the T allowed when reading',
  },
  {
    name: 'timezone',
    aliases: ['time-zone', 'tz'],
    type: 'text',
    value: '<zone>',
    help: 'CSV: zone to print times in, and of times that name none: Asia/Shanghai, +08:00',
    fallback: 'UTC',
  },
  {
    name: 'csv-format',
    aliases: ['cf'],
    type: 'flag',
    help: "odpscmd's word for quoted CSV, which is what --format csv always is",
  },
]

export const textOptions: OptionGroup = { title: 'Files', options: text }

export const readTextOptions = (values: OptionValues, defaults: ReadonlyMap<string, string>): TextOptions => {
  const given = (name: string): string | undefined => values.text(name) ?? defaultOf(name, defaults)
  const datetime = given('datetime-format')
  const quote = given('quote') ?? '"'
  if ([...quote].length > 1) throw new UsageError('--quote must be one character, or nothing')
  const delimiter = readEscapes(given('delimiter'))
  const recordDelimiter = readEscapes(given('record-delimiter'))
  if (delimiter === '') throw new UsageError('--delimiter must not be empty')
  if (recordDelimiter === '') throw new UsageError('--record-delimiter must not be empty')
  if (delimiter?.includes(recordDelimiter ?? '\n'))
    throw new UsageError('--delimiter must not contain the record delimiter')
  if (delimiter !== undefined && quote !== '' && delimiter.includes(quote))
    throw new UsageError('--delimiter must not contain the quote', "Choose another --quote, or --quote ''")
  return {
    delimiter,
    recordDelimiter,
    quote: quote === '' ? undefined : quote,
    header: values.choice('header') ?? readBoolean(defaultOf('header', defaults)) ?? true,
    nullText: given('null') ?? '',
    encoding: given('encoding') ?? 'utf-8',
    timeZone: given('timezone') ?? 'UTC',
    datetime: datetime === undefined ? undefined : compileDatetimePattern(datetime),
    plainNumbers: values.choice('exponential') === false,
  }
}

/** Defaults that odps_config.ini sets, under any name of the option. */
const defaultOf = (name: string, defaults: ReadonlyMap<string, string>): string | undefined => {
  const option = text.find(each => each.name === name)
  return [name, ...(option?.aliases ?? [])].map(each => defaults.get(each)).find(value => value !== undefined)
}

const readBoolean = (value: string | undefined): boolean | undefined =>
  value === undefined ? undefined : value.toLowerCase() === 'true'

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }

const readEscapes = (value: string | undefined): string | undefined =>
  value?.replaceAll(/\\(?:u([0-9a-f]{4})|([tnr\\]))/gi, (_all, hex?: string, letter?: string) =>
    hex === undefined ? escapes[letter!.toLowerCase()]! : String.fromCharCode(Number.parseInt(hex, 16)),
  )

export const delimiterOf = (format: FormatName, options: TextOptions): string =>
  options.delimiter ?? (format === 'tsv' ? '\t' : ',')
