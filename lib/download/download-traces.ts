import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { NamedResult, NamedTable } from '../session/resource.js'
import type { DownloadStats } from '../session/transfer-stats.js'
import type { TraceOutcome } from '../tracing.js'

/** Context of `tracing:odps-tunnel:download:*`: a download, from the opening of its session to the end of its last request. */
export interface DownloadTrace extends TraceOutcome<{ readonly isComplete: boolean }> {
  /** What is read; undefined for a query, whose instance is in `stats.query` once it is submitted. */
  readonly source: NamedTable | NamedResult | undefined
  /** Live counters, those of the stream. */
  readonly stats: Readonly<DownloadStats>
}

/**
 * Context of `tracing:odps-tunnel:range:*`: one range of rows, from its request, all repeats included, to its last verified row.
 * That is as long as its consumer takes.
 */
export interface RangeTrace extends TraceOutcome<{ readonly rows: number }> {
  /** The download it is a part of; undefined if the range was read by a method of a session. */
  readonly parent: DownloadTrace | undefined
  readonly source: NamedTable | NamedResult
  readonly sessionId: string
  /** Number of its first row in the session. */
  readonly start: number
  /** Rows asked for; `result` has as many, unless the rest was no longer wanted. */
  readonly count: number
}

export const downloads: TracingChannel<DownloadTrace> = tracingChannel('odps-tunnel:download')
export const ranges: TracingChannel<RangeTrace> = tracingChannel('odps-tunnel:range')
