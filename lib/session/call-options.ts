import { instanceOf, type OptionSpec } from '../check-options.js'
import type { RetryEvent } from '../http/request-spec.js'
import type { Trace, tracedBy } from '../tracing.js'

/** What every method that sends requests takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Called before a request is sent again. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
  /** @internal What the call is a part of. */
  readonly [tracedBy]?: Trace | undefined
}

export const callOptionSpec: OptionSpec = { signal: instanceOf(AbortSignal), onRetry: 'function' }
