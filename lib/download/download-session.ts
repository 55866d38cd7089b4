import type { Budget } from '../budget/budget.js'
import type { ByteBudget } from '../budget/byte-budget.js'
import { checkOptions, type OptionSpec } from '../check-options.js'
import type { DecodeOptions, RowOptions } from '../codec/rows/record-decoder.js'
import type { CompressionName } from '../compression/compression.js'
import type { Clock } from '../http/clock.js'
import type { RetryEvent } from '../http/request-spec.js'
import type { RetryRules } from '../http/retry-policy.js'
import { checkParsers } from '../schema/column-names.js'
import type { PartitionSpec } from '../schema/partition-spec.js'
import type { TableName } from '../schema/table-name.js'
import type { Column, TableSchema } from '../schema/table-schema.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import type { DataVersion } from '../session/data-version.js'
import { InstanceResource } from '../session/instance-resource.js'
import type { Resource } from '../session/resource.js'
import { TableResource } from '../session/table-resource.js'
import { rangeOptionSpec, rowValueSpec } from './download-options.js'
import { loadState, type ReadyState } from './download-state.js'
import { recordFormat } from './range-decoder.js'
import { type RangeRequest, type RangeResponse, requestRange } from './range-request.js'
import { RangeRows, type RangeSource } from './range-rows.js'
import { clipRange, type RowRange, splitRange } from './row-range.js'
import type { DownloadSessionJson } from './session-json.js'
import { type DownloadSplit, type SplitOptions, splitSession } from './splits.js'

/** Options of reading a range of a session. */
export interface ReadOptions extends CallOptions, RowOptions {
  /** In the order wanted. Default: all, in schema order. */
  readonly columns?: readonly string[] | undefined
  /** Asked for; the service's answer decides. Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
}

const readSpec: OptionSpec = {
  ...callOptionSpec,
  ...rowValueSpec,
  columns: rangeOptionSpec['columns']!,
  compression: rangeOptionSpec['compression']!,
}

/** A snapshot of a table or partition, or the result of a query: its rows have numbers from 0, and the same range gives the same rows. */
export class DownloadSession {
  readonly sessionId: string
  /** Rows in the snapshot. */
  readonly recordCount: number
  readonly schema: TableSchema
  readonly quotaName: string | undefined
  /** The service answered that it wants old dates transformed (protocol 3.1): none before 1928 can be trusted. */
  readonly dateTransform: boolean
  /** @internal Of the data, read before the snapshot was made. */
  readonly version: DataVersion
  readonly #resource: Resource
  #status: string

  /** @internal */
  constructor(resource: Resource, state: ReadyState, version: DataVersion) {
    this.#resource = resource
    this.version = version
    this.#status = state.status
    this.sessionId = state.sessionId
    this.recordCount = state.recordCount
    this.schema = state.schema
    this.quotaName = state.quotaName
    this.dateTransform = state.dateTransform
  }

  /** @internal How often, and for how long, a range may break in a row without a new row. */
  get resumeRules(): RetryRules {
    return this.#resource.client.retry
  }

