import type { DecodeOptions } from '../codec/rows/record-decoder.js'
import { type CompressionName, contentEncodingOf } from '../compression/compression.js'
import { TunnelOptionError, TunnelProtocolError, TunnelSessionError } from '../errors.js'
import type { Clock } from '../http/clock.js'
import type { RetryEvent } from '../http/request-spec.js'
import type { RetryRules } from '../http/retry-policy.js'
import type { TunnelResponse } from '../http/tunnel-response.js'
import { checkSchema } from '../schema/define-schema.js'
import { formatPartitionSpec, type PartitionSpec } from '../schema/partition-spec.js'
import type { TableName } from '../schema/table-name.js'
import { type Column, selectColumns, type TableSchema } from '../schema/table-schema.js'
import { AnswerJson } from '../session/answer-json.js'
import type { CallOptions } from '../session/call-options.js'
import type { DataVersion } from '../session/data-version.js'
import type { TableResource } from '../session/table-resource.js'
import { recordFormat } from './range-decoder.js'
import type { RangeRequest, RangeResponse } from './range-request.js'
import { RangeRows } from './range-rows.js'
import { clipRange, type RowRange, splitRange } from './row-range.js'

export type { RangeRequest, RangeResponse } from './range-request.js'

export interface ReadOptions extends CallOptions, DecodeOptions {
  /** In the order wanted. Default: all, in schema order. */
  readonly columns?: readonly string[] | undefined
  /** Asked for; the service's answer decides. Default `'snappy'`. */
  readonly compression?: CompressionName | undefined
}

export interface OpenDownloadOptions extends CallOptions {
  readonly sessionId: string
  /** What the session was known by where it was created: {@link DownloadSessionJson}. */
  readonly recordCount?: number | undefined
  readonly schema?: TableSchema | undefined
  readonly lastModified?: string | undefined
}

/**
 * What another process needs to attach, and to take a new session in place of this one when it is over: by the last
 * three it is known whether the table is still the same.
 */
export interface DownloadSessionJson extends TableName {
  readonly partitionSpec?: string
  readonly sessionId: string
  readonly recordCount: number
  readonly schema: TableSchema
  /** When the data was last modified, ISO 8601. Only where it is known so well that an equal time means equal data. */
  readonly lastModified?: string
}

/** The session as the service describes it (protocol 6.2). */
interface DownloadState {
  readonly sessionId: string
  readonly status: string
  readonly recordCount: number | undefined
  readonly schema: TableSchema | undefined
  readonly quotaName: string | undefined
  readonly dateTransform: boolean
}

const firstPollMs = 100
const maxPollMs = 5_000
/** A session that takes longer to prepare is given up. */
const maxPrepareMs = 30 * 60_000

/**
 * Makes a snapshot of a table, or of one partition, and waits until it is ready.
 * @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_NO_SUCH_PARTITION, ODPS_ACCESS_DENIED, …;
 * TunnelSessionError ODPS_SESSION_STATUS when the service gives the session up.
 */
export const createDownloadSession = async (
  named: TableResource,
  options: CallOptions = {},
): Promise<DownloadSession> => {
  const { signal, onRetry } = options
  const resource = await named.ordered(options)
  const version = await resource.version(options)
  const purpose = 'Creating a download session for'
  const query = { downloads: '', ...resource.createParameters }
  const state = await resource.exchange(
    { purpose, method: 'POST', query, repeat: 'create', signal, onRetry },
    response => readState(response, resource.purpose(purpose)),
  )
  return DownloadSession.ready(resource, state, version, options)
}

/**
 * Attaches to a session that exists.
 * @throws TunnelServiceError ODPS_NO_SUCH_SESSION when it is unknown or over; TunnelSessionError
 * ODPS_RECORD_COUNT_MISMATCH or TunnelOptionError ODPS_SCHEMA_MISMATCH when it isn't the session described
 */
export const openDownloadSession = async (
  named: TableResource,
  options: OpenDownloadOptions,
): Promise<DownloadSession> => {
  const resource = await named.ordered(options)
  const { sessionId, recordCount, schema, lastModified } = options
  const state = await loadState(resource, sessionId, options)
  const session = await DownloadSession.ready(resource, state, resource.givenVersion(lastModified), options)
  if (recordCount !== undefined && recordCount !== session.recordCount)
    throw new TunnelSessionError(
      'ODPS_RECORD_COUNT_MISMATCH',
      `The download session ${sessionId} of ${resource.title} has ${session.recordCount} rows, not ${recordCount}`,
      { sessionId },
    )
  if (schema !== undefined) checkSchema(schema, session.schema, 'read')
  return session
}

