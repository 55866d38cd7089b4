import { type Instance, taskStatusAt } from '../rest/instance-list.js'
import { noSuchObject, ServiceRefusal } from '../server/service-refusal.js'
import { jsonReply, type ServiceReply } from '../server/service-reply.js'
import { checkProject, type Service, type ServiceRequest } from '../service.js'
import type { SelectResult } from '../sql/select.js'
import { readSession } from './download-handlers.js'
import type { ServedDownload } from './served-download.js'
import { formatDownload } from './session-json.js'

/** With `instance_tunnel_limit_enabled` a result has no more rows than this (protocol 8.3). */
const limitedRows = 10_000

const findInstance = (service: Service, request: ServiceRequest): Instance => {
  checkProject(service, request.project!)
  const instance = service.instances.find(request.project!, request.resource?.name ?? '')
  if (instance === undefined) throw noSuchObject('The specified instance does not exist.')
  return instance
}

/** POST …/instances/I?downloads (protocol 8.1) */
export const createResultDownload = async (
  service: Service,
  request: ServiceRequest,
): Promise<ServiceReply> => {
  const instance = findInstance(service, request)
  const { query } = request
  const result = readResultOf(instance, service.clock.now())
  const session = service.downloads.create({
    owner: instance.id,
    schema: { columns: result.schema.columns, partitionColumns: [] },
    segments: result.segments,
    rows: query.has('instance_tunnel_limit_enabled') ? Math.min(result.rows, limitedRows) : result.rows,
    quotaName: query.get('quotaName') ?? '',
  })
  return jsonReply(formatDownload(session))
}

const readResultOf = (instance: Instance, now: number): SelectResult => {
  const { outcome } = instance
  const status = taskStatusAt(instance, now)
  if (status === 'Running')
    throw new ServiceRefusal(400, 'InstanceNotTerminate', 'The specified instance has not terminated.')
  if (status === 'Cancelled')
    throw new ServiceRefusal(400, 'TaskFailed', 'The specified instance was cancelled.')
  if (outcome.status === 'Failed') throw new ServiceRefusal(400, 'TaskFailed', outcome.message)
  if (typeof outcome.result !== 'string') return outcome.result
  throw new ServiceRefusal(
    400,
    'InstanceTypeNotSupported',
    'The instance has no result that can be downloaded.',
  )
}

const findSession = (service: Service, request: ServiceRequest): ServedDownload =>
  service.downloads.get(request.query.get('downloadid') ?? '', findInstance(service, request).id)

export const getResultDownload = async (service: Service, request: ServiceRequest): Promise<ServiceReply> =>
  jsonReply(formatDownload(findSession(service, request)))

/** GET …/instances/I?downloadid&data&rowrange (protocol 8.2) */
export const readResult = async (service: Service, request: ServiceRequest): Promise<ServiceReply> =>
  readSession(service, findSession(service, request), request)
