import type { Column } from '../../index.js'
import { CliError } from '../usage-error.js'
import type { SourceInfo } from './describe-source.js'
import type { DownloadRequest } from './request.js'

/** The columns of the output, partition columns last. @throws CliError */
export const chooseColumns = ({ schema }: SourceInfo, request: DownloadRequest): Column[] => {
  const { columns, columnIndexes, partitionColumns } = request
  const chosen =
    columns?.map(name => {
      const found = schema.columns.find(column => column.name.toLowerCase() === name.toLowerCase())
      if (found === undefined)
        throw new CliError(`the table has no column '${name}'`, "See them with 'odps-tunnel schema <table>'")
      return found
    }) ??
    columnIndexes?.map(index => {
      const found = schema.columns[index]
      if (found === undefined)
        throw new CliError(
          `the table has no column ${index}; the last is ${schema.columns.length - 1}`,
          "The first is 0; see them with 'odps-tunnel schema <table>'",
        )
      return found
    }) ??
    schema.columns
  if (chosen !== schema.columns) refuseTwice(chosen)
  return [...chosen, ...(partitionColumns ? schema.partitionColumns : [])]
}

/** The service takes names, and refuses one that comes twice when the file has its header already. */
const refuseTwice = (chosen: readonly Column[]): void => {
  const seen = new Set<string>()
  for (const { name } of chosen) {
    if (seen.has(name))
      throw new CliError(
        `the column '${name}' is chosen twice`,
        'Name it once in --columns or --columns-index',
      )
    seen.add(name)
  }
}