  /** @internal */
  get origin(): RangeSource['origin'] {
    return { source: this.#resource.named, sessionId: this.sessionId }
  }

  /** @internal */
  get clock(): Clock {
    return this.#resource.client.clock
  }

  /** @internal What it shares with others of its Tunnel. */
  get budget(): Budget {
    return this.#resource.client.budget
  }

  /** @internal */
  get memory(): ByteBudget {
    return this.budget.memory
  }

  /** Undefined for the result of a query. */
  get table(): TableName | undefined {
    return this.#resource instanceof TableResource ? this.#resource.name : undefined
  }

  get partition(): PartitionSpec | undefined {
    return this.#resource instanceof TableResource ? this.#resource.partition : undefined
  }

  /** The instance of the query whose result this is; undefined for a table. */
  get instanceId(): string | undefined {
    return this.#resource instanceof InstanceResource ? this.#resource.instanceId : undefined
  }

  /** @internal The columns of the partition that is read, with their text; empty for a table without partitions. */
  partitionValues(): { readonly column: Column; readonly value: string }[] {
    return (this.partition ?? []).map(({ name, value }) => {
      const column = this.schema.partitionColumns.find(each => each.name.toLowerCase() === name.toLowerCase())
      return { column: column ?? { name, type: { kind: 'string' }, nullable: false }, value }
    })
  }

  /** @internal How rows of this session must be decoded, whatever else is wanted. */
  get decodeOptions(): DecodeOptions {
    return this.dateTransform ? { oldDates: 'refuse' } : {}
  }

  /** As of the last {@link load}: `normal`, `closed`, `expired`, … */
  get status(): string {
    return this.#status
  }

  /** @internal What the service says now of the table or partition that this is a snapshot of. */
  async currentVersion(options: CallOptions = {}): Promise<DataVersion> {
    return this.#resource.version(options)
  }

  /** Asks the service for the status. */
  async load(options: CallOptions = {}): Promise<{ readonly status: string }> {
    checkOptions('load', options, callOptionSpec)
    const { status } = await loadState(this.#resource, this.sessionId, options)
    this.#status = status
    return { status }
  }

  /** All rows of the session in `parts` ranges of nearly equal size, fewer when there are fewer rows. */
  splits(parts: number): RowRange[]
  /**
   * All rows of the session in pieces that other processes and machines read: each is plain JSON, and the options of a
   * download stream.
   * @throws TunnelOptionError ODPS_INVALID_OPTION when not exactly one of the options is given, or `bytes` are and the service
   * hasn't told how large the table or partition is
   */
  splits(options: SplitOptions): DownloadSplit[]
  splits(how: number | SplitOptions): RowRange[] | DownloadSplit[] {
    return typeof how === 'number'
      ? splitRange({ start: 0, count: this.recordCount }, how)
      : splitSession(this.toJSON(), how, this.version.size)
  }

  /**
   * @internal
   * Sends one GET for rows. It is repeated until the head of an answer comes; a body that is cut is not.
   *
   * @throws TunnelOptionError ODPS_INVALID_RANGE, ODPS_INVALID_COLUMNS; TunnelServiceError ODPS_TABLE_MODIFIED,
   * ODPS_NO_SUCH_SESSION, …
   */
  async openRange(request: RangeRequest): Promise<RangeResponse> {
    return requestRange(this.#resource, this, request)
  }

  /** @internal Tells of a range that broke, and waits before the rest of it is asked for. */
  async waitBeforeResume(event: RetryEvent, options: CallOptions): Promise<void> {
    this.#resource.announceRetry('GET', event, options)
    await this.clock.sleep(event.delayMs, options.signal)
  }

  /**
   * Reads `count` rows from row `start` on (clipped at the end) and resolves to them, checked to the last byte.
   * @throws TunnelOptionError ODPS_INVALID_RANGE, ODPS_INVALID_COLUMNS; TunnelServiceError ODPS_TABLE_MODIFIED,
   * ODPS_NO_SUCH_SESSION, …
   */
  async download(start: number, count: number, options: ReadOptions = {}): Promise<unknown[]> {
    checkOptions('download', options, readSpec)
    const rows: unknown[] = []
    for await (const batch of this.readBatches({ ...options, start, count }))
      for (const row of batch) rows.push(row)
    return rows
  }

  /** Reads rows in batches as they come, over one connection that is resumed where it breaks. */
  async *readBatches(
    options: ReadOptions & { readonly start?: number | undefined; readonly count?: number | undefined } = {},
  ): AsyncGenerator<unknown[], void, undefined> {
    checkOptions('readBatches', options, { ...readSpec, start: 'any', count: 'any' })
    const { start = 0, count, columns, compression = 'snappy', signal, onRetry, ...decode } = options
    checkParsers(decode.parsers, this.schema)
    const range = clipRange(start, count, this.recordCount)
    const format = recordFormat({ ...this.decodeOptions, ...decode })
    const rows = new RangeRows(this, range, { columns, compression, format, signal, onRetry })
    try {
      for (let batch = await rows.next(); batch !== undefined; batch = await rows.next()) yield batch
    } finally {
      rows.destroy()
    }
  }

  /** What `Tunnel.openDownloadSession` and a download stream in another process take. Holds no credentials. */
  toJSON(): DownloadSessionJson {
    const { sessionId, recordCount, schema } = this
    const { modifiedAt, doubt } = this.version
    return {
      ...this.#resource.named,
      ...{ sessionId, recordCount, schema },
      ...(doubt === undefined && modifiedAt !== undefined && { lastModified: modifiedAt.toISOString() }),
    }
  }
}
