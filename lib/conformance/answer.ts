import { meaningOf, parseErrorBody } from '../http/service-error.js'
import { parseXml, type XmlElement } from '../xml.js'
import { codeText, different, type Finding, notAllowed } from './finding.js'

/*
 * Answers as they came, refusals included, and what a check expects of them. The library's own reading is lenient where
 * services differ; here it is the difference that is looked for, so status, code, header and JSON type are compared as they are.
 */

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** `status 404, code NoSuchTable` */
export const describeAnswer = ({ status, body }: Answer): string =>
  status < 300 ? `status ${status}` : `status ${status}, ${codeText(parseErrorBody(body.toString()).code)}`

const detailOf = ({ headers, body }: Answer): string => {
  const { message, requestId } = parseErrorBody(body.toString())
  return `request ${headers['x-odps-request-id'] ?? requestId ?? 'without an id'}: ${message ?? 'no message'}`
}

/** Another answer than was expected. */
export const otherwise = (answer: Answer, what = ''): Finding => {
  const said = `${what === '' ? '' : `${what}: `}${describeAnswer(answer)}`
  const { body, status } = answer
  const denied =
    status >= 300 &&
    meaningOf(parseErrorBody(body.toString()), status, { path: [], query: {} }).code === 'ODPS_ACCESS_DENIED'
  return (denied ? notAllowed : different)(said, detailOf(answer))
}

/** @throws Finding unless the service did what it was asked to */
export const expectDone = (answer: Answer, what = ''): Answer => {
  if (answer.status >= 200 && answer.status < 300) return answer
  throw otherwise(answer, what)
}

/** @throws Finding unless the service refused with this status and one of these codes */
export const expectRefusal = (answer: Answer, status: number, ...codes: readonly string[]): void => {
  const { code = '' } = parseErrorBody(answer.body.toString())
  if (answer.status !== status || !codes.includes(code)) throw otherwise(answer)
}

export type JsonObject = Readonly<Record<string, unknown>>

/** @throws Finding unless the service did it, and the body is a JSON object */
export const jsonOf = (answer: Answer, what = 'the answer'): JsonObject =>
  parseJson(expectDone(answer, what), what)

/** @throws Finding unless the body is a JSON object, whatever the status */
export const parseJson = ({ body }: Answer, what = 'the answer'): JsonObject => {
  let json: unknown
  try {
    json = JSON.parse(body.toString())
  } catch (error) {
    if (error instanceof SyntaxError) throw different(`${what} isn't JSON`)
    throw error
  }
  if (kindOf(json) !== 'object') throw different(`${what} isn't a JSON object`)
  return json as JsonObject
}

/** @throws Finding unless the body is a document of this root */
export const xmlOf = (answer: Answer, root: string): XmlElement => {
  const document = parseXml(answer.body.toString())
  if (document?.name !== root) throw different(`the answer isn't a <${root}> document`)
  return document
}

/** The JSON type of a value: `list` and `null` are types of their own. */
export type JsonKind = 'string' | 'number' | 'boolean' | 'object' | 'list' | 'null'

export const kindOf = (value: unknown): JsonKind | 'missing' => {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : (typeof value as JsonKind)
}

/** `an object`, `missing` */
const named = (kind: ReturnType<typeof kindOf>): string => {
  if (kind === 'missing' || kind === 'null') return kind
  return kind === 'object' ? 'an object' : `a ${kind}`
}

/** @throws Finding that names the keys that are missing or of another JSON type */
export const expectKeys = (json: JsonObject, kinds: Readonly<Record<string, JsonKind>>): void => {
  const wrong = Object.entries(kinds).flatMap(([key, kind]) => {
    const came = kindOf(json[key])
    return came === kind
      ? []
      : [came === 'missing' ? `${key} is missing` : `${key} is ${named(came)}, not ${named(kind)}`]
  })
  if (wrong.length > 0) throw different(wrong.join('; '))
}

/** @throws Finding unless the member is an object */
export const objectIn = (json: JsonObject, key: string): JsonObject => {
  const value = json[key]
  if (kindOf(value) === 'object') return value as JsonObject
  throw different(`${key} is ${named(kindOf(value))}`)
}

/** @throws Finding unless the member is a list of objects */
export const objectsIn = (json: JsonObject, key: string): readonly JsonObject[] => {
  const list = json[key]
  if (!Array.isArray(list)) throw different(`${key} is ${named(kindOf(list))}`)
  if (list.every(item => kindOf(item) === 'object')) return list as JsonObject[]
  throw different(`${key} has an item that isn't an object`)
}

/** @throws Finding unless the member is text, as an id is */
export const textOf = (json: JsonObject, key: string): string => {
  const value = json[key]
  if (typeof value === 'string' && value !== '') return value
  throw different(`${key} is ${named(kindOf(value))}`)
}
