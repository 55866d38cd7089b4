import { authorize } from '../rest/authorization.js'
import { getInstance, listInstances, stopInstance, submitInstance } from '../rest/instance-handlers.js'
import { getPartitionInfo, listPartitions } from '../rest/partition-handlers.js'
import { getEndpoint, getHost, getProject, getTenant, putLogs } from '../rest/project-handlers.js'
import { createSchema, deleteSchema, getSchema, listSchemas } from '../rest/schema-handlers.js'
import { getTable, listTables, queryTables, readHead } from '../rest/table-handlers.js'
import type { Handler } from '../service.js'
import { createDownload, getDownload, readData } from '../tunnel/download-handlers.js'
import { preview } from '../tunnel/preview.js'
import { createResultDownload, getResultDownload, readResult } from '../tunnel/result-handlers.js'
import { createStreamUpload, getStreamUpload, putPack } from '../tunnel/stream-handlers.js'
import { commitUpload, createUpload, getUpload, putBlock } from '../tunnel/upload-handlers.js'
import { abortUpsert, commitUpsert, createUpsert, getUpsert, putUpsert } from '../tunnel/upsert-handlers.js'
import { absentPart, absentResource } from './absent.js'
import type { EmulatorAction, RequestTarget, ResourcePath } from './emulator-request.js'
import { methodNotAllowed, notEmulated, type ServiceRefusal } from './service-refusal.js'

/*
 * Which action a request asks for. The service has few paths and many meanings for each: `?downloads`, `?uploads`,
 * `?data` and `?partitions` on the path of a table are requests of their own, told apart by a parameter's presence.
 * What the emulator lacks is named in the answer, because a client's own error for a bare 404 sends its user looking in
 * the wrong place.
 */

export interface ActionRoute {
  readonly action: EmulatorAction
  readonly handle: Handler
}

type Query = ReadonlyMap<string, string>

const route = (action: EmulatorAction, handle: Handler): ActionRoute => ({ action, handle })

const refuse = (refusal: ServiceRefusal): ActionRoute =>
  route('unknown', async () => {
    throw refusal
  })

/** Finds what a request asks for. Parameters count by being there, not by value (protocol 13.1). */
export const findRoute = (
  method: string,
  target: RequestTarget,
  resource: ResourcePath | undefined,
): ActionRoute => {
  const found =
    target.service === 'tunnel'
      ? findTunnelRoute(method, target, resource)
      : resource === undefined
        ? findServiceRoute(method, target.segments)
        : findRestRoute(method, target.query, resource)
  return found ?? refuse(absentResource(method, target, resource))
}

const findTunnelRoute = (
  method: string,
  target: RequestTarget,
  resource: ResourcePath | undefined,
): ActionRoute | undefined => {
  if (resource?.name === undefined) return undefined
  const { kind, rest } = resource
  if (kind !== 'tables' && kind !== 'instances') return undefined
  if (rest.length > 0) return findPartRoute(method, target, kind, rest)
  const found =
    kind === 'tables' ? findTableRoute(method, target.query) : findResultRoute(method, target.query)
  return found ?? refuse(methodNotAllowed())
}

/** What lies below a table or an instance. */
const findPartRoute = (
  method: string,
  target: RequestTarget,
  kind: 'tables' | 'instances',
  rest: readonly string[],
): ActionRoute => {
  const [part = ''] = rest
  if (kind === 'tables' && part === 'preview' && rest.length === 1)
    return onlyGet(method, route('preview', preview))
  if (kind === 'tables' && part === 'upserts' && rest.length === 1)
    return findUpsertRoute(method, target.query) ?? refuse(methodNotAllowed())
  if (kind === 'tables' && part === 'streams' && rest.length === 1)
    return findStreamRoute(method, target.query) ?? refuse(methodNotAllowed())
  return refuse(absentPart(method, target, part, false))
}

/** POST without a session creates one (protocol 9.3). */
const findUpsertRoute = (method: string, query: Query): ActionRoute | undefined => {
  if (method === 'POST' && !query.has('upsertid')) return route('createUpsert', createUpsert)
  if (!query.has('upsertid')) return undefined
  switch (method) {
    case 'POST':
      return route('commitUpsert', commitUpsert)
    case 'PUT':
      return route('putUpsert', putUpsert)
    case 'GET':
      return route('getUpsert', getUpsert)
    case 'DELETE':
      return route('abortUpsert', abortUpsert)
    default:
      return undefined
  }
}

