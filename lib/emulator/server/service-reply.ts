import type { ServiceRefusal } from './service-refusal.js'

/** What a handler gives back. Without `body` the answer is empty. */
export interface ServiceReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is sent chunked. */
  readonly body?: string | Buffer | AsyncIterable<Uint8Array>
}

export const jsonReply = (value: unknown, headers: Readonly<Record<string, string>> = {}): ServiceReply => ({
  status: 200,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

export const xmlReply = (body: string, headers: Readonly<Record<string, string>> = {}): ServiceReply => ({
  status: 200,
  headers: { 'Content-Type': 'application/xml', ...headers },
  body: `<?xml version="1.0"?>\n${body}`,
})

export const textReply = (body: string | Buffer): ServiceReply => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body,
})

export const emptyReply = (status = 200, headers: Readonly<Record<string, string>> = {}): ServiceReply => ({
  status,
  headers,
})

/** The tunnel's error document (protocol 3.8). */
export const jsonRefusalReply = (
  refusal: ServiceRefusal,
  requestId: string,
  hostId: string,
): ServiceReply => ({
  status: refusal.status,
  headers: { 'Content-Type': 'application/json', ...refusal.headers },
  body: JSON.stringify({
    Code: refusal.serviceCode,
    Message: refusal.message,
    RequestId: requestId,
    HostId: hostId,
  }),
})
