import type { RetryEvent } from '../http/request-spec.js'
import type { PartitionSpec } from '../schema/partition-spec.js'
import type { TableName } from '../schema/table-name.js'

/** A table, or one complete partition of it. */
export interface TableRef {
  readonly name: TableName
  readonly partition?: PartitionSpec | undefined
}

/** What every method that sends requests takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Called before a request is sent again. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
}
