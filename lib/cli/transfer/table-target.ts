import { formatPartitionSpec, type PartitionSpec, parsePartitionSpec } from '../../index.js'
import { quoteText } from '../quote-text.js'
import { UsageError } from '../usage-error.js'

/** `t`, `schema.t` or `project.schema.t`, and a partition or its leading levels. */
export interface TableTarget {
  /** Where the name says it apart from `table`: odpscmd's `project.t`. */
  readonly project?: string
  readonly table: string
  readonly partition: PartitionSpec | undefined
}

/**
 * Reads a table as odpscmd writes it: `project.schema.t/pt=a,region=b`; levels may also stand apart, as in a path.
 * `t/` is refused: a script wrote it for `t/$partition` without a value, and the whole table would be dropped or read.
 * @param option the value of --partition
 * @param isOdpscmd `a.b` is then project and table, and not schema and table
 * @throws UsageError
 */
export const parseTarget = (text: string, option?: string, isOdpscmd = false): TableTarget => {
  if (/^instance:/i.test(text))
    throw new UsageError(
      `${quoteText(text)} is the result of a query, which can only be downloaded`,
      'odps-tunnel download instance://[project/]id <file>',
    )
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
  if (table === '')
    throw new UsageError(`${quoteText(text)} does not name a table`, 'Write t, schema.t or project.schema.t')
  if (inPath === '')
    throw new UsageError(
      `${quoteText(text)} names no partition behind the slash`,
      'Write t/pt=a, or the table without a slash',
    )
  if (inPath !== undefined && option !== undefined)
    throw new UsageError(
      'the partition is given twice',
      'Write it after the table or as --partition, not both',
    )
  const partition = option ?? inPath
  const spec = partition === undefined ? undefined : parsePartitionSpec(partition)
  const [project, name, ...more] = table.split('.')
  if (!isOdpscmd || name === undefined || more.length > 0) return { table, partition: spec }
  if (project!.trim() === '' || name.trim() === '')
    throw new UsageError(
      `${quoteText(text)} does not name a ${name.trim() === '' ? 'table' : 'project'}`,
      'Write project.t',
    )
  return { project: project!.trim().replace(/^`(.*)`$/, '$1'), table: name, partition: spec }
}

export const formatTarget = ({ project, table, partition }: TableTarget): string =>
  `${project === undefined ? '' : `${project}.`}${table}${partition === undefined ? '' : `/${formatPartitionSpec(partition)}`}`
