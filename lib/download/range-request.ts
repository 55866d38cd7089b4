import type { CompressionName } from '../compression/compression.js'
import type { Column } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { RowRange } from './row-range.js'

export interface RangeRequest extends RowRange, CallOptions {
  /** In the order wanted; undefined: all in schema order. */
  readonly columns?: readonly string[] | undefined
  /** Asked for; the service may answer with another. */
  readonly compression: CompressionName
  /** What the form of the rows adds to the query. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

/** The answer to one GET of rows, whose body is to be iterated once, or destroyed. */
export interface RangeResponse {
  /** What was really used: decode by this. */
  readonly contentEncoding: string | undefined
  readonly body: AsyncIterable<Buffer>
  /** In the order requested, which is that of the field numbers (protocol 6.4). */
  readonly columns: readonly Column[]
  readonly requestId: string | undefined
  destroy(): void
}
