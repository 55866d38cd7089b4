import type { EmulatorRequest, Fault, FaultFunction } from '../../lib/emulator/index.js'
import type { ServiceRule, ServiceTrouble } from './scenario.js'
import type { Phase } from './wire-proxy.js'

export interface ServiceFaultHooks {
  /** Where redirects point. */
  readonly trap: string
  readonly fired: (trouble: ServiceTrouble) => void
  /** Ends the credentials of this moment: they are refused from now on. */
  readonly expireCredentials: () => void
  readonly isExpired: (request: EmulatorRequest) => boolean
}

/** The rules as a function for the emulator; each counts the requests of its phase. */
export const serviceFaults = (rules: readonly ServiceRule[], hooks: ServiceFaultHooks): FaultFunction => {
  const counted = rules.map(rule => ({ rule, seen: 0 }))
  const endedSessions = new Set<string>()
  return request => {
    const phase = phaseOf(request)
    const sessionId = request.query.get('uploadid') ?? request.query.get('downloadid')
    let found: Fault | undefined
    for (const entry of counted) {
      if (entry.rule.phase !== phase) continue
      const index = entry.seen++
      if (index < entry.rule.after || index >= entry.rule.after + entry.rule.times || found !== undefined)
        continue
      const { trouble } = entry.rule
      hooks.fired(trouble)
      if (trouble === 'session-expired' && sessionId !== undefined) endedSessions.add(sessionId)
      else if (trouble === 'token-expired') hooks.expireCredentials()
      else found = faultOf(trouble, request, hooks.trap)
    }
    if (hooks.isExpired(request)) return { status: 401, code: 'AuthenticationRequestExpired' }
    if (sessionId !== undefined && endedSessions.has(sessionId))
      return { status: 404, code: request.query.has('uploadid') ? 'NoSuchUpload' : 'NoSuchDownload' }
    return found
  }
}

const html =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Bad gateway</h1></body></html>'

const faultOf = (trouble: ServiceTrouble, request: EmulatorRequest, trap: string): Fault | undefined => {
  const page = { 'Content-Type': 'text/html' }
  const echo = JSON.stringify(request.headers)
  switch (trouble) {
    case 'http-500':
      return { status: 500 }
    case 'http-502-html':
      return { status: 502, body: html, headers: page }
    case 'http-503-retry-after':
      return { status: 503, headers: { 'Retry-After': '2' } }
    case 'http-504-empty':
      return { status: 504, body: '' }
    case 'flow-exceeded':
      return { status: 429, code: 'FlowExceeded', headers: { 'Retry-After': '1' } }
    case 'slot-exceeded':
      return { status: 429, code: 'SlotExceeded', message: 'quota default, total slots: 4, used slots: 4' }
    case 'http-307':
    case 'http-308':
      return { status: Number(trouble.slice(5)), body: '', headers: { Location: `${trap}${request.path}` } }
    case 'html-200':
      return { status: 200, body: `${echo} ${html}`, headers: page }
    case 'truncated-json':
      return {
        status: 200,
        body: '{"UploadID":"2025","Status":"nor',
        headers: { 'Content-Type': 'application/json' },
      }
    case 'lost-answer':
      return 'drop-answer'
    case 'hang':
      return 'hang'
    case 'reset':
      return 'reset'
    case 'corrupted-block':
      return { status: 400, code: 'CorruptedDataStream' }
    case 'echoing-refusal':
      return { status: 403, code: 'NoPermission', message: `You may not, with ${echo}` }
    default:
      return undefined
  }
}

const phaseByAction: Readonly<Record<string, Phase>> = {
  getEndpoint: 'route',
  createUpload: 'create',
  createDownload: 'create',
  getUpload: 'load',
  getDownload: 'load',
  putBlock: 'put',
  commitUpload: 'commit',
  readData: 'data',
}

const phaseOf = ({ action }: EmulatorRequest): Phase => phaseByAction[action] ?? 'other'

/** What a tally calls a fault. */
export const nameOfFault = (fault: Fault): string => {
  if (typeof fault === 'string') return fault
  return 'status' in fault ? `http-${fault.status}` : Object.keys(fault).join()
}
