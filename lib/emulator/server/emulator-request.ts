import type { IncomingHttpHeaders } from 'node:http'
import { ServiceRefusal } from './service-refusal.js'

/** What a request asks for; the words that fault rules and {@link EmulatorRequest.action} use. */
export const actions = [
  'createUpload',
  'getUpload',
  'putBlock',
  'commitUpload',
  'createUpsert',
  'getUpsert',
  'putUpsert',
  'commitUpsert',
  'abortUpsert',
  'createStreamUpload',
  'getStreamUpload',
  'putPack',
  'createDownload',
  'getDownload',
  'readData',
  'preview',
  'createResultDownload',
  'getResultDownload',
  'readResult',
  'getEndpoint',
  'getProject',
  'getTenant',
  'getHost',
  'putLogs',
  'authorize',
  'submitInstance',
  'getInstance',
  'stopInstance',
  'listInstances',
  'createSchema',
  'getSchema',
  'deleteSchema',
  'listSchemas',
  'getTable',
  'readHead',
  'listTables',
  'listPartitions',
  'getPartition',
  'unknown',
] as const

/** What a request asks for, whatever its path. */
export type EmulatorAction = (typeof actions)[number]

/** One request as fault functions and the request log see it. */
export interface EmulatorRequest {
  readonly method: string
  /** `rest` under `/api`, else `tunnel`. */
  readonly service: 'rest' | 'tunnel'
  readonly action: EmulatorAction
  /** Decoded, without `/api`, without the query. */
  readonly path: string
  readonly query: ReadonlyMap<string, string>
  /** Names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>
  readonly project: string | undefined
  readonly schemaName: string | undefined
  readonly table: string | undefined
  /** How many requests with the same action came before: 0 for the first. */
  readonly sequence: number
}

/** The address of a request, taken apart. */
export interface RequestTarget {
  readonly service: 'rest' | 'tunnel'
  readonly path: string
  /** Decoded path segments, without `/api`. */
  readonly segments: readonly string[]
  readonly query: ReadonlyMap<string, string>
}

/** The parts of `/projects/P[/schemas/S]/<kind>/<name>[/<rest>]`. */
export interface ResourcePath {
  readonly project: string
  readonly schemaName: string | undefined
  /** `tables`, `instances`, …; undefined for the project itself. */
  readonly kind: string | undefined
  readonly name: string | undefined
  readonly rest: readonly string[]
}

/** The Storage API belongs to the tunnel, though its paths begin like the service's; they are signed whole. */
export const serviceOf = (url: string): 'rest' | 'tunnel' =>
  /^\/api(?!\/storage\/)(?:[/?]|$)/.test(url) ? 'rest' : 'tunnel'

/**
 * Takes a request line's address apart. In a query `+` is a blank, the first of repeated names counts.
 * @throws ServiceRefusal InvalidURI when a part is not valid percent-encoded UTF-8.
 */
export const parseRequestTarget = (url: string): RequestTarget => {
  const at = url.indexOf('?')
  const rawPath = at < 0 ? url : url.slice(0, at)
  const all = rawPath.split('/').slice(1).map(decode)
  const isRest = serviceOf(url) === 'rest'
  const segments = (isRest ? all.slice(1) : all).filter(
    (segment, i, list) => segment !== '' || i < list.length - 1,
  )
  return {
    service: isRest ? 'rest' : 'tunnel',
    path: `/${segments.join('/')}`,
    segments,
    query: parseQuery(at < 0 ? '' : url.slice(at + 1)),
  }
}

const parseQuery = (text: string): Map<string, string> => {
  const query = new Map<string, string>()
  for (const part of text.split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    const name = decode((at < 0 ? part : part.slice(0, at)).replaceAll('+', ' '))
    const value = at < 0 ? '' : decode(part.slice(at + 1).replaceAll('+', ' '))
    if (!query.has(name)) query.set(name, value)
  }
  return query
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new ServiceRefusal(400, 'InvalidURI', "Couldn't parse the specified URI.", { cause })
  }
}

/** Reads `/projects/…`; undefined for any other path. */
export const parseResourcePath = (segments: readonly string[]): ResourcePath | undefined => {
  if (segments[0] !== 'projects' || segments[1] === undefined || segments[1] === '') return undefined
  const project = segments[1]
  const inSchema = segments[2] === 'schemas' && segments.length > 4
  const tail = segments.slice(inSchema ? 4 : 2)
  return {
    project,
    schemaName: inSchema ? segments[3] : undefined,
    kind: tail[0],
    name: tail[1],
    rest: tail.slice(2),
  }
}
