import {
  anyOf,
  checkValue,
  integer,
  listOf,
  nearest,
  type OptionCheck,
  type OptionRule,
  objectOf,
} from '../check-options.js'
import type { Fault, FaultFunction } from './fault.js'
import { actions, type EmulatorRequest } from './server/emulator-request.js'
import { invalidArgument } from './server/service-refusal.js'

/*
 * A fault that never happens makes a test pass that should not. So everything that could keep a rule from having an
 * effect is an error: a word that is none, no fault, steps that do nothing or belong to an error document that isn't sent.
 */

/** One of some words, which are no secrets: the message names the nearest. */
const wordOf =
  (what: string, words: readonly string[]): OptionCheck =>
  value => {
    if (typeof value === 'string' && words.includes(value)) return undefined
    const near = typeof value === 'string' ? nearest(value, words) : undefined
    return near === undefined ? `${what} (${words.join(', ')})` : `${what}; did you mean '${near}'?`
  }

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']

const headers: OptionRule = value => {
  const isText =
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(text => typeof text === 'string')
  return isText ? undefined : 'an object whose values are text'
}

const stepRules = {
  delayMs: integer(0),
  status: integer(200, 599),
  code: 'string',
  message: 'string',
  headers,
  body: 'string',
  cutRequestAfter: integer(0),
  cutBodyAfter: integer(0),
  stallBodyAfter: integer(0),
  corruptBodyAt: integer(0),
} as const

/** Parts of the error document, which is sent only with `status`. */
const documentKeys = ['code', 'message', 'headers', 'body'] as const

const faultSteps = objectOf(stepRules, value => {
  const given = Object.entries(value).flatMap(([key, step]) => (step === undefined ? [] : [key]))
  if (given.length === 0) return `an object with at least one of ${Object.keys(stepRules).join(', ')}`
  const lost = documentKeys.find(key => given.includes(key))
  return lost !== undefined && !given.includes('status') ? `an object with status beside ${lost}` : undefined
})

const fault = anyOf(wordOf("'reset', 'drop-answer', 'hang'", ['reset', 'drop-answer', 'hang']), faultSteps)

const faultRule = objectOf(
  {
    action: wordOf('an action of the emulator', actions),
    method: wordOf('a method in upper case', methods),
    table: 'string',
    blockId: integer(0),
    after: integer(0),
    times: integer(1),
    fault,
  },
  value => (Reflect.get(value, 'fault') === undefined ? 'a rule with a fault' : undefined),
)

/** The option `faults`; also what `setFaults` takes. */
export const faultSource: OptionCheck = anyOf('function', listOf(faultRule))

/**
 * Asks a fault function. What it does wrong is told to the client, at once: an internal error would be repeated.
 * @throws ServiceRefusal InvalidArgument
 */
export const askForFault = (findFault: FaultFunction, request: EmulatorRequest): Fault | undefined => {
  try {
    const given = findFault(request)
    const problem = given === undefined ? undefined : checkValue('faults', given, fault)
    if (problem === undefined) return given
    throw new TypeError(`it must return ${problem}, or undefined for none`)
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw invalidArgument(`The function in the option faults failed: ${what}`)
  }
}
