import { type Channel, channel } from 'node:diagnostics_channel'

/*
 * Named channels for monitoring. Nothing is built or published while nobody listens, and no message holds
 * credentials, signatures or row values.
 */

/** One request that was sent: what came of it. Published on `odps-tunnel:request`. */
export interface RequestMessage {
  readonly method: string
  /** `host:port` of the server. */
  readonly host: string
  /** Decoded path without the query. */
  readonly path: string
  /** 1 for the first sending. */
  readonly attempt: number
  /** Undefined when no answer came. */
  readonly statusCode: number | undefined
  /** `code` of the error, when it failed. */
  readonly errorCode: string | undefined
  /** The service's id of the request, for its support. */
  readonly requestId: string | undefined
  /** Bytes of the body as sent. */
  readonly requestBytes: number
  /** Milliseconds until the head of the answer, or the failure. */
  readonly durationMs: number
}

/**
 * A failed request that will be sent again, an answer that was cut and will be asked for from there on, or a commit
 * whose outcome was not known. Published on `odps-tunnel:retry`.
 */
export interface RetryMessage {
  readonly method: string
  readonly host: string
  readonly path: string
  /** How often it was sent so far. */
  readonly attempt: number
  /** Milliseconds before it is sent again. */
  readonly delayMs: number
  readonly errorCode: string
  readonly statusCode: number | undefined
  readonly serviceCode: string | undefined
}

/** An upload session that was committed. Published on `odps-tunnel:commit`. */
export interface CommitMessage {
  readonly sessionId: string
  /** `project.schema.table`. */
  readonly table: string
  readonly blocks: number
  /** How the outcome became known: from the answer, or by loading the session after the answer was lost. */
  readonly settledBy: 'answer' | 'load'
}

/** Signed requests go unencrypted to another machine. Published once a client and server, on `odps-tunnel:insecure`. */
export interface InsecureMessage {
  /** `host:port` of the server. */
  readonly host: string
}

/** A package that is not there, and what does its work. Published once a process and package, on `odps-tunnel:fallback`. */
export interface FallbackMessage {
  readonly name: string
  readonly instead: string
  /** Why the package could not be loaded. */
  readonly cause: unknown
}

/**
 * Calls what somebody gave to be told of something. What it throws is its own: it changes nothing here, and Node reports it
 * like what a listener of a timer throws.
 */
export const tell = (listener: () => unknown): void => {
  try {
    listener()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

const requests: Channel = channel('odps-tunnel:request')
const retries: Channel = channel('odps-tunnel:retry')
const commits: Channel = channel('odps-tunnel:commit')
const insecure: Channel = channel('odps-tunnel:insecure')
const fallbacks: Channel = channel('odps-tunnel:fallback')

/** Takes a function, so that a message nobody wants is never built. */
export const publishRequest = (message: () => RequestMessage): void => publish(requests, message)
export const publishRetry = (message: () => RetryMessage): void => publish(retries, message)
export const publishCommit = (message: () => CommitMessage): void => publish(commits, message)
export const publishInsecure = (message: () => InsecureMessage): void => publish(insecure, message)
export const publishFallback = (message: () => FallbackMessage): void => publish(fallbacks, message)

const publish = (target: Channel, message: () => object): void => {
  if (target.hasSubscribers) target.publish(message())
}
