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
        throw new CliError(`the table has no column ${index}; the last is ${schema.columns.length - 1}`)
      return found
    }) ??
    schema.columns
  return [...chosen, ...(partitionColumns ? schema.partitionColumns : [])]
}