/** A snapshot of a table or partition: its rows have numbers from 0, and the same range gives the same rows. */
export class DownloadSession {
  readonly sessionId: string
  /** Rows in the snapshot. */
  readonly recordCount: number
  readonly schema: TableSchema
  readonly quotaName: string | undefined
  /** The service answered that it wants old dates transformed (protocol 3.1): none before 1928 can be trusted. */
  readonly dateTransform: boolean
  /** Of the data, read before the snapshot was made. */
  readonly version: DataVersion
  readonly #resource: TableResource
  #status: string

  private constructor(
    resource: TableResource,
    state: DownloadState,
    { recordCount, schema, version }: Pick<DownloadSession, 'recordCount' | 'schema' | 'version'>,
  ) {
    this.#resource = resource
    this.version = version
    this.#status = state.status
    this.sessionId = state.sessionId
    this.recordCount = recordCount
    this.schema = schema
    this.quotaName = state.quotaName
    this.dateTransform = state.dateTransform
  }

  /** Waits until the service has prepared the session. */
  static async ready(
    resource: TableResource,
    state: DownloadState,
    version: DataVersion,
    options: CallOptions,
  ): Promise<DownloadSession> {
    const { sessionId, status, recordCount, schema } = await waitWhilePreparing(resource, state, options)
    // Only a status that promises nothing is refused: Python's clients know `closes`, others `closed` (protocol 6.2).
    if (status === 'expired' || status === 'critical' || status === 'failed')
      throw badStatus(resource, sessionId, status)
    if (recordCount === undefined || schema === undefined)
      throw new TunnelProtocolError(
        'ODPS_UNEXPECTED_ANSWER',
        `${resource.purpose('Opening a download session for')}: the answer has no ${schema ? 'RecordCount' : 'Schema'}`,
      )
    const ready = { ...state, sessionId, status }
    return new DownloadSession(resource, ready, { recordCount, schema, version })
  }

  /** How often, and for how long, a range may break in a row without a new row. */
  get resumeRules(): RetryRules {
    return this.#resource.client.retry
  }

  get clock(): Clock {
    return this.#resource.client.clock
  }

  get table(): TableName {
    return this.#resource.name
  }

  get partition(): PartitionSpec | undefined {
    return this.#resource.partition
  }

  /** The columns of the partition that is read, with their text; empty for a table without partitions. */
  partitionValues(): { readonly column: Column; readonly value: string }[] {
    return (this.partition ?? []).map(({ name, value }) => {
      const column = this.schema.partitionColumns.find(each => each.name.toLowerCase() === name.toLowerCase())
      return { column: column ?? { name, type: { kind: 'string' }, nullable: false }, value }
    })
  }

  /** How rows of this session must be decoded, whatever else is wanted. */
  get decodeOptions(): DecodeOptions {
    return this.dateTransform ? { oldDates: 'refuse' } : {}
  }

  /** As of the last {@link load}: `normal`, `closed`, `expired`, … */
  get status(): string {
    return this.#status
  }

  /** What the service says now of the table or partition that this is a snapshot of. */
  async currentVersion(options: CallOptions = {}): Promise<DataVersion> {
    return this.#resource.version(options)
  }

