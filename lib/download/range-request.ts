import { type CompressionName, contentEncodingOf } from '../compression/compression.js'
import { TunnelOptionError } from '../errors.js'
import { type Column, selectColumns, type TableSchema } from '../schema/table-schema.js'
import type { CallOptions } from '../session/call-options.js'
import type { Resource } from '../session/resource.js'
import type { ChunkSource } from './chunk-queue.js'
import { clipRange, type RowRange } from './row-range.js'

export interface RangeRequest extends RowRange, CallOptions {
  /** In the order wanted; undefined: all in schema order. */
  readonly columns?: readonly string[] | undefined
  /** Asked for; the service may answer with another. */
  readonly compression: CompressionName
  /** What the form of the rows adds to the query. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Headers that it sets. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The answer to one GET of rows, whose body is to be iterated once, or destroyed. */
export interface RangeResponse {
  /** What was really used: decode by this. */
  readonly contentEncoding: string | undefined
  readonly body: ChunkSource
  /** In the order requested, which is that of the field numbers (protocol 6.4). */
  readonly columns: readonly Column[]
  readonly requestId: string | undefined
  destroy(): void
}

/** What a range is asked of. */
interface RangeOwner {
  readonly sessionId: string
  readonly recordCount: number
  readonly schema: TableSchema
}

/**
 * Sends one GET for rows. It is repeated until the head of an answer comes; a body that is cut is not.
 *
 * @throws TunnelOptionError ODPS_INVALID_RANGE, ODPS_INVALID_COLUMNS; TunnelServiceError ODPS_TABLE_MODIFIED,
 * ODPS_NO_SUCH_SESSION, …
 */
export const requestRange = async (
  resource: Resource,
  owner: RangeOwner,
  request: RangeRequest,
): Promise<RangeResponse> => {
  const { columns: names, compression, parameters, headers: own, signal, onRetry } = request
  const range = clipRange(request.start, request.count, owner.recordCount)
  if (range.count === 0) throw new TunnelOptionError('ODPS_INVALID_RANGE', 'Row range: it has no rows')
  const columns = names === undefined ? owner.schema.columns : selectColumns(owner.schema, names)
  const response = await resource.request({
    purpose: `Reading rows ${range.start} to ${range.start + range.count - 1} of`,
    method: 'GET',
    query: {
      data: '',
      ...parameters,
      ...resource.rangeParameters,
      downloadid: owner.sessionId,
      rowrange: `(${range.start},${range.count})`,
      ...(names !== undefined && { columns: listOf(columns) }),
    },
    headers: { 'Accept-Encoding': contentEncodingOf(compression) ?? 'identity', ...own },
    repeat: 'safe',
    signal,
    onRetry,
  })
  const { body, headers, requestId } = response
  const contentEncoding = headers['content-encoding']
  return { contentEncoding, body, columns, requestId, destroy: () => body.destroy() }
}

/** Names are sent as a list (protocol 6.4). */
const listOf = (columns: readonly Column[]): string => {
  const odd = columns.find(({ name }) => name.includes(','))
  if (odd === undefined) return columns.map(({ name }) => name).join(',')
  throw new TunnelOptionError(
    'ODPS_INVALID_COLUMNS',
    `The column '${odd.name}' cannot be requested by name, because it contains a comma; leave columns out to read all`,
  )
}
