import { textAt } from '../../xml.js'
import { readText } from '../server/read-text.js'
import { noSuchObject, ServiceRefusal } from '../server/service-refusal.js'
import { emptyReply, type ServiceReply, xmlReply } from '../server/service-reply.js'
import { checkProject, type Service, type ServiceRequest } from '../service.js'
import type { SchemaState } from '../store/table-store.js'
import { formatHttpDate, owner } from '../tunnel/session-json.js'
import { element, type Xml } from '../xml/format-xml.js'
import { parseXmlBody } from '../xml/xml-body.js'
import { cutListPage } from './list-page.js'

const maxBodyBytes = 64 << 10

/** GET …/schemas?expectmarker=true[&name=prefix][&owner][&maxitems][&marker] */
export const listSchemas = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  const { query } = request
  const prefix = (query.get('name') ?? '').toLowerCase()
  const isOwned = (query.get('owner') || owner) === owner
  const found = service.schemas
    .list(request.project!)
    .filter(({ name }) => isOwned && name.startsWith(prefix))
  const { items, marker, size } = cutListPage(found, query)
  const elements = items.map(formatSchema)
  return xmlReply(element('Schemas', element('Marker', marker), element('MaxItems', size), ...elements).xml)
}

const formatSchema = ({ project, name, comment, createdAt }: SchemaState): Xml =>
  element(
    'Schema',
    element('Name', name),
    element('Project', project),
    element('Owner', owner),
    element('Comment', comment),
    element('Description', comment),
    element('Type', 'MANAGED'),
    element('CreateTime', formatHttpDate(createdAt)),
    element('ModifyTime', formatHttpDate(createdAt)),
  )

/** POST …/schemas: `<Schema><Name/>[<Comment/>][<IfNotExists>true</IfNotExists>]</Schema>` */
export const createSchema = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const project = request.project!
  checkProject(service, project)
  const root = parseXmlBody(await readText(request, maxBodyBytes))
  const name = root.name === 'Schema' ? textAt(root, 'Name') : undefined
  if (name === undefined || !/^[\p{L}\p{N}_]{1,128}$/u.test(name))
    throw new ServiceRefusal(
      400,
      'InvalidParameter',
      'The XML you provided has no Schema/Name, or one that cannot be a name.',
    )
  const created = await service.schemas.create(project, name, textAt(root, 'Comment') ?? '')
  if (!created && textAt(root, 'IfNotExists')?.toLowerCase() !== 'true')
    throw new ServiceRefusal(409, 'ObjectAlreadyExists', `Schema ${project}.${name} already exists.`)
  return emptyReply(201)
}

/** GET …/schemas/S: its times are headers (protocol 10.8, as those of projects). */
export const getSchema = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  const { name = '' } = request.resource ?? {}
  const state = service.schemas.find(request.project!, name)
  if (state === undefined) throw schemaNotFound(name)
  const time = formatHttpDate(state.createdAt)
  return xmlReply(formatSchema(state).xml, {
    'x-odps-owner': owner,
    'x-odps-creation-time': time,
    'Last-Modified': time,
  })
}

/** DELETE …/schemas/S */
export const deleteSchema = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  const { name = '' } = request.resource ?? {}
  const outcome = await service.schemas.drop(request.project!, name)
  if (outcome === 'absent') throw schemaNotFound(name)
  if (outcome === 'in use')
    throw new ServiceRefusal(409, 'DeleteConflict', `Schema ${name} is the default one or holds tables.`)
  return emptyReply(204)
}

const schemaNotFound = (name: string): ServiceRefusal =>
  noSuchObject(`ODPS-0422155:Schema not found - schema ${name} does not exist`)
