import { UsageError } from '../usage-error.js'

/*
 * What a file holds is known by its name unless it is said: by the last ending, or the one before where the last is a
 * compression. A name that says nothing is an error unless the command has a fallback: a wrong guess loads garbage into
 * a table.
 */

export const formatNames = ['csv', 'tsv', 'ndjson', 'json', 'parquet', 'arrow', 'arrow-stream'] as const
export type FormatName = (typeof formatNames)[number]

export const fileCompressions = ['none', 'gzip', 'zstd'] as const
export type FileCompression = (typeof fileCompressions)[number]

/** What a file holds, and how it is compressed as a whole. */
export interface FileFormat {
  readonly name: FormatName
  readonly compression: FileCompression
}

const formatOfEnding: Readonly<Record<string, FormatName>> = {
  csv: 'csv',
  txt: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  parquet: 'parquet',
  arrow: 'arrow',
  feather: 'arrow',
  arrows: 'arrow-stream',
}

const compressionOfEnding: Readonly<Record<string, FileCompression>> = {
  gz: 'gzip',
  gzip: 'gzip',
  zst: 'zstd',
  zstd: 'zstd',
}

/** The ending that a format's files have. */
export const endingOf = ({ name, compression }: FileFormat): string => {
  const ending = name === 'arrow-stream' ? 'arrows' : name
  return { none: `.${ending}`, gzip: `.${ending}.gz`, zstd: `.${ending}.zst` }[compression]
}

/**
 * The format of a file by its ending, as far as it was not given.
 * @throws UsageError when neither says
 */
export const fileFormatOf = (
  path: string,
  given: { readonly format?: string | undefined; readonly compression?: string | undefined },
  fallback?: FormatName,
): FileFormat => {
  const endings = path.toLowerCase().split(/[\\/]/).at(-1)!.split('.').slice(1)
  const byEnding = compressionOfEnding[endings.at(-1) ?? '']
  const ending = (byEnding === undefined ? endings.at(-1) : endings.at(-2)) ?? ''
  const name = (given.format as FormatName | undefined) ?? formatOfEnding[ending] ?? fallback
  if (name === undefined)
    throw new UsageError(
      path === '-'
        ? 'the format of stdin or stdout is not known'
        : `the extension of ${path} does not show its format`,
      `Use --format <${formatNames.join('|')}>`,
    )
  return { name, compression: (given.compression as FileCompression | undefined) ?? byEnding ?? 'none' }
}

export const isText = (name: FormatName): boolean => name === 'csv' || name === 'tsv' || isJson(name)

export const isJson = (name: FormatName): boolean => name === 'ndjson' || name === 'json'
