import type { Agent, Dispatcher } from 'undici'
import { loadUndici } from './load-undici.js'
import { readBuffers } from './read-buffers.js'

/** Services close idle connections after minutes (protocol 11.1); ours go first. */
const keepAliveMs = 15_000

/** Bun and Deno take the option, and do without, or fail. */
const hasOwnBuffers = !('bun' in process.versions || 'deno' in process.versions)

export type Send = (request: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>

export interface Connections {
  readonly agent: Agent
  readonly send: Send
}

/** The agent opens a connection when a request needs one. */
export const openConnections = async (timeout: number): Promise<Connections> => {
  const { Agent, request } = await loadUndici()
  const connect = hasOwnBuffers ? { timeout, onread: readBuffers.onread } : { timeout }
  const agent = new Agent({ connect, keepAliveTimeout: keepAliveMs, pipelining: 1 })
  return { agent, send: options => request(agent, options) }
}
