import type { FaultSteps } from '../fault.js'
import type { Exchange } from './exchange.js'
import type { ServiceReply } from './service-reply.js'

export type BodyFaults = Pick<FaultSteps, 'cutBodyAfter' | 'stallBodyAfter' | 'corruptBodyAt'>

/**
 * Sends a reply. Head and body leave in one packet where they fit: with two, delayed acknowledgements cost a
 * client 40 ms each time. A stream that fails midway cuts the connection, for there is no other way to say so
 * (protocol 4.7).
 */
export const sendReply = async (
  exchange: Exchange,
  reply: ServiceReply,
  faults: BodyFaults = {},
): Promise<void> => {
  const { body = '' } = reply
  const whole = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : undefined
  const length = whole === undefined ? {} : { 'Content-Length': String(whole.length) }
  const isHarmed = Object.values(faults).some(value => value !== undefined)
  exchange.writeHead(reply.status, { ...reply.headers, ...length })
  if (whole !== undefined && !isHarmed) {
    exchange.end(whole)
    return
  }
  const stream: Chunks = whole === undefined ? (body as AsyncIterable<Uint8Array>) : [whole]
  if (isHarmed) await sendHarmed(exchange, stream, faults)
  else await sendStream(exchange, stream)
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

const sendStream = async (exchange: Exchange, stream: Chunks): Promise<void> => {
  for await (const chunk of stream) {
    if (exchange.isGone) return
    await exchange.write(chunk)
  }
  exchange.end()
}

const sendHarmed = async (
  exchange: Exchange,
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
    if (part.length > 0) await exchange.write(part)
    if (sent >= end || exchange.isGone) break
  }
  if (sent < end) exchange.end()
  else if (stallBodyAfter !== undefined && end === stallBodyAfter) await exchange.wait()
  else exchange.cut()
}