/** One client asks for the state of a session with GET, another with POST (protocol 9.1). */
const findStreamRoute = (method: string, query: Query): ActionRoute | undefined => {
  const isOpen = query.has('uploadid')
  if (method === 'POST' && !isOpen) return route('createStreamUpload', createStreamUpload)
  if (method === 'PUT' && isOpen) return route('putPack', putPack)
  return (method === 'GET' || method === 'POST') && isOpen
    ? route('getStreamUpload', getStreamUpload)
    : undefined
}

const findTableRoute = (method: string, query: Query): ActionRoute | undefined => {
  switch (method) {
    case 'POST':
      if (query.has('uploads')) return route('createUpload', createUpload)
      if (query.has('downloads')) return route('createDownload', createDownload)
      return query.has('uploadid') ? route('commitUpload', commitUpload) : undefined
    case 'PUT':
      return query.has('uploadid') ? route('putBlock', putBlock) : undefined
    case 'GET':
      if (query.has('data')) return route('readData', readData)
      if (query.has('uploadid')) return route('getUpload', getUpload)
      return query.has('downloadid') ? route('getDownload', getDownload) : undefined
    default:
      return undefined
  }
}

const findResultRoute = (method: string, query: Query): ActionRoute | undefined => {
  if (method === 'POST' && query.has('downloads')) return route('createResultDownload', createResultDownload)
  if (method === 'GET' && query.has('cached')) return refuse(notEmulated('cached results'))
  if (method === 'GET' && query.has('data')) return route('readResult', readResult)
  return method === 'GET' && query.has('downloadid')
    ? route('getResultDownload', getResultDownload)
    : undefined
}

const findServiceRoute = (method: string, segments: readonly string[]): ActionRoute | undefined => {
  const path = segments.join('/')
  if (path === 'logview/host' || path === 'webconsole/host') return onlyGet(method, route('getHost', getHost))
  return path === 'tenants' ? onlyGet(method, route('getTenant', getTenant)) : undefined
}

const onlyGet = (method: string, found: ActionRoute): ActionRoute =>
  method === 'GET' ? found : refuse(methodNotAllowed())

const findRestRoute = (
  method: string,
  query: Query,
  { kind, name, rest }: ResourcePath,
): ActionRoute | undefined => {
  if (rest.length > 0) return undefined
  switch (kind) {
    case undefined:
      return onlyGet(method, route('getProject', getProject))
    case 'tunnel':
      return onlyGet(method, route('getEndpoint', getEndpoint))
    case 'logs':
      return method === 'PUT' ? route('putLogs', putLogs) : refuse(methodNotAllowed())
    case 'authorization':
      return method === 'POST' ? route('authorize', authorize) : refuse(methodNotAllowed())
    case 'instances':
      return (
        (name === undefined ? findInstancesRoute(method) : findInstanceRoute(method)) ??
        refuse(methodNotAllowed())
      )
    case 'schemas':
      return (
        (name === undefined ? findSchemasRoute(method) : findSchemaRoute(method)) ??
        refuse(methodNotAllowed())
      )
    case 'tables':
      if (name !== undefined) return onlyGet(method, findTableInfoRoute(query))
      if (method === 'POST' && query.has('query')) return route('listTables', queryTables)
      return onlyGet(method, route('listTables', listTables))
    default:
      return undefined
  }
}

const findSchemasRoute = (method: string): ActionRoute | undefined => {
  if (method === 'POST') return route('createSchema', createSchema)
  return method === 'GET' ? route('listSchemas', listSchemas) : undefined
}

const findSchemaRoute = (method: string): ActionRoute | undefined => {
  if (method === 'DELETE') return route('deleteSchema', deleteSchema)
  return method === 'GET' ? route('getSchema', getSchema) : undefined
}

const findInstancesRoute = (method: string): ActionRoute | undefined => {
  if (method === 'POST') return route('submitInstance', submitInstance)
  return method === 'GET' ? route('listInstances', listInstances) : undefined
}

const findInstanceRoute = (method: string): ActionRoute | undefined => {
  if (method === 'PUT') return route('stopInstance', stopInstance)
  return method === 'GET' ? route('getInstance', getInstance) : undefined
}

const findTableInfoRoute = (query: Query): ActionRoute => {
  if (query.has('data')) return route('readHead', readHead)
  if (query.has('partitions')) return route('listPartitions', listPartitions)
  if (query.has('partition')) return route('getPartition', getPartitionInfo)
  return route('getTable', getTable)
}
