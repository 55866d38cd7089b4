import type { Agent, Dispatcher } from 'undici'
import { loadUndici } from './load-undici.js'

/** Services close idle connections after minutes (protocol 11.1); ours go first. */
const keepAliveMs = 15_000

export type Send = (request: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>

export interface Connections {
  readonly agent: Agent
  readonly send: Send
}

/** The agent opens a connection when a request needs one. */
export const openConnections = async (timeout: number): Promise<Connections> => {
  const { Agent, request } = await loadUndici()
  const agent = new Agent({ connect: { timeout }, keepAliveTimeout: keepAliveMs, pipelining: 1 })
  return { agent, send: options => request(agent, options) }
}
