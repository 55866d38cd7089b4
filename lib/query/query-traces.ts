import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { DownloadTrace } from '../download/download-traces.js'
import type { TraceOutcome } from '../tracing.js'

/**
 * Context of `tracing:odps-tunnel:query:*`: a statement, from its request to the end of its instance. It doesn't hold the SQL, which
 * may contain values.
 */
export interface QueryTrace extends TraceOutcome<{ readonly instanceId: string }> {
  /** The download of its rows; undefined for a statement without rows. */
  readonly parent: DownloadTrace | undefined
  readonly project: string
  /** Undefined until the service has accepted it. */
  instanceId: string | undefined
}

export const queries: TracingChannel<QueryTrace> = tracingChannel('odps-tunnel:query')
