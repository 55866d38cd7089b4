import type { EmulatorAction, EmulatorRequest } from './server/emulator-request.js'

/*
 * Trouble is told as data, not as code between client and service, so that a test names what goes wrong and not how a
 * socket does it; a rule is counted apart from the others, so that it harms the same request however many more there are.
 * Every step must work over each transport in the same way.
 */

/** Trouble in steps; all fields of one object hold for the same request. */
export interface FaultSteps {
  /** Waits before anything else. */
  readonly delayMs?: number
  /** Answers with an error document in place of the work. */
  readonly status?: number
  /** The service's word, for instance `FlowExceeded`. Default: one that goes with `status`. */
  readonly code?: string
  readonly message?: string
  /** Sent with the error document, for instance `{ 'Retry-After': '1' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent in place of the error document. */
  readonly body?: string
  /** Resets the connection after so many bytes of the request's body. */
  readonly cutRequestAfter?: number
  /** Ends the connection after so many bytes of the answer's body. */
  readonly cutBodyAfter?: number
  /** Sends so many bytes of the answer's body and then nothing more; the connection stays open. */
  readonly stallBodyAfter?: number
  /** Flips the lowest bit of this byte of the answer's body. */
  readonly corruptBodyAt?: number
}

/**
 * - `'reset'`: the connection is reset, nothing was done
 * - `'drop-answer'`: the work is done, then the connection is reset in place of the answer
 * - `'hang'`: nothing is done and no answer comes
 */
export type Fault = 'reset' | 'drop-answer' | 'hang' | FaultSteps

/** Trouble for some requests, as data. */
export interface FaultRule {
  readonly action?: EmulatorAction
  readonly method?: string
  readonly table?: string
  /** The query parameter `blockid`. */
  readonly blockId?: number
  /** How many requests that match pass unharmed first. Default 0. */
  readonly after?: number
  /** How many are harmed then. Default 1. */
  readonly times?: number
  readonly fault: Fault
}

/** Gives the trouble for one request, undefined for none. */
export type FaultFunction = (request: EmulatorRequest) => Fault | undefined

/** Rules, looked through from the first to the last, or a function that is asked for each request. */
export type FaultSource = FaultFunction | readonly FaultRule[]

/** Rules count their own matches; the first rule that has trouble for a request wins. */
export const compileFaults = (source: FaultSource | undefined): FaultFunction => {
  if (source === undefined) return () => undefined
  if (typeof source === 'function') return source
  const counted = source.map(rule => ({ rule, seen: 0 }))
  return request => {
    let found: Fault | undefined
    for (const entry of counted) {
      if (!matches(entry.rule, request)) continue
      const { after = 0, times = 1, fault } = entry.rule
      const index = entry.seen++
      if (index >= after && index < after + times) found ??= fault
    }
    return found
  }
}

const matches = (rule: FaultRule, request: EmulatorRequest): boolean =>
  (rule.action === undefined || rule.action === request.action) &&
  (rule.method === undefined || rule.method === request.method) &&
  (rule.table === undefined || rule.table.toLowerCase() === request.table?.toLowerCase()) &&
  (rule.blockId === undefined || String(rule.blockId) === request.query.get('blockid'))

const codesByStatus: Readonly<Record<number, string>> = {
  400: 'InvalidArgument',
  401: 'Unauthorized',
  403: 'NoPermission',
  404: 'NoSuchObject',
  409: 'StatusConflict',
  429: 'FlowExceeded',
  503: 'ServiceUnavailable',
}

export const codeForStatus = (status: number): string => codesByStatus[status] ?? 'InternalServerError'
