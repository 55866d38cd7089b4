import { randomUUID } from 'node:crypto'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { TablePlace } from '../schema/table-name.js'
import type { CallOptions } from '../session/call-options.js'
import { followInstance } from '../session/instance/follow-instance.js'
import type { InstanceRequests } from '../session/instance/instance-requests.js'
import { defaultPriority, settingsOf } from '../session/instance/job-settings.js'
import type { SqlJob } from '../session/instance/sql-job.js'
import { submitInstance } from '../session/instance/submit-instance.js'

export const jobOf = (
  place: TablePlace,
  sql: string,
  hints: Readonly<Record<string, string>> = {},
): SqlJob => ({
  sql,
  uuid: randomUUID(),
  priority: defaultPriority,
  settings: settingsOf(place, hints),
})

/**
 * Runs one statement and waits until it has ended.
 * @throws TunnelQueryError ODPS_QUERY_FAILED
 */
export const runSql = async (
  client: TunnelClient,
  place: TablePlace,
  sql: string,
  { hints, ...call }: CallOptions & { readonly hints?: Readonly<Record<string, string>> | undefined } = {},
): Promise<InstanceRequests> => {
  const instance = await submitInstance(client, place, 'Running a statement', jobOf(place, sql, hints), call)
  await followInstance(instance, call)
  return instance
}
