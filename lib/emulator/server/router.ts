import { getInstance, listInstances, stopInstance, submitInstance } from '../rest/instances.js'
import { getPartitionInfo, listPartitions } from '../rest/partitions.js'
import { authorize, getEndpoint, getHost, getProject, getTenant, putLogs } from '../rest/project.js'
import { getTable, listTables, queryTables, readHead } from '../rest/tables.js'
import type { Handler } from '../service.js'
import { createDownload, getDownload, readData } from '../tunnel/download.js'
import { createResultDownload, getResultDownload, readResult } from '../tunnel/instance.js'
import { preview } from '../tunnel/preview.js'
import { commitUpload, createUpload, getUpload, putBlock } from '../tunnel/upload.js'
import { methodNotAllowed, noSuchObject, notEmulated, type Refusal } from './refusal.js'
import type { EmulatorAction, ResourcePath, Target } from './request.js'

export interface Route {
  readonly action: EmulatorAction
  readonly handle: Handler
}

type Query = ReadonlyMap<string, string>

const route = (action: EmulatorAction, handle: Handler): Route => ({ action, handle })

const refuse = (refusal: Refusal): Route =>
  route('unknown', async () => {
    throw refusal
  })

const unknownResource = (): Route => refuse(noSuchObject('The requested resource does not exist.'))

/** Finds what a request asks for. Parameters count by being there, not by value (protocol 13.1). */
export const findRoute = (method: string, target: Target, resource: ResourcePath | undefined): Route => {
  if (target.service === 'tunnel') return findTunnelRoute(method, target.query, resource)
  if (resource === undefined) return findServiceRoute(method, target.segments)
  return findRestRoute(method, target.query, resource)
}

const findTunnelRoute = (method: string, query: Query, resource: ResourcePath | undefined): Route => {
  if (resource?.name === undefined) return unknownResource()
  const { kind, rest } = resource
  if (kind !== 'tables' && kind !== 'instances') return unknownResource()
  if (kind === 'tables' && rest.length > 0) return findPartRoute(method, rest)
  if (rest.length > 0) return unknownResource()
  const found = kind === 'tables' ? findTableRoute(method, query) : findResultRoute(method, query)
  return found ?? refuse(methodNotAllowed())
}

/** What lies below a table. */
const findPartRoute = (method: string, [part, ...rest]: readonly string[]): Route => {
  if (part !== 'preview') return refuse(notEmulated(`${part} of tables`))
  return rest.length > 0 ? unknownResource() : onlyGet(method, route('preview', preview))
}

const findTableRoute = (method: string, query: Query): Route | undefined => {
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

const findResultRoute = (method: string, query: Query): Route | undefined => {
  if (method === 'POST' && query.has('downloads')) return route('createResultDownload', createResultDownload)
  if (method === 'GET' && query.has('cached')) return refuse(notEmulated('cached results'))
  if (method === 'GET' && query.has('data')) return route('readResult', readResult)
  return method === 'GET' && query.has('downloadid')
    ? route('getResultDownload', getResultDownload)
    : undefined
}

const findServiceRoute = (method: string, segments: readonly string[]): Route => {
  const path = segments.join('/')
  if (path === 'logview/host' || path === 'webconsole/host') return onlyGet(method, route('getHost', getHost))
  if (path === 'tenants') return onlyGet(method, route('getTenant', getTenant))
  return unknownResource()
}

const onlyGet = (method: string, found: Route): Route =>
  method === 'GET' ? found : refuse(methodNotAllowed())

const findRestRoute = (method: string, query: Query, { kind, name, rest }: ResourcePath): Route => {
  if (rest.length > 0) return unknownResource()
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
    case 'tables':
      if (name !== undefined) return onlyGet(method, findTableInfoRoute(query))
      if (method === 'POST' && query.has('query')) return route('listTables', queryTables)
      return onlyGet(method, route('listTables', listTables))
    default:
      return unknownResource()
  }
}

const findInstancesRoute = (method: string): Route | undefined => {
  if (method === 'POST') return route('submitInstance', submitInstance)
  return method === 'GET' ? route('listInstances', listInstances) : undefined
}

const findInstanceRoute = (method: string): Route | undefined => {
  if (method === 'PUT') return route('stopInstance', stopInstance)
  return method === 'GET' ? route('getInstance', getInstance) : undefined
}

const findTableInfoRoute = (query: Query): Route => {
  if (query.has('data')) return route('readHead', readHead)
  if (query.has('partitions')) return route('listPartitions', listPartitions)
  if (query.has('partition')) return route('getPartition', getPartitionInfo)
  return route('getTable', getTable)
}
