import { randomUUID } from 'node:crypto'
import { throwIfAborted } from '../abort.js'
import type { DownloadTrace } from '../download/download-traces.js'
import { TunnelError, TunnelOptionError, TunnelQueryError } from '../errors.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import { type FollowOptions, followInstance } from '../session/instance/follow-instance.js'
import type { InstanceRequests } from '../session/instance/instance-requests.js'
import { defaultPriority, settingsOf } from '../session/instance/job-settings.js'
import type { SqlJob } from '../session/instance/sql-job.js'
import { type StatementPlace, submitInstance } from '../session/instance/submit-instance.js'
import { forbidRepeat } from '../session/stream-error.js'
import { parentOf, traced } from '../tracing.js'
import type { StatementOptions } from './query-options.js'
import { type QueryTrace, queries } from './query-traces.js'

/*
 * A statement that nobody waits for any more costs money and changes data. So whoever stops waiting stops the instance:
 * if the request that submits it is under way, its answer is awaited, because without it nobody could name what is to be
 * stopped. An instance that has ended is left alone.
 */

/** A client, and what is the default for statements. */
export interface QueryConnection {
  readonly client: TunnelClient
  readonly project: string | undefined
  readonly schemaName: string | undefined
}

/** A statement that can be submitted: options checked, defaults filled in. */
export interface Statement {
  readonly client: TunnelClient
  readonly place: StatementPlace
  readonly job: SqlJob
}

/** @throws TunnelOptionError ODPS_MISSING_PROJECT, ODPS_INVALID_OPTION */
export const statementOf = (
  where: string,
  connection: QueryConnection,
  options: StatementOptions,
): Statement => {
  const { sql, hints, priority = defaultPriority } = options
  if (sql.trim() === '') throw new TunnelOptionError('ODPS_INVALID_OPTION', `${where}: sql is empty`)
  const project = options.project ?? connection.project
  if (project === undefined)
    throw new TunnelOptionError(
      'ODPS_MISSING_PROJECT',
      `${where}: no project for the statement; set the option project, or the environment variable ODPS_PROJECT`,
    )
  const place = { project, schemaName: options.schemaName ?? connection.schemaName }
  return {
    client: connection.client,
    place,
    job: { sql, uuid: randomUUID(), priority, settings: settingsOf(place, hints) },
  }
}

export interface RunOptions extends FollowOptions {
  readonly onSubmitted: (instance: InstanceRequests) => void
}

/**
 * Submits a statement and waits until it has ended well; stops it when the signal fires.
 * @throws TunnelQueryError ODPS_QUERY_FAILED, ODPS_QUERY_CANCELLED, ODPS_QUERY_UNKNOWN
 */
export const runInstance = async (
  statement: Statement,
  purpose: string,
  options: RunOptions,
): Promise<InstanceRequests> => {
  let instance: InstanceRequests | undefined
  await traced(
    queries,
    () => ({
      parent: parentOf<DownloadTrace>(options),
      project: statement.place.project,
      instanceId: undefined,
    }),
    async (trace: QueryTrace | undefined) => {
      const onSubmitted = (submitted: InstanceRequests): void => {
        if (trace !== undefined) trace.instanceId = submitted.instanceId
        options.onSubmitted(submitted)
      }
      instance = await run(statement, purpose, { ...options, onSubmitted })
      return { instanceId: instance.instanceId }
    },
  )
  return instance!
}

const run = async (
  { client, place, job }: Statement,
  purpose: string,
  options: RunOptions,
): Promise<InstanceRequests> => {
  const { signal, onSubmitted } = options
  const instance = await submitInstance(client, place, purpose, job, options)
  try {
    throwIfAborted(signal)
    onSubmitted(instance)
    await followInstance(instance, options)
    return instance
  } catch (error) {
    // What comes of it is on the channel of requests; there is nobody left to be told.
    if (signal?.aborted && !instance.hasEnded) await instance.stop().catch(() => {})
    throw accepted(error, instance)
  }
}

/**
 * The error of a statement that was accepted. Who only reads that the service could not be reached would submit it again, and it
 * may have been done by then.
 */
export const accepted = (error: unknown, { instanceId }: InstanceRequests): unknown => {
  if (!(error instanceof TunnelError) || error instanceof TunnelQueryError) return error
  forbidRepeat(error)
  error.message += ` The statement was accepted as instance ${instanceId}, and may have been done: look at it before you submit it again.`
  return Object.defineProperty(error, 'instanceId', { value: instanceId, enumerable: true })
}
