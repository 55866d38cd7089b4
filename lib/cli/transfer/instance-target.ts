import { quoteText } from '../quote-text.js'
import { UsageError } from '../usage-error.js'
import { formatTarget, parseTarget, type TableTarget } from './table-target.js'

/** The result of a query that has run, `instance://[project/]id`. */
export interface InstanceTarget {
  readonly project?: string
  readonly instanceId: string
}

/** What is downloaded. */
export type Source = TableTarget | InstanceTarget

export const isInstance = (source: Source): source is InstanceTarget => 'instanceId' in source

/** @throws UsageError */
export const parseSource = (text: string, partition: string | undefined, isOdpscmd: boolean): Source => {
  const rest = /^instance:\/\/(.*)$/is.exec(text)?.[1]
  if (rest === undefined) return parseTarget(text, partition, isOdpscmd)
  const [, project, instanceId] = /^(?:([^/\s]+)\/)?([^/\s]+)$/.exec(rest) ?? []
  if (instanceId === undefined)
    throw new UsageError(`${quoteText(text)} does not name an instance`, 'Write instance://[project/]id')
  if (partition !== undefined)
    throw new UsageError('--partition: the result of a query has no partitions', 'Leave it out')
  return { ...(project !== undefined && { project }), instanceId }
}

export const formatSource = (source: Source): string =>
  isInstance(source)
    ? `instance://${source.project === undefined ? '' : `${source.project}/`}${source.instanceId}`
    : formatTarget(source)
