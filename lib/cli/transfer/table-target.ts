import { type PartitionSpec, parsePartitionSpec, printPartitionSpec } from '../../index.js'
import { UsageError } from '../usage-error.js'

/** `t`, `schema.t` or `project.schema.t`, and a partition or its leading levels. */
export interface TableTarget {
  readonly table: string
  readonly partition: PartitionSpec | undefined
}

/**
 * Reads a table as odpscmd writes it: `project.schema.t/pt=a,region=b`; levels may also stand apart, as in a path.
 * @param option the value of --partition
 */
export const parseTarget = (text: string, option?: string): TableTarget => {
  const slash = text.indexOf('/')
  const [table, inPath] =
    slash < 0
      ? [text, undefined]
      : [
          text.slice(0, slash),
          text
            .slice(slash + 1)
            .replace(/\/+$/, '')
            .replaceAll('/', ','),
        ]
  if (table === '') throw new UsageError(`'${text}' names no table`, 'Write t, schema.t or project.schema.t')
  if (inPath && option !== undefined)
    throw new UsageError(
      'the partition is named twice',
      'Write it behind the table or as --partition, not both',
    )
  const partition = option ?? inPath
  return { table, partition: partition ? parsePartitionSpec(partition) : undefined }
}

export const printTarget = ({ table, partition }: TableTarget): string =>
  partition === undefined ? table : `${table}/${printPartitionSpec(partition)}`
