import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { ServiceRefusal } from './service-refusal.js'

/*
 * An emulator that checks no credentials must not be driven by the web pages that its user visits. A browser names the
 * page's origin with every request that can change something, `null` for some; clients of the service never do. A page
 * that has its own name resolve to this machine sends no foreign origin, but that name as host: so names that others can
 * own are refused, too.
 */

/** @throws ServiceRefusal NoPermission */
export const refuseWebPages = (headers: IncomingHttpHeaders, ownHost: string): void => {
  const { host, origin } = headers
  if (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`)
    throw forbidden('requests from web pages', `origin ${origin.slice(0, 100)}`)
  const site = headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site')
    throw forbidden('requests from web pages', `sec-fetch-site ${site}`)
  if (host !== undefined && !isOwnName(nameOf(host), ownHost))
    throw forbidden('this host name', host.slice(0, 100))
}

const forbidden = (what: string, which: string): ServiceRefusal =>
  new ServiceRefusal(
    403,
    'NoPermission',
    `An emulator that checks no credentials refuses ${what} (${which}). Use an IP address or localhost, or start it with credentials.`,
  )

/** Without port, brackets and the dot at the end. */
const nameOf = (host: string): string =>
  host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()

/** Ends of names that nobody can register, as containers and local networks use them. */
const localEnds = ['.localhost', '.local', '.internal', '.test', '.home.arpa']

/** A name without dots is one of this network. */
const isOwnName = (name: string, ownHost: string): boolean =>
  name === ownHost.toLowerCase() ||
  isIP(name) !== 0 ||
  !name.includes('.') ||
  localEnds.some(end => name.endsWith(end))
