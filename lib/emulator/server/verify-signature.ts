import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/*
 * Written apart from the client's signing, so that one checks the other (protocol 2).
 *
 *   METHOD \n Content-MD5 \n Content-Type \n Date \n (x-odps-name:value \n)* resource
 *   resource := decoded path without the endpoint's, then '?' and the parameters sorted by name, k=v or k
 */

/** What of a request is signed. */
export interface SignedParts {
  readonly method: string
  /** As on the request line: encoded, with query. */
  readonly url: string
  /** Path of the endpoint, cut from the front: `/api` or empty. */
  readonly basePath: string
  /** Names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>
}

type Parameters = readonly (readonly [name: string, value: string])[]

/** The strings a client may have signed: the plain reading, and PyODPS', where that differs. Nearly all are the first. */
export function* canonicalStrings(parts: SignedParts): Generator<string, void, undefined> {
  const plain = readOnce(parts)
  const text = plain && canonicalString(parts, plain.path, plain.parameters)
  if (text !== undefined) yield text
  const twice = readTwice(parts)
  const other = canonicalString(parts, twice.path, twice.parameters)
  if (other !== text) yield other
}

interface Reading {
  readonly path: string
  readonly parameters: Parameters
}

/** Each name and value decoded once; the first of repeated names counts. */
const readOnce = ({ url, basePath }: SignedParts): Reading | undefined => {
  const [path, query] = splitAt(url, '?')
  try {
    const parameters = new Map<string, string>()
    for (const part of query.split('&').filter(part => part !== '')) {
      const [name, value] = splitAt(part, '=')
      if (!parameters.has(decodePlus(name))) parameters.set(decodePlus(name), decodePlus(value))
    }
    return { path: cutBase(decodeURIComponent(path), basePath), parameters: [...parameters] }
  } catch {
    return undefined
  }
}

/** PyODPS decodes the whole URL, then takes it apart and decodes the query again; the last of repeated names counts. */
const readTwice = ({ url, basePath }: SignedParts): Reading => {
  const [beforeFragment] = splitAt(lenientDecode(url), '#')
  const [path, query] = splitAt(beforeFragment, '?')
  const parameters = new Map<string, string>()
  for (const part of query.split('&').filter(part => part !== '')) {
    const [name, value] = splitAt(part, '=')
    parameters.set(lenientDecode(name.replaceAll('+', ' ')), lenientDecode(value.replaceAll('+', ' ')))
  }
  return { path: cutBase(path, basePath), parameters: [...parameters] }
}

const splitAt = (text: string, sign: string): [string, string] => {
  const at = text.indexOf(sign)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const decodePlus = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

/** Leaves a `%` that starts no escape as it is; bytes that are no UTF-8 become U+FFFD. */
const lenientDecode = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, escapes => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString())

const cutBase = (path: string, basePath: string): string =>
  basePath !== '' && path.startsWith(basePath) ? path.slice(basePath.length) : path

const canonicalString = ({ method, headers }: SignedParts, path: string, parameters: Parameters): string => {
  const sorted = [...parameters].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const signed = new Map<string, string>()
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-odps-')) signed.set(name, String(value))
  for (const [name, value] of sorted) if (name.startsWith('x-odps-')) signed.set(name, value)
  const query = sorted.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&')
  return [
    method,
    headers['content-md5'] ?? '',
    headers['content-type'] ?? '',
    headers.date ?? '',
    ...[...signed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}`),
    query === '' ? path : `${path}?${query}`,
  ].join('\n')
}

/** `ODPS id:signature`, or `ODPS id/yyyymmdd/region/odps/aliyun_v4_request:signature`. */
export interface Authorization {
  readonly accessKeyId: string
  readonly scope: { readonly date: string; readonly region: string; readonly request: string } | undefined
  readonly signature: string
}

export const parseAuthorization = (header: string): Authorization | undefined => {
  const found = /^ODPS ([^:\s]+):([A-Za-z0-9+/=]+)$/.exec(header)
  if (found === null) return undefined
  const [accessKeyId = '', date, region, service, request] = found[1]!.split('/')
  if (date === undefined) return { accessKeyId, scope: undefined, signature: found[2]! }
  if (region === undefined || service !== 'odps' || !request?.endsWith('_v4_request')) return undefined
  return { accessKeyId, scope: { date, region, request }, signature: found[2]! }
}

/** Whether one of the readings was signed with the secret. */
export const isSignedBy = (
  parts: SignedParts,
  { scope, signature }: Authorization,
  secret: string,
): boolean => {
  const key = scope === undefined ? secret : deriveKey(secret, scope)
  for (const text of canonicalStrings(parts))
    if (equal(createHmac('sha1', key).update(text).digest('base64'), signature)) return true
  return false
}

/** The chain of keys is HMAC-SHA256, the signature itself stays HMAC-SHA1 (protocol 2.4). */
const deriveKey = (
  secret: string,
  { date, region, request }: NonNullable<Authorization['scope']>,
): Buffer => {
  const prefix = request.slice(0, -'_request'.length)
  let key: Buffer = Buffer.from(prefix + secret)
  for (const step of [date, region, 'odps', request]) key = createHmac('sha256', key).update(step).digest()
  return key
}

const equal = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
