import type { Refusal } from './refusal.js'

/** What a handler gives back. Without `body` the answer is empty. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is sent chunked. */
  readonly body?: string | Buffer | AsyncIterable<Uint8Array>
}

export const json = (value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

export const xml = (body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'application/xml', ...headers },
  body: `<?xml version="1.0"?>\n${body}`,
})

export const text = (body: string | Buffer): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body,
})

export const empty = (status = 200, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
})

/** The tunnel's error document (protocol 3.8). */
export const jsonRefusal = (refusal: Refusal, requestId: string, hostId: string): Answer => ({
  status: refusal.status,
  headers: { 'Content-Type': 'application/json', ...refusal.headers },
  body: JSON.stringify({
    Code: refusal.serviceCode,
    Message: refusal.message,
    RequestId: requestId,
    HostId: hostId,
  }),
})