  async load(options: CallOptions = {}): Promise<{ readonly status: string }> {
    const { status } = await loadState(this.#resource, this.sessionId, options)
    this.#status = status
    return { status }
  }

  /** All rows of the session in `parts` ranges of nearly equal size, fewer when there are fewer rows. */
  splits(parts: number): RowRange[] {
    return splitRange({ start: 0, count: this.recordCount }, parts)
  }

  /**
   * Sends one GET for rows. It is repeated until the head of an answer comes; a body that is cut is not.
   *
   * @throws TunnelOptionError ODPS_INVALID_RANGE, ODPS_INVALID_COLUMNS; TunnelServiceError ODPS_TABLE_MODIFIED,
   * ODPS_NO_SUCH_SESSION, …
   */
  async openRange(request: RangeRequest): Promise<RangeResponse> {
    const { start, count, columns: names, compression, signal, onRetry } = request
    const range = clipRange(start, count, this.recordCount)
    if (range.count === 0) throw new TunnelOptionError('ODPS_INVALID_RANGE', 'Row range: it has no rows')
    const columns = names === undefined ? this.schema.columns : selectColumns(this.schema, names)
    if (names !== undefined) columns.forEach(checkListed)
    const response = await this.#resource.request({
      purpose: `Reading rows ${range.start} to ${range.start + range.count - 1} of`,
      method: 'GET',
      query: this.#rangeQuery(range, request.parameters, names && columns),
      headers: { 'Accept-Encoding': contentEncodingOf(compression) ?? 'identity' },
      repeat: 'safe',
      signal,
      onRetry,
    })
    const { body, headers, requestId } = response
    return {
      contentEncoding: headers['content-encoding'],
      body,
      columns,
      requestId,
      destroy: () => body.destroy(),
    }
  }

  /** Tells of a range that broke, and waits before the rest of it is asked for. */
  async waitBeforeResume(event: RetryEvent, options: CallOptions): Promise<void> {
    this.#resource.announceRetry('GET', event, options)
    await this.clock.sleep(event.delayMs, options.signal)
  }

  /**
   * Reads `count` rows from row `start` on (clipped at the end) and resolves to them, checked to the last byte.
   * @throws TunnelOptionError ODPS_INVALID_RANGE, ODPS_INVALID_COLUMNS, and as {@link openRange}
   */
  async download(start: number, count: number, options: ReadOptions = {}): Promise<unknown[]> {
    const rows: unknown[] = []
    for await (const batch of this.readBatches({ ...options, start, count }))
      for (const row of batch) rows.push(row)
    return rows
  }

  /** Reads rows in batches as they come, over one connection that is resumed where it breaks. */
  async *readBatches(
    options: ReadOptions & { readonly start?: number | undefined; readonly count?: number | undefined } = {},
  ): AsyncGenerator<unknown[], void, undefined> {
    const { start = 0, count, columns, compression = 'snappy', signal, onRetry, ...decode } = options
    const range = clipRange(start, count, this.recordCount)
    const format = recordFormat({ ...this.decodeOptions, ...decode })
    const rows = new RangeRows(this, range, { columns, compression, format, signal, onRetry })
    try {
      for (let batch = await rows.next(); batch !== undefined; batch = await rows.next()) yield batch
    } finally {
      rows.destroy()
    }
  }

  /** What {@link openDownloadSession} and a download stream in another process take. Holds no credentials. */
  toJSON(): DownloadSessionJson {
    const { partition, sessionId, recordCount, schema } = this
    const { modifiedAt, doubt } = this.version
    return {
      ...this.table,
      ...(partition !== undefined && { partitionSpec: formatPartitionSpec(partition) }),
      ...{ sessionId, recordCount, schema },
      ...(doubt === undefined && modifiedAt !== undefined && { lastModified: modifiedAt.toISOString() }),
    }
  }

  #rangeQuery(
    { start, count }: RowRange,
    parameters: RangeRequest['parameters'],
    columns: readonly Column[] | undefined,
  ): Record<string, string> {
    return {
      data: '',
      ...parameters,
      ...this.#resource.rangeParameters,
      downloadid: this.sessionId,
      rowrange: `(${start},${count})`,
      ...(columns !== undefined && { columns: columns.map(column => column.name).join(',') }),
    }
  }
}

/** Names are sent as a list (protocol 6.4). */
const checkListed = ({ name }: Column): void => {
  if (name.includes(','))
    throw new TunnelOptionError(
      'ODPS_INVALID_COLUMNS',
      `The column '${name}' cannot be asked for by name, because of its comma; leave columns out to read all`,
    )
}

const loadPurpose = 'Loading the download session of'

const loadState = async (
  resource: TableResource,
  sessionId: string,
  { signal, onRetry }: CallOptions,
): Promise<DownloadState> =>
  resource.exchange(
    {
      purpose: loadPurpose,
      method: 'GET',
      query: { downloadid: sessionId },
      repeat: 'safe',
      signal,
      onRetry,
    },
    response => readState(response, resource.purpose(loadPurpose)),
  )

/** A 202 says that the session is not ready, whatever the body says. */
const readState = async (response: TunnelResponse, purpose: string): Promise<DownloadState> => {
  const json = new AnswerJson(await response.json(), purpose)
  const status = json.optionalText('Status')?.toLowerCase()
  return {
    sessionId: json.text('DownloadID'),
    status: response.status === 202 ? 'initiating' : (status ?? 'unknown'),
    recordCount: json.optionalCount('RecordCount'),
    schema: json.has('Schema') ? json.schema('Schema') : undefined,
    quotaName: json.optionalText('QuotaName'),
    dateTransform: response.headers['odps-tunnel-date-transform']?.toLowerCase() === 'true',
  }
}

const waitWhilePreparing = async (
  resource: TableResource,
  first: DownloadState,
  options: CallOptions,
): Promise<DownloadState> => {
  const { clock } = resource.client
  const since = clock.now()
  let state = first
  for (let delayMs = firstPollMs; state.status === 'initiating'; delayMs = Math.min(delayMs * 2, maxPollMs)) {
    if (clock.now() - since > maxPrepareMs) throw badStatus(resource, state.sessionId, state.status)
    await clock.sleep(delayMs, options.signal)
    state = await loadState(resource, state.sessionId, options)
  }
  return state
}

const badStatus = (resource: TableResource, sessionId: string, status: string): TunnelSessionError =>
  new TunnelSessionError(
    'ODPS_SESSION_STATUS',
    `The download session ${sessionId} of ${resource.title} is ${status}, so nothing can be read from it; create a new one`,
    { sessionId, status },
  )
