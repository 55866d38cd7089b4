import assert from 'node:assert/strict'
import type { Server } from 'node:net'
import { TunnelError } from '../../lib/errors.js'
import type { RequestSpec } from '../../lib/http/request-spec.js'
import { text } from './scripted-server.js'

/** A request that may be repeated whatever happened. */
export const get: RequestSpec = {
  purpose: 'Testing',
  target: 'tunnel',
  method: 'GET',
  path: ['projects', 'p', 'tables', 't'],
  project: 'p',
  repeat: 'safe',
}

/** A request that may be repeated only when the service has surely not done it. */
export const create: RequestSpec = { ...get, method: 'POST', query: { uploads: '' }, repeat: 'create' }

export const ok = text('ok')

export const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** The error that a request fails with. */
export const failure = async (promise: Promise<unknown>): Promise<TunnelError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    e => e,
  )
  assert.ok(error instanceof TunnelError, String(error))
  return error
}
