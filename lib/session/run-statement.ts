import { randomUUID } from 'node:crypto'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { CallOptions } from './call-options.js'
import { followInstance } from './instance/follow-instance.js'
import { defaultPriority, settingsOf } from './instance/job-settings.js'
import { type StatementPlace, submitInstance } from './instance/submit-instance.js'

/**
 * Runs one statement of the library's own that gives no rows, and waits until it is done (protocol 10).
 * @throws TunnelQueryError with the message of the service when it fails
 */
export const runStatement = async (
  client: TunnelClient,
  place: StatementPlace,
  purpose: string,
  sql: string,
  options: CallOptions = {},
): Promise<void> => {
  const job = { sql, uuid: randomUUID(), priority: defaultPriority, settings: settingsOf(place) }
  const instance = await submitInstance(client, place, purpose, job, options)
  await followInstance(instance, options)
}
