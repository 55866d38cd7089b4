import { childOf, textAt, type XmlElement } from '../../xml.js'
import { readText } from '../server/read-text.js'
import { invalidArgument, noSuchObject, ServiceRefusal } from '../server/service-refusal.js'
import { emptyReply, jsonReply, type ServiceReply, xmlReply } from '../server/service-reply.js'
import { checkProject, type Service, type ServiceRequest } from '../service.js'
import { executeSql } from '../sql/execute.js'
import { formatResultCsv } from '../sql/result-csv.js'
import { SqlError } from '../sql/sql-error.js'
import { formatHttpDate, owner } from '../tunnel/session-json.js'
import { cdata, element, elementWith, type Xml } from '../xml/format-xml.js'
import { parseXmlBody } from '../xml/xml-body.js'
import type { Instance, TaskOutcome } from './instance-list.js'
import { cutListPage } from './list-page.js'

/** SQL text is at most 2 MB; the job around it is small (protocol 11.1). */
const maxJobBytes = 4 << 20

/**
 * POST …/instances. The answer is 201 with an empty body, for clients read a body in different ways; errors in the
 * SQL show as a failed task (protocol 10.1).
 */
export const submitInstance = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  const startedAt = service.clock.now()
  const root = parseXmlBody(await readText(request, maxJobBytes))
  const job = childOf(root, 'Job')
  const task = childOf(job, 'Tasks')?.children[0]
  if (root.name !== 'Instance' || job === undefined || task === undefined)
    throw new ServiceRefusal(
      400,
      'MalformedXML',
      'The XML you provided has no Instance/Job/Tasks with a task.',
    )
  const instance = service.instances.add({
    project: request.project!,
    taskName: textAt(task, 'Name') || 'AnonymousSQLTask',
    taskType: task.name,
    job,
    startedAt,
    outcome: await runTask(service, request, task),
    endedAt: service.clock.now(),
  })
  const { authority } = request
  const location = `http://${authority}/api/projects/${encodeURIComponent(instance.project)}/instances/${instance.id}`
  return emptyReply(201, { Location: location })
}

const runTask = async (service: Service, request: ServiceRequest, task: XmlElement): Promise<TaskOutcome> => {
  try {
    if (task.name !== 'SQL')
      throw new SqlError('ODPS-0420061', `Invalid parameter - the emulator does not run ${task.name} tasks`)
    const result = await executeSql(service, childOf(task, 'Query')?.text ?? '', {
      project: request.project!,
      schemaName: request.query.get('curr_schema') || undefined,
      settings: readSettings(task),
      timeZone: service.timeZone,
    })
    if (result !== undefined) service.catalog.hold(result.segments)
    return { status: 'Success', result }
  } catch (error) {
    if (error instanceof SqlError) return { status: 'Failed', message: error.message }
    if (error instanceof ServiceRefusal)
      return { status: 'Failed', message: `ODPS-0010000:System internal error - ${error.message}` }
    throw error
  }
}

const readSettings = (task: XmlElement): ReadonlyMap<string, string> => {
  const properties = childOf(task, 'Config')?.children ?? []
  const text = properties.find(property => textAt(property, 'Name') === 'settings')
  try {
    const settings: unknown = JSON.parse((text && textAt(text, 'Value')) || '{}')
    return new Map(Object.entries(settings ?? {}).map(([key, value]) => [key, String(value)]))
  } catch {
    return new Map()
  }
}

const findInstance = (service: Service, request: ServiceRequest): Instance => {
  checkProject(service, request.project!)
  const instance = service.instances.find(request.project!, request.resource?.name ?? '')
  if (instance === undefined)
    throw noSuchObject(`ODPS-0410042:Instance not found - ${request.resource?.name ?? ''}`)
  return instance
}

