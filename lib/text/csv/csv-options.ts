import { checkOptions, integer, listOf, type OptionSpec, oneOf } from '../../check-options.js'
import { TunnelOptionError } from '../../errors.js'
import { timeZoneOf } from '../../values/time-zone.js'

/** What reading and writing CSV have in common. */
export interface CsvOptions {
  /** Whether the first line names the columns. Default true. */
  readonly header?: boolean | undefined
  /** One character between fields. Default `,`. */
  readonly delimiter?: string | undefined
  /** What stands for NULL, without quotes. Default `\N`; with `''` empty fields are NULL and `""` is an empty string. */
  readonly nullText?: string | undefined
  /** For DATETIME and TIMESTAMP: the zone to format in, and of text that names none. Default `'UTC'`. */
  readonly timeZone?: string | undefined
  /** Whether a JSON column holds parsed values or text in rows. Default `'parsed'`. */
  readonly json?: 'parsed' | 'text' | undefined
}

export interface ParseCsvOptions extends CsvOptions {
  /** Longest record that is taken; a quote that is never closed ends there. Default 64 MiB. */
  readonly maxLineBytes?: number | undefined
  /** Columns of the header that the table does not have. Default `'error'`. */
  readonly unknownColumns?: 'error' | 'ignore' | undefined
  /** Columns of the table that the header does not have. Default `'error'`. */
  readonly missingColumns?: 'error' | 'null' | undefined
}

const commonSpec: OptionSpec = {
  header: 'boolean',
  delimiter: value =>
    typeof value === 'string' && /^[^"\r\n]$/u.test(value) ? undefined : 'one character other than a quote',
  nullText: 'string',
  timeZone: 'string',
  json: oneOf('parsed', 'text'),
}

export const parseCsvSpec: OptionSpec = {
  ...commonSpec,
  maxLineBytes: integer(1),
  unknownColumns: oneOf('error', 'ignore'),
  missingColumns: oneOf('error', 'null'),
}

export const formatCsvSpec: OptionSpec = {
  ...commonSpec,
  columns: listOf('string'),
  partitionColumns: 'boolean',
  lineEnd: oneOf('\n', '\r\n'),
  byteOrderMark: 'boolean',
  chunkBytes: integer(0),
}

/** @throws TunnelOptionError */
export const checkCsvOptions = (where: string, options: CsvOptions, spec: OptionSpec): void => {
  checkOptions(where, options, spec)
  const { nullText = '\\N', delimiter = ',', timeZone } = options
  if (nullText.includes(delimiter) || /["\r\n]/.test(nullText))
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `${where}: nullText must contain no delimiter, quote or line end`,
    )
  if (timeZone !== undefined) timeZoneOf(timeZone)
}
