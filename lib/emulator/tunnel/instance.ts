import type { Instance } from '../rest/instance-list.js'
import { type Answer, json } from '../server/answer.js'
import { noSuchObject, Refusal } from '../server/refusal.js'
import { checkProject, type Service, type ServiceRequest } from '../service.js'
import type { SelectResult } from '../sql/select.js'
import { readSession } from './download.js'
import type { DownloadSession } from './download-session.js'
import { printDownload } from './session-json.js'

/** With `instance_tunnel_limit_enabled` a result has no more rows than this (protocol 8.3). */
const limitedRows = 10_000

const findInstance = (service: Service, request: ServiceRequest): Instance => {
  checkProject(service, request.project!)
  const instance = service.instances.find(request.project!, request.resource?.name ?? '')
  if (instance === undefined) throw noSuchObject('The specified instance does not exist.')
  return instance
}

/** POST …/instances/I?downloads (protocol 8.1) */
export const createResultDownload = async (service: Service, request: ServiceRequest): Promise<Answer> => {
  const instance = findInstance(service, request)
  const { query } = request
  const result = readResultOf(instance)
  const session = service.downloads.create({
    owner: instance.id,
    schema: { columns: result.schema.columns, partitionColumns: [] },
    segments: result.segments,
    rows: query.has('instance_tunnel_limit_enabled') ? Math.min(result.rows, limitedRows) : result.rows,
    quotaName: query.get('quotaName') ?? '',
  })
  return json(printDownload(session))
}

const readResultOf = ({ outcome }: Instance): SelectResult => {
  if (outcome.status === 'Failed') throw new Refusal(400, 'TaskFailed', outcome.message)
  if (outcome.result !== undefined) return outcome.result
  throw new Refusal(400, 'InstanceTypeNotSupported', 'The instance has no result that can be downloaded.')
}

const findSession = (service: Service, request: ServiceRequest): DownloadSession =>
  service.downloads.get(request.query.get('downloadid') ?? '', findInstance(service, request).id)

export const getResultDownload = async (service: Service, request: ServiceRequest): Promise<Answer> =>
  json(printDownload(findSession(service, request)))

/** GET …/instances/I?downloadid&data&rowrange (protocol 8.2) */
export const readResult = async (service: Service, request: ServiceRequest): Promise<Answer> =>
  readSession(findSession(service, request), request)
