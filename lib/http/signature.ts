import { createHmac } from 'node:crypto'
import type { Credentials } from './credentials.js'

/*
 * canonical := METHOD LF content-md5 LF content-type LF date LF (x-odps-name ':' value LF)* resource
 * resource  := decoded path below the endpoint [ '?' param ( '&' param )* ]      sorted by name
 * param     := name [ '=' decoded value ]                                        no '=' for an empty value
 * (protocol 2.2; all values as sent, each decoded once)
 */

export interface SignableRequest {
  readonly method: string
  /** Decoded, without the path of the endpoint. */
  readonly path: string
  /** Decoded. */
  readonly query: Readonly<Record<string, string>>
  /** Names in any case, including `Date`. */
  readonly headers: Readonly<Record<string, string>>
}

export const canonicalString = (request: SignableRequest): string => {
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const query = Object.entries(request.query).sort(byName)
  const signed = [...headers, ...query].filter(([name]) => name.startsWith('x-odps-')).sort(byName)
  const params = query.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&')
  return [
    request.method,
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    headers.get('date') ?? '',
    ...signed.map(([name, value]) => `${name}:${value}`),
    params === '' ? request.path : `${request.path}?${params}`,
  ].join('\n')
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  a < b ? -1 : a > b ? 1 : 0

/** Gives the headers that authenticate a request. `now` is epoch milliseconds, for the day in a v4 signature. */
export type Sign = (request: SignableRequest, credentials: Credentials, now: number) => Record<string, string>

/** `region` is needed for v4 only. */
export const createSigner = (version: 'v1' | 'v4', region = ''): Sign => {
  const signingKey = createKeyCache()
  return (request, credentials, now) => {
    if ('bearerToken' in credentials) return { 'x-odps-bearer-token': credentials.bearerToken }
    const { accessKeyId, accessKeySecret, securityToken } = credentials
    const text = canonicalString(request)
    const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '')
    const authorization =
      version === 'v1'
        ? `ODPS ${accessKeyId}:${sha1(accessKeySecret, text)}`
        : `ODPS ${accessKeyId}/${day}/${region}/odps/aliyun_v4_request:${sha1(signingKey(accessKeySecret, day, region), text)}`
    // The token is in no canonical string (protocol 2.5).
    return {
      Authorization: authorization,
      ...(securityToken !== undefined && { 'authorization-sts-token': securityToken }),
    }
  }
}

/** The v4 key is made with SHA-256, the signature with SHA-1 (protocol 2.4). */
const sha1 = (key: string | Buffer, text: string): string =>
  createHmac('sha1', key).update(text, 'utf8').digest('base64')

const sha256 = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text, 'utf8').digest()

/** Keeps the last derived key: it changes once a day, or with the secret. */
const createKeyCache = (): ((secret: string, day: string, region: string) => Buffer) => {
  let last:
    | { readonly secret: string; readonly day: string; readonly region: string; readonly key: Buffer }
    | undefined
  return (secret, day, region) => {
    if (last?.secret === secret && last.day === day && last.region === region) return last.key
    const parts = [day, region, 'odps', 'aliyun_v4_request']
    const key = parts.reduce<string | Buffer>(sha256, `aliyun_v4${secret}`) as Buffer
    last = { secret, day, region, key }
    return key
  }
}
