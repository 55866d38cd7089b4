import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FaultSteps } from '../fault.js'
import type { ServiceReply } from './service-reply.js'

export type BodyFaults = Pick<FaultSteps, 'cutBodyAfter' | 'stallBodyAfter' | 'corruptBodyAt'>

/**
 * Sends an answer. Header and body leave in one packet where they fit: with two, delayed acknowledgements cost a
 * client 40 ms each time. A stream that fails midway cuts the connection, for there is no other way to say so
 * (protocol 4.7).
 */
export const send = async (
  response: ServerResponse,
  answer: ServiceReply,
  faults: BodyFaults = {},
): Promise<void> => {
  const { body = '' } = answer
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body)
  const whole = isWhole ? Buffer.from(body) : undefined
  const length = whole === undefined ? {} : { 'Content-Length': String(whole.length) }
  response.writeHead(answer.status, { ...answer.headers, ...length })
  const isHarmed = Object.values(faults).some(value => value !== undefined)
  if (whole !== undefined && !isHarmed) {
    response.end(whole)
    return
  }
  const stream: Chunks = whole === undefined ? (body as AsyncIterable<Uint8Array>) : [whole]
  try {
    if (isHarmed) await sendHarmed(response, stream, faults)
    else await sendStream(response, stream)
  } catch (error) {
    response.destroy()
    throw error
  }
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

const sendStream = async (response: ServerResponse, stream: Chunks): Promise<void> => {
  for await (const chunk of stream) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response)
  }
  response.end()
}

/** Resolves also when the client has gone, which `response.destroyed` tells. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })

const sendHarmed = async (
  response: ServerResponse,
  stream: Chunks,
  { cutBodyAfter, stallBodyAfter, corruptBodyAt }: BodyFaults,
): Promise<void> => {
  const end = Math.min(cutBodyAfter ?? Number.POSITIVE_INFINITY, stallBodyAfter ?? Number.POSITIVE_INFINITY)
  let sent = 0
  for await (const chunk of stream) {
    const part = Buffer.from(chunk.subarray(0, Math.min(chunk.length, end - sent)))
    if (corruptBodyAt !== undefined && corruptBodyAt >= sent && corruptBodyAt < sent + part.length)
      part[corruptBodyAt - sent]! ^= 1
    sent += part.length
    if (part.length > 0) await new Promise(resolve => response.write(part, resolve))
    if (sent >= end || response.destroyed) break
  }
  response.flushHeaders()
  if (sent < end) response.end()
  else if (stallBodyAfter !== undefined && end === stallBodyAfter) await once(response, 'close')
  else response.socket?.destroySoon()
}
