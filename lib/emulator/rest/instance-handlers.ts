import { childOf, textAt, type XmlElement } from '../../xml.js'
import { readText } from '../server/read-text.js'
import { invalidArgument, noSuchObject, ServiceRefusal } from '../server/service-refusal.js'
import { emptyReply, jsonReply, type ServiceReply, xmlReply } from '../server/service-reply.js'
import { checkProject, type Service, type ServiceRequest } from '../service.js'
import { formatResultCsv } from '../sql/result-csv.js'
import { formatHttpDate, owner } from '../tunnel/session-json.js'
import { cdata, element, elementWith, type Xml } from '../xml/format-xml.js'
import { parseXmlBody } from '../xml/xml-body.js'
import { type Instance, type TaskOutcome, type TaskStatus, taskStatusAt } from './instance-list.js'
import { cutListPage } from './list-page.js'
import { runTask } from './run-task.js'

/*
 * Jobs, as the service's REST interface has them. A client submits XML, asks for the status until it is Terminated, and
 * reads the result as text or through the instance tunnel; a failure is the result of a task, never an HTTP error. Here
 * a job has run when its submission is answered; how long it seems to run is only a matter of the clock.
 */

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
  const { outcome, runMs } = await runTask(service, request, task)
  const instance = service.instances.add({
    project: request.project!,
    taskName: textAt(task, 'Name') || 'AnonymousSQLTask',
    taskType: task.name,
    job,
    startedAt,
    outcome,
    endsAt: service.clock.now() + runMs,
  })
  const { authority } = request
  const location = `http://${authority}/api/projects/${encodeURIComponent(instance.project)}/instances/${instance.id}`
  return emptyReply(201, { Location: location })
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
  const now = service.clock.now()
  const { query } = request
  if (query.has('source')) return xmlReply(formatElement(instance.job).xml)
  if (query.has('result')) return xmlReply((await formatResult(instance, now)).xml)
  if (query.has('instanceprogress')) return xmlReply(formatProgress(instance, now).xml)
  if (query.has('instancesummary') || query.has('instancedetail') || query.has('cached')) return jsonReply({})
  const parts = query.has('taskstatus') ? [element('Tasks', formatTask(instance, now))] : []
  return xmlReply(element('Instance', element('Status', instanceStatusAt(instance, now)), ...parts).xml, {
    'x-odps-owner': owner,
    'x-odps-start-time': formatHttpDate(instance.startedAt),
    'x-odps-end-time': endTimeOf(instance, now),
  })
}

const instanceStatusAt = (instance: Instance, now: number): 'Running' | 'Terminated' =>
  taskStatusAt(instance, now) === 'Running' ? 'Running' : 'Terminated'

/** Empty while it runs. */
const endTimeOf = (instance: Instance, now: number): string =>
  taskStatusAt(instance, now) === 'Running' ? '' : formatHttpDate(instance.stoppedAt ?? instance.endsAt)

const formatTask = (instance: Instance, now: number): Xml =>
  elementWith(
    'Task',
    { Type: instance.taskType },
    element('Name', instance.taskName),
    element('StartTime', formatHttpDate(instance.startedAt)),
    element('EndTime', endTimeOf(instance, now)),
    element('Status', taskStatusAt(instance, now)),
    element('Histories'),
  )

/** One stage, whose share is that of the time. */
const formatProgress = (instance: Instance, now: number): Xml => {
  const status = taskStatusAt(instance, now)
  const { startedAt, endsAt, stoppedAt = now } = instance
  const share =
    status === 'Success' ? 100 : Math.floor((100 * (stoppedAt - startedAt)) / (endsAt - startedAt || 1))
  const [running, ended] = status === 'Running' ? [1, 0] : [0, 1]
  return element(
    'Progress',
    elementWith(
      'Stage',
      { ID: 'M1' },
      element('Status', status),
      element('BackupWorkers', 0),
      element('TerminatedWorkers', ended),
      element('RunningWorkers', running),
      element('TotalWorkers', 1),
      element('InputRecords', 0),
      element('OutputRecords', 0),
      element('FinishedPercentage', Math.min(100, share)),
    ),
  )
}

/** Result text is in Base64, so that it may hold what XML may not. */
const formatResult = async (instance: Instance, now: number): Promise<Xml> => {
  const status = taskStatusAt(instance, now)
  const { text, format } = await resultTextOf(instance.outcome, status)
  return element(
    'Instance',
    element(
      'Tasks',
      elementWith(
        'Task',
        { Type: instance.taskType },
        element('Name', instance.taskName),
        elementWith(
          'Result',
          { Transform: 'Base64', Format: format },
          cdata(Buffer.from(text).toString('base64')),
        ),
        element('Status', status),
      ),
    ),
  )
}

const resultTextOf = async (
  outcome: TaskOutcome,
  status: TaskStatus,
): Promise<{ readonly text: string | Buffer; readonly format: 'csv' | 'text' }> => {
  if (outcome.status === 'Failed') return { text: status === 'Failed' ? outcome.message : '', format: 'text' }
  const { result } = outcome
  if (typeof result === 'string' || status !== 'Success')
    return { text: typeof result === 'string' && status === 'Success' ? result : '', format: 'text' }
  return { text: await formatResultCsv(result, result.timeZone), format: 'csv' }
}

const formatElement = ({ name, attributes, children, text }: XmlElement): Xml =>
  elementWith(
    name,
    attributes,
    ...(children.length === 0 && text !== '' ? [cdata(text)] : children.map(formatElement)),
  )

const maxStatusBytes = 64 << 10

/** PUT …/instances/I: stops it, if it still runs. */
export const stopInstance = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  const instance = findInstance(service, request)
  const root = parseXmlBody(await readText(request, maxStatusBytes))
  if (root.name !== 'Instance' || textAt(root, 'Status') !== 'Terminated')
    throw invalidArgument("An instance's Status can only be set to Terminated.")
  if (service.instances.stop(instance)) return emptyReply()
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
  const now = service.clock.now()
  const [from, to] = readDateRange(query.get('daterange') ?? '')
  const found = service.instances
    .list(request.project!)
    .filter(instance => instanceStatusAt(instance, now).toLowerCase() === status)
    .filter(({ startedAt }) => startedAt >= from && startedAt <= to)
  const { items, marker, size } = cutListPage(found, query)
  const elements = items.map(instance => formatListed(instance, now))
  return xmlReply(element('Instances', element('Marker', marker), element('MaxItems', size), ...elements).xml)
}

/** Epoch seconds on both sides of a colon, either of them left out for no bound. */
const readDateRange = (text: string): [from: number, to: number] => {
  const parts = /^(\d{0,15}):?(\d{0,15})$/.exec(text)
  if (parts === null) throw invalidArgument('daterange must be from:to in seconds since 1970.')
  const [, from = '', to = ''] = parts
  return [Number(from) * 1000, to === '' ? Number.POSITIVE_INFINITY : Number(to) * 1000 + 999]
}

const formatListed = (instance: Instance, now: number): Xml =>
  element(
    'Instance',
    element('Name', instance.id),
    element('Owner', owner),
    element('StartTime', formatHttpDate(instance.startedAt)),
    element('EndTime', endTimeOf(instance, now)),
    element('Status', instanceStatusAt(instance, now)),
  )
