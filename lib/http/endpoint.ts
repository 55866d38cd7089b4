import { TunnelOptionError } from '../errors.js'

/** A base URL in two parts: `path` has no `/` at its end and is not signed (protocol 2.2). */
export interface Endpoint {
  readonly origin: string
  readonly path: string
}

/**
 * Parses a base URL such as `https://service.cn-hangzhou.maxcompute.aliyun.com/api`.
 * @throws TunnelOptionError ODPS_INVALID_OPTION when it is no http or https URL, or has more than a path.
 */
export const parseEndpoint = (text: string, option: 'endpoint' | 'tunnelEndpoint'): Endpoint => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw wrong(
      option,
      'is not a URL; write it with its scheme, like https://service.<region>.maxcompute.aliyun.com/api',
    )
  // The text itself is not shown: it may hold a password.
  if (url.username !== '' || url.password !== '')
    throw wrong(option, 'must not contain a user name; use credentials')
  if (url.search !== '' || url.hash !== '') throw wrong(option, 'must not have a query or a fragment')
  return { origin: url.origin, path: decodePath(url.pathname, option) }
}

/** Whether requests go unencrypted to another machine. There is none by a name under `.invalid`: only a dispatcher answers. */
export const isExposed = ({ origin }: Endpoint): boolean => {
  const { protocol, hostname } = new URL(origin)
  return (
    protocol === 'http:' && !/^(localhost|.+\.localhost|.+\.invalid|127(\.\d+){3}|\[::1\])$/.test(hostname)
  )
}

const decodePath = (path: string, option: string): string => {
  try {
    return decodeURIComponent(path).replace(/\/+$/, '')
  } catch {
    throw wrong(option, 'has a path that cannot be decoded')
  }
}

const servicePattern = /service\.([^.]+)\.[a-z]{4,10}\.[a-z]{6}(?:-inc)?\.com/i

/** The region named in a service endpoint, without its network ending, or undefined (protocol 1.1). */
export const regionOfEndpoint = (endpoint: string): string | undefined => {
  const region = servicePattern.exec(endpoint)?.[1]?.replace(/-(?:internal|vpc)$/, '')
  return region?.includes('-') ? region : undefined
}

const wrong = (option: string, what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_OPTION', `${option} ${what}`)
