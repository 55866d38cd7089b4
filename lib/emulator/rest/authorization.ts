import { textAt } from '../../xml.js'
import { readText } from '../server/read-text.js'
import { invalidArgument, ServiceRefusal } from '../server/service-refusal.js'
import { type ServiceReply, xmlReply } from '../server/service-reply.js'
import { checkProject, type Service, type ServiceRequest } from '../service.js'
import { owner } from '../tunnel/session-json.js'
import { cdata, element } from '../xml/format-xml.js'
import { parseXmlBody } from '../xml/xml-body.js'

/*
 * POST …/authorization is two requests in one: with `sign_bearer_token` it signs a token for links to the web console,
 * without it runs a statement of the security language, of which the emulator knows `whoami`.
 */

const maxBodyBytes = 1 << 20

export const authorize = async (service: Service, request: ServiceRequest): Promise<ServiceReply> => {
  checkProject(service, request.project!)
  const body = await readText(request, maxBodyBytes)
  const result = request.query.has('sign_bearer_token')
    ? service.tokens.sign(service.clock.now() + readLifeHours(body) * 3_600_000)
    : answerQuery(request.project!, body)
  return xmlReply(element('Authorization', element('Result', cdata(result))).xml)
}

const defaultHours = 24
/** As long as a link can be good. */
const maxHours = 24 * 365

/** The policy in the body is not looked at: a token of the emulator may do everything. */
const readLifeHours = (body: string): number => {
  const hours = body.trim() === '' ? undefined : Reflect.get(parseObject(body), 'expires_in_hours')
  if (hours === undefined) return defaultHours
  if (typeof hours === 'number' && hours > 0 && hours <= maxHours) return hours
  throw invalidArgument(`expires_in_hours must be a number up to ${maxHours}.`)
}

const parseObject = (text: string): object => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {}
  throw invalidArgument('The body must be a JSON object with policy and expires_in_hours.')
}

const answerQuery = (project: string, body: string): string => {
  const root = parseXmlBody(body)
  const query = root.name === 'Authorization' ? textAt(root, 'Query') : undefined
  if (query === undefined || query === '')
    throw new ServiceRefusal(400, 'MalformedXML', 'The XML you provided has no Authorization/Query.')
  if (/^whoami\s*;?$/i.test(query))
    return JSON.stringify({ DisplayName: owner, ID: '1', ProjectName: project })
  throw invalidArgument(
    `ODPS-0420061: Invalid parameter - the emulator does not have the security statement '${query.slice(0, 60)}', only whoami.`,
  )
}
