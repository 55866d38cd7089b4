import { type SqlPosition, TunnelQueryError, type TunnelQueryErrorCode } from '../../errors.js'
import { parseErrorBody } from '../../http/service-error.js'
import type { InstanceRequests } from './instance-requests.js'

const maxMessage = 1000

/** The error of an instance that has failed, from the text that it has left. */
export const failedInstance = (instance: InstanceRequests, text: string): TunnelQueryError => {
  const { code, message } = parseErrorBody(text)
  const said = (message ?? text).trim().replace(/\s+/g, ' ')
  const what = said === '' ? "the service doesn't say why" : shortened(said)
  const serviceCode = code ?? /\bODPS-\d{7}\b/.exec(said)?.[0]
  const sqlPosition = positionIn(said)
  return queryError('ODPS_QUERY_FAILED', instance, `failed: ${what}`, { serviceCode, sqlPosition })
}

export const cancelledInstance = (instance: InstanceRequests): TunnelQueryError =>
  queryError('ODPS_QUERY_CANCELLED', instance, 'was stopped, by somebody else or by the service')

/** The statement of an instance has run, but rows can't be read from it. */
export const withoutResult = (instance: InstanceRequests, cause: unknown): TunnelQueryError =>
  queryError(
    'ODPS_QUERY_NO_RESULT',
    instance,
    'has run its statement, which gives no rows. Use execute for statements without rows',
    { cause },
  )

/** The service doesn't know the instance (any more). */
export const noSuchInstance = (instance: InstanceRequests, cause: unknown): TunnelQueryError =>
  queryError(
    'ODPS_QUERY_NO_RESULT',
    instance,
    `isn't known in project ${instance.project}. Check the id and the project; the service forgets instances and their results after some time`,
    { cause },
  )

/** An instance of ours that the service has lost while it was followed. */
export const lostInstance = (instance: InstanceRequests, cause: unknown): TunnelQueryError =>
  queryError(
    'ODPS_QUERY_UNKNOWN',
    instance,
    "was submitted, but the service doesn't know it any more. Whether its statement has run isn't known; look at what it should have done before you run it again",
    { cause },
  )

/** Nobody can tell whether the statement was accepted. */
export const unknownSubmit = (purpose: string, uuid: string, why: string, cause: unknown): TunnelQueryError =>
  new TunnelQueryError(
    'ODPS_QUERY_UNKNOWN',
    `${purpose}: the answer to the statement was lost, and ${why}, so whether it runs isn't known. Look among the instances of the project for the one with uuid ${uuid} before you run it again.`,
    { uuid, cause },
  )

interface Details {
  readonly serviceCode?: string | undefined
  readonly sqlPosition?: SqlPosition | undefined
  readonly cause?: unknown
}

const queryError = (
  code: TunnelQueryErrorCode,
  { purpose, instanceId }: InstanceRequests,
  what: string,
  details: Details = {},
): TunnelQueryError =>
  new TunnelQueryError(code, `${purpose}: instance ${instanceId} ${what}.`, { instanceId, ...details })

/** `ODPS-0130161:[1,15] Parse exception - …`: line and column, both from 1. */
const positionIn = (text: string): SqlPosition | undefined => {
  const found = /\bODPS-\d{7}:\s*\[(\d{1,9}),\s*(\d{1,9})\]/.exec(text)
  if (found === null) return undefined
  const [line, column] = [Number(found[1]), Number(found[2])]
  return line < 1 || column < 1 ? undefined : { line, column }
}

const shortened = (text: string): string => {
  const line = text.replace(/\.$/, '')
  return line.length > maxMessage ? `${line.slice(0, maxMessage)}…` : line
}
