import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { NamedTable } from '../session/resource.js'
import type { UploadStats } from '../session/transfer-stats.js'
import type { TraceOutcome } from '../tracing.js'
import type { BlockResult, CommitResult, UploadTotals } from './upload-results.js'

/** Context of `tracing:odps-tunnel:upload:*`: an upload, from the opening of its session to the end of its last request. */
export interface UploadTrace extends NamedTable, TraceOutcome<UploadTotals> {
  /** Live counters, those of the stream. */
  readonly stats: Readonly<UploadStats>
}

/** Context of `tracing:odps-tunnel:block:*`: one block that is sent, all repeats included. */
export interface BlockTrace extends NamedTable, TraceOutcome<BlockResult> {
  /** The upload it is a part of; undefined if the block was sent by a method of a session. */
  readonly parent: UploadTrace | undefined
  readonly sessionId: string
  readonly blockId: number
  readonly rows: number
  /** Bytes before compression. */
  readonly rawBytes: number
}

/** Context of `tracing:odps-tunnel:commit:*`: a session's blocks are compared and committed, and its outcome is settled. */
export interface CommitTrace extends NamedTable, TraceOutcome<CommitResult> {
  /** The upload it is a part of; undefined if a session's method was called. */
  readonly parent: UploadTrace | undefined
  readonly sessionId: string
}

export const uploads: TracingChannel<UploadTrace> = tracingChannel('odps-tunnel:upload')
export const blocks: TracingChannel<BlockTrace> = tracingChannel('odps-tunnel:block')
export const commits: TracingChannel<CommitTrace> = tracingChannel('odps-tunnel:commit')
