import { checkSession, rangeConfig, recordsOf } from '../download/download-config.js'
import type { DownloadConfig, OpenCall } from '../download/download-reader.js'
import type { DownloadSession } from '../download/download-session.js'
import { createDownloadSession } from '../download/open-download-session.js'
import { logviewUrlOf } from '../session/instance/logview-url.js'
import { InstanceResource } from '../session/instance-resource.js'
import type { QueryOptions, QueryRangeOptions } from './query-options.js'
import { type QueryConnection, runInstance, statementOf } from './run-instance.js'

/** The service's limited mode gives no more, unless the project sets another limit, which nobody tells. */
const limitedRows = 10_000

/**
 * What a download of a query runs on: it is a download whose session opens when the query has ended.
 * @throws TunnelOptionError
 */
export const queryConfig = (
  where: string,
  connection: QueryConnection,
  options: QueryOptions,
): DownloadConfig => queryRangeConfig(where, connection, options, recordsOf(options))

/** The same for rows in any form. */
export const queryRangeConfig = <Item>(
  where: string,
  connection: QueryConnection,
  options: QueryRangeOptions,
  format: DownloadConfig<Item>['format'],
): DownloadConfig<Item> => {
  const { limited = false, pollIntervalMs, tags } = options
  const statement = statementOf(where, connection, options)
  const { client, place } = statement
  let result: InstanceResource | undefined
  const open = async ({ stats, onInstance, ...call }: OpenCall): Promise<DownloadSession> => {
    const { instanceId } = await runInstance(statement, 'Running the query', {
      ...call,
      pollIntervalMs,
      onSubmitted: instance => {
        const { instanceId } = instance
        const logviewUrl = logviewUrlOf(client, place.project, instanceId)
        const submitted = { instanceId, project: place.project, ...(logviewUrl && { logviewUrl }) }
        stats.query = {
          ...submitted,
          ...{ state: 'running', tasks: [], progress: 0 },
          ...{ limited, possiblyCut: false },
        }
        onInstance(submitted)
      },
      onProgress: progress => void Object.assign(stats.query!, progress),
    })
    result = new InstanceResource(client, place.project, instanceId, { limited, tags })
    const session = await createDownloadSession(result, call)
    stats.query!.possiblyCut = limited && session.recordCount >= limitedRows
    checkSession(session, options)
    return session
  }
  return {
    ...rangeConfig(options, format),
    source: undefined,
    open,
    create: call => createDownloadSession(result!, call),
  }
}