/** GET …/instances/I[?taskstatus|result|source|…] (protocol 10.2, 10.3) */
export const getInstance = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const instance = findInstance(service, request)
  const { query } = request
  if (query.has('source')) return xmlReply(formatElement(instance.job).xml)
  if (query.has('result')) return xmlReply((await formatResult(instance)).xml)
  if (query.has('instanceprogress')) return xmlReply('<Progress/>')
  if (query.has('instancesummary') || query.has('instancedetail') || query.has('cached')) return jsonReply({})
  const parts = query.has('taskstatus') ? [element('Tasks', formatTask(instance))] : []
  return xmlReply(element('Instance', element('Status', 'Terminated'), ...parts).xml, {
    'x-odps-owner': owner,
    'x-odps-start-time': formatHttpDate(instance.startedAt),
    'x-odps-end-time': formatHttpDate(instance.endedAt),
  })
}

const formatTask = (instance: Instance): Xml =>
  elementWith(
    'Task',
    { Type: instance.taskType },
    element('Name', instance.taskName),
    element('StartTime', formatHttpDate(instance.startedAt)),
    element('EndTime', formatHttpDate(instance.endedAt)),
    element('Status', instance.outcome.status),
    element('Histories'),
  )

/** Result text is in Base64, so that it may hold what XML may not. */
const formatResult = async ({ taskName, taskType, outcome }: Instance): Promise<Xml> => {
  const result = outcome.status === 'Success' ? outcome.result : undefined
  const text =
    outcome.status === 'Failed'
      ? outcome.message
      : result === undefined
        ? ''
        : await formatResultCsv(result, result.timeZone)
  const format = { Transform: 'Base64', Format: result === undefined ? 'text' : 'csv' }
  return element(
    'Instance',
    element(
      'Tasks',
      elementWith(
        'Task',
        { Type: taskType },
        element('Name', taskName),
        elementWith('Result', format, cdata(Buffer.from(text).toString('base64'))),
        element('Status', outcome.status),
      ),
    ),
  )
}

const formatElement = ({ name, attributes, children, text }: XmlElement): Xml =>
  elementWith(
    name,
    attributes,
    ...(children.length === 0 && text !== '' ? [cdata(text)] : children.map(formatElement)),
  )

const maxStatusBytes = 64 << 10

/** PUT …/instances/I: everything that can be stopped is over before anyone can ask. */
export const stopInstance = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const instance = findInstance(service, request)
  const root = parseXmlBody(await readText(request, maxStatusBytes))
  if (root.name !== 'Instance' || textAt(root, 'Status') !== 'Terminated')
    throw invalidArgument("An instance's Status can only be set to Terminated.")
  throw new ServiceRefusal(
    409,
    'InvalidStateSetting',
    `ODPS-0410022:Invalid state setting - the instance ${instance.id} has ended and cannot be stopped.`,
  )
}

const statuses = ['running', 'suspended', 'terminated']

/** GET …/instances[?status][&daterange=from:to][&onlyowner][&maxitems][&marker] (protocol 10.2) */
export const listInstances = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  const { query } = request
  const status = (query.get('status') || 'terminated').toLowerCase()
  if (!statuses.includes(status)) throw invalidArgument('status must be Running, Suspended or Terminated.')
  const [from, to] = readDateRange(query.get('daterange') ?? '')
  const found = service.instances
    .list(request.project!)
    .filter(({ startedAt }) => status === 'terminated' && startedAt >= from && startedAt <= to)
  const { items, marker, size } = cutListPage(found, query)
  const elements = items.map(formatListed)
  return xmlReply(element('Instances', element('Marker', marker), element('MaxItems', size), ...elements).xml)
}

/** Epoch seconds on both sides of a colon, either of them left out for no bound. */
const readDateRange = (text: string): [from: number, to: number] => {
  const parts = /^(\d{0,15}):?(\d{0,15})$/.exec(text)
  if (parts === null) throw invalidArgument('daterange must be from:to in seconds since 1970.')
  const [, from = '', to = ''] = parts
  return [Number(from) * 1000, to === '' ? Number.POSITIVE_INFINITY : Number(to) * 1000 + 999]
}

const formatListed = (instance: Instance): Xml =>
  element(
    'Instance',
    element('Name', instance.id),
    element('Owner', owner),
    element('StartTime', formatHttpDate(instance.startedAt)),
    element('EndTime', formatHttpDate(instance.endedAt)),
    element('Status', 'Terminated'),
  )
