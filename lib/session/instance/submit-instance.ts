import { AbortError } from '../../abort.js'
import type { RequestSpec } from '../../http/request-spec.js'
import type { TunnelClient } from '../../http/tunnel-client.js'
import { isUncertain } from '../../http/uncertain.js'
import { childOf, textAt } from '../../xml.js'
import type { CallOptions } from '../call-options.js'
import { requestXml } from '../metadata.js'
import { InstanceRequests } from './instance-requests.js'
import { unknownSubmit } from './query-failure.js'
import { formatJob, type SqlJob, uuidOfJob } from './sql-job.js'

/*
 * A statement must not run twice: the second INSERT is as good as the first. So it is sent again only after a failure
 * that proves that it was not accepted. Where that isn't known, because the answer was lost, the instance is looked for:
 * every job has a uuid of ours, which the service gives back with the source of an instance. Found, it is followed as
 * if the answer had come; not found, the caller is told that nobody knows.
 */

/** Where a statement runs. */
export interface StatementPlace {
  readonly project: string
  readonly schemaName?: string | undefined
}

/** An instance is listed some seconds after it was accepted. */
const searchMs = 30_000
const firstSearchMs = 1_000
const maxSearchMs = 5_000
/** Of the newest so many the source is read. */
const maxSources = 50
/** The service takes requests of clocks that are off by a quarter of an hour. */
const clockErrorMs = 16 * 60_000

/**
 * Submits a statement, once. A signal stops what is not sent yet: a request under way is awaited, so that what it started
 * can be stopped.
 * @returns the instance
 * @throws TunnelQueryError ODPS_QUERY_UNKNOWN when it isn't known whether it was accepted
 */
export const submitInstance = async (
  client: TunnelClient,
  place: StatementPlace,
  purpose: string,
  job: SqlJob,
  call: CallOptions = {},
): Promise<InstanceRequests> => {
  const { project, schemaName } = place
  const spec: RequestSpec = {
    ...{ purpose, target: 'service', method: 'POST', path: ['projects', project, 'instances'], project },
    query: { ...(schemaName !== undefined && { curr_schema: schemaName }) },
    headers: { 'Content-Type': 'application/xml' },
    body: [Buffer.from(formatJob(job))],
    repeat: 'submit',
    signal: call.signal,
    onRetry: call.onRetry,
  }
  const since = client.clock.now()
  try {
    const location = await client.exchange(spec, async response => {
      // The answer is in the head; a body that is cut changes nothing.
      await response.discard().catch(() => {})
      return response.headers['location']
    })
    const id = location?.split('/').at(-1)
    if (id) return new InstanceRequests(client, project, decodeURIComponent(id), purpose)
  } catch (error) {
    if (!isUncertain(error)) throw error
    return search(client, project, purpose, job.uuid, since, error, call)
  }
  return search(client, project, purpose, job.uuid, since, undefined, call)
}

const search = async (
  client: TunnelClient,
  project: string,
  purpose: string,
  uuid: string,
  since: number,
  cause: unknown,
  call: CallOptions,
): Promise<InstanceRequests> => {
  const { clock } = client
  const began = clock.now()
  const known = new Set<string>()
  try {
    for (let delayMs = firstSearchMs; ; delayMs = Math.min(delayMs * 2, maxSearchMs)) {
      for (const id of await newestInstances(client, project, purpose, since - clockErrorMs, call)) {
        if (known.has(id)) continue
        const instance = new InstanceRequests(client, project, id, purpose)
        if (uuidOfJob(await instance.source(call)) === uuid) return instance
        known.add(id)
      }
      if (clock.now() + delayMs - began > searchMs) break
      await clock.sleep(delayMs, call.signal)
    }
  } catch (error) {
    if (error instanceof AbortError) throw error
    throw unknownSubmit(purpose, uuid, 'the instances of the project could not be looked at', error)
  }
  throw unknownSubmit(
    purpose,
    uuid,
    `no instance with its uuid was found for ${searchMs / 1000} seconds`,
    cause,
  )
}

/** The ids of the caller's own instances that began after `since`, epoch milliseconds; the newest first. */
const newestInstances = async (
  client: TunnelClient,
  project: string,
  purpose: string,
  since: number,
  { signal, onRetry }: CallOptions,
): Promise<string[]> => {
  const found: { readonly id: string; readonly startedAt: number }[] = []
  const markers = new Set<string>()
  for (let marker = ''; ; ) {
    const query = {
      onlyowner: 'yes',
      daterange: `${Math.floor(since / 1000)}:`,
      ...(marker !== '' && { marker }),
    }
    const path = ['projects', project, 'instances']
    const spec = { purpose, target: 'service', method: 'GET', path, project, query, signal, onRetry } as const
    const root = await requestXml(client, { ...spec, repeat: 'safe' }, 'Instances')
    for (const item of root.children) {
      const id = item.name === 'Instance' ? textAt(item, 'Name')?.trim() : undefined
      if (id) found.push({ id, startedAt: Date.parse(textAt(item, 'StartTime') ?? '') || 0 })
    }
    marker = childOf(root, 'Marker')?.text.trim() ?? ''
    if (marker === '' || markers.size === markers.add(marker).size) break
  }
  const newest = found.sort((a, b) => b.startedAt - a.startedAt).slice(0, maxSources)
  return newest.map(({ id }) => id)
}
