import { emptyReply, jsonReply, type ServiceReply, textReply, xmlReply } from '../server/service-reply.js'
import { checkProject, type Service, type ServiceRequest } from '../service.js'
import { formatHttpDate, owner } from '../tunnel/session-json.js'
import { element, type Xml } from '../xml/format-xml.js'

/** GET …/tunnel?service: where the tunnel is, without scheme (protocol 1.2). */
export const getEndpoint = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  return textReply(request.authority)
}

/** GET /logview/host, /webconsole/host */
export const getHost = async (_service: Service, request: ServiceRequest): Promise<ServiceReply> =>
  textReply(`http://${request.authority}`)

export const getTenant = async (service: Service): Promise<ServiceReply> =>
  jsonReply({
    Tenant: {
      Name: 'emulator',
      TenantId: '1',
      OwnerId: '1',
      TenantState: 'NORMAL',
      CreateTime: Math.floor(service.clock.now() / 1000),
      UpdateTime: Math.floor(service.clock.now() / 1000),
      TenantMeta: '{}',
      Parameters: {},
    },
  })

const property = (name: string, value: string): Xml =>
  element('Property', element('Name', name), element('Value', value))

export const getProject = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const project = request.project!
  checkProject(service, project)
  const created = formatHttpDate(0)
  const body = element(
    'Project',
    element('Name', project),
    element('Type', 'managed'),
    element('Comment'),
    element('State', 'AVAILABLE'),
    element('Owner', owner),
    element('Region', 'local'),
    element('TenantId', '1'),
    element('CreationTime', created),
    element('LastModifiedTime', created),
    element(
      'Properties',
      property('odps.sql.type.system.odps2', 'true'),
      property('odps.sql.decimal.odps2', 'true'),
      property('odps.sql.timezone', service.timeZone),
      property('READ_TABLE_MAX_ROW', '10000'),
    ),
    element('ExtendedProperties', property('size', '0')),
  )
  return xmlReply(body.xml, {
    'x-odps-owner': owner,
    'x-odps-creation-time': created,
    'Last-Modified': created,
  })
}

/** PUT …/logs: what clients tell about their use. */
export const putLogs = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  return emptyReply()
}
