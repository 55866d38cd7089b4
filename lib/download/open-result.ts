import { TunnelServiceError } from '../errors.js'
import type { CallOptions } from '../session/call-options.js'
import { followInstance, isMissing } from '../session/instance/follow-instance.js'
import { InstanceRequests } from '../session/instance/instance-requests.js'
import { noSuchInstance, withoutResult } from '../session/instance/query-failure.js'
import type { InstanceResource } from '../session/instance-resource.js'

/*
 * The tunnel reads the result of an instance that has ended well. Of any other it says in a word that it can't, and why
 * is known to the service only. So the tunnel is asked first, since it mostly can; then the service is asked for the
 * rest: to wait for an instance that still runs, and why one has failed.
 */

/** The tunnel's words for an instance that the service knows more about (protocol 8.3). */
const unfinished = 'InstanceNotTerminate'
const failed = 'TaskFailed'
/** A statement that gives no rows, as DDL does. */
const withoutRows = 'InstanceTypeNotSupported'

/**
 * Calls `open` for the result, once the instance has ended.
 * @throws TunnelQueryError ODPS_QUERY_NO_RESULT, ODPS_QUERY_FAILED, ODPS_QUERY_CANCELLED
 */
export const openResult = async <T>(
  resource: InstanceResource,
  open: () => Promise<T>,
  options: CallOptions,
): Promise<T> => {
  const { client, project, instanceId } = resource
  const instance = new InstanceRequests(client, project, instanceId, 'Reading the result of a query')
  try {
    return await open().catch(async error => {
      const word = wordOf(error)
      if ((word !== unfinished && word !== failed) || !client.hasService) throw error
      await followInstance(instance, options)
      return open()
    })
  } catch (error) {
    if (wordOf(error) === withoutRows) throw withoutResult(instance, error)
    throw isMissing(error) ? noSuchInstance(instance, error) : error
  }
}

const wordOf = (error: unknown): string | undefined =>
  error instanceof TunnelServiceError ? error.serviceCode : undefined
