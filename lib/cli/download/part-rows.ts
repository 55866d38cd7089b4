import type { DownloadSessionJson, RowBatches, TableInfo, Tunnel } from '../../index.js'
import { readFileRows } from '../file-rows.js'
import type { Part } from './plan-outputs.js'
import type { DownloadRequest } from './request.js'

export interface PartRange {
  /** The first row. */
  readonly start: number
  /** At most so many; undefined: all. */
  readonly count: number | undefined
  /** The snapshot that a former run has read from. */
  readonly former: DownloadSessionJson | undefined
}

/** The rows of a partition in the values for files. A snapshot that is over is replaced only if nothing has changed. */
export const readPart = (
  tunnel: Tunnel,
  request: DownloadRequest,
  info: TableInfo,
  part: Part,
  columns: readonly string[],
  { start, count, former }: PartRange,
  signal: AbortSignal,
): RowBatches<readonly unknown[]> =>
  readFileRows(tunnel, {
    table: request.target.table,
    partitionSpec:
      part.partition && Object.fromEntries(part.partition.map(({ name, value }) => [name, value])),
    columns,
    partitionColumns: request.partitionColumns || undefined,
    start,
    count,
    concurrency: request.concurrency,
    compression: request.compression,
    signal,
    ...(former === undefined
      ? { schema: info.schema }
      : {
          sessionId: former.sessionId,
          recordCount: former.recordCount,
          schema: former.schema,
          lastModified: former.lastModified,
        }),
  })
