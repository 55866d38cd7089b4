import type { StreamTotals } from '../stream/totals.js'
import type { RecordBytes } from './encoded-records.js'

/** Where records are collected until someone takes the bytes: each of the three ways of writing has one. */
export interface RecordSink {
  /** Of the records added; the rows count at once, the checksum is up to date after `take`. */
  readonly totals: StreamTotals
  readonly pendingBytes: number
  /** Whether `pendingBytes` is at least this. */
  pendingReaches(bytes: number): boolean
  /** Appends a record; a row that does not fit throws and leaves no trace. */
  add(cells: readonly unknown[], rowIndex: number): void
  /** Appends copies of records. */
  append(records: RecordBytes): void
  /** Appends the trailer. */
  close(): void
  take(): Buffer
  /** The bytes taken so far may be written over. */
  reclaim(): void
}
