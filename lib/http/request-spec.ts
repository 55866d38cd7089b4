import type { TunnelError } from '../errors.js'
import type { Repeat } from './retry-policy.js'

export interface RequestSpec {
  /** What it is for, as the subject of a message: `Creating an upload session for p.t`. */
  readonly purpose: string
  readonly target: 'service' | 'tunnel'
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Decoded segments below the base URL. */
  readonly path: readonly string[]
  /** Chooses the tunnel endpoint. */
  readonly project: string
  /** Decoded; an empty value sends the key alone. */
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Buffers, so that it can be sent again byte for byte. */
  readonly body?: readonly Uint8Array[]
  readonly repeat: Repeat
  /** Answers with a status of 300 and more are given like others, and not repeated: for who asks what is refused, and how. */
  readonly takesRefusals?: boolean
  /** Next steps that only the caller knows, by error code. */
  readonly hints?: Readonly<Record<string, string>>
  /** Called before it is sent again, after the wait: what is different then. What it throws ends the request. */
  readonly renew?: (failed: FailedSending) => Promise<Partial<Pick<RequestSpec, 'query' | 'headers'>>>
  readonly signal?: AbortSignal | undefined
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
}

/** What came of a sending that will be repeated. */
export interface FailedSending {
  readonly error: TunnelError
  /** Of the refusal, names in lower case; empty when no answer came. */
  readonly headers: Readonly<Record<string, string>>
}

/** A failed request that will be sent again, or an answer that was cut and will be asked for from there on. */
export interface RetryEvent {
  readonly error: TunnelError
  /** How often it was sent so far. */
  readonly attempt: number
  readonly delayMs: number
}
