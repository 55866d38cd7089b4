import type { Dispatcher } from 'undici'
import { TunnelOptionError } from '../errors.js'
import type { EmulatorCredentials } from './server/authenticate.js'

/** For `new Tunnel(emulator.connection)`, or to be spread among other options. */
export interface EmulatorConnection {
  readonly endpoint: string
  readonly project: string
  readonly credentials: EmulatorCredentials
  /** Only with `listen: false`: requests have no other way to the emulator. */
  readonly dispatcher?: Dispatcher
}

/** Any key will do where none is checked, but clients want one. Too short to be taken out of messages as a secret. */
export const anyCredentials: EmulatorCredentials = { accessKeyId: 'any', accessKeySecret: 'any' }

/**
 * The connection as environment variables, as this library and its command line read them.
 * @throws TunnelOptionError with `listen: false`, for no variable holds a dispatcher
 */
export const environmentOf = ({
  endpoint,
  project,
  credentials,
  dispatcher,
}: EmulatorConnection): Record<string, string> => {
  if (dispatcher !== undefined)
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      'emulator.env: an emulator with listen: false is only reached through its dispatcher; use emulator.connection',
    )
  const place = { ODPS_ENDPOINT: endpoint, ODPS_PROJECT: project }
  if ('bearerToken' in credentials) return { ...place, ODPS_BEARER_TOKEN: credentials.bearerToken }
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  return {
    ...place,
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    ...(securityToken && { ALIBABA_CLOUD_SECURITY_TOKEN: securityToken }),
  }
}
