import type { IncomingHttpHeaders } from 'node:http'
import { type Dispatcher, errors } from 'undici'

/*
 * A request for undici's dispatcher comes in every form that undici takes: headers as a list, pairs or an object, a
 * body as bytes, text or an iterable. The handler must see what a socket would have brought it, so all of them become
 * one form here.
 */

/** What undici would have put on the wire. */
export interface DispatchRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<IncomingHttpHeaders>
  readonly host: string
  readonly body: Iterable<unknown> | AsyncIterable<unknown>
}

/** @throws InvalidArgumentError for a body that is neither bytes nor text nor an iterable of them */
export const readDispatch = (options: Dispatcher.DispatchOptions): DispatchRequest => {
  const { method, path, query, origin = 'http://emulator.invalid' } = options
  const { host } = new URL(origin)
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
  const { body, length } = readBody(options.body)
  const framing =
    length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(length) }
  return {
    method,
    url: `${path.replace(/^https?:\/\/[^/]*/, '')}${search}`,
    headers: { host, connection: 'keep-alive', ...framing, ...readHeaders(options.headers) },
    host,
    body,
  }
}

const readBody = (body: unknown): { body: DispatchRequest['body']; length?: number } => {
  if (body === null || body === undefined) return { body: [], length: 0 }
  const bytes = bytesOf(body)
  if (bytes !== undefined) return { body: [bytes], length: bytes.length }
  const isIterable = Symbol.asyncIterator in Object(body) || Symbol.iterator in Object(body)
  // A form is an iterable, too, but of pairs.
  if (isIterable && !(body instanceof FormData)) return { body: body as DispatchRequest['body'] }
  throw new errors.InvalidArgumentError(
    'the emulator takes a body of bytes, text, or an iterable or async iterable of them',
  )
}

/** Undefined for what is neither bytes nor text. */
export const bytesOf = (part: unknown): Buffer | undefined => {
  if (typeof part === 'string') return Buffer.from(part)
  if (part instanceof ArrayBuffer) return Buffer.from(part)
  if (ArrayBuffer.isView(part)) return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
  return undefined
}

/** From a flat list, pairs, or an object; values of one name are joined. */
const readHeaders = (headers: Dispatcher.DispatchOptions['headers']): IncomingHttpHeaders => {
  const read: Record<string, string> = {}
  for (const [key, value] of pairsOf(headers)) {
    if (value === undefined) continue
    const name = key.toLowerCase()
    const text = Array.isArray(value) ? value.join(', ') : String(value)
    read[name] = read[name] === undefined ? text : `${read[name]}, ${text}`
  }
  return read
}

const pairsOf = (headers: Dispatcher.DispatchOptions['headers']): Iterable<readonly [string, unknown]> => {
  if (headers === null || headers === undefined) return []
  if (!Array.isArray(headers))
    return Symbol.iterator in headers ? (headers as Iterable<[string, unknown]>) : Object.entries(headers)
  return headers.flatMap((name, i) => (i % 2 === 0 ? [[String(name), headers[i + 1]] as const] : []))
}
