import type { PrintedRows, RecordPrinting } from '../../codec/rows/record-printing.js'
import type {
  DownloadSessionJson,
  ResultDownloadOptions,
  RowBatches,
  TableDownloadOptions,
  Tunnel,
} from '../../index.js'
import { readPrintedRows } from '../file-rows.js'
import { isInstance } from '../transfer/instance-target.js'
import type { SourceInfo } from './describe-source.js'
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

/** The rows of a partition in the values for files, or as the printing makes them. A snapshot that is over is replaced only if nothing has changed. */
export const readPart = (
  tunnel: Tunnel,
  request: DownloadRequest,
  info: SourceInfo,
  part: Part,
  columns: readonly string[] | undefined,
  { start, count, former }: PartRange,
  signal: AbortSignal,
  printing: RecordPrinting | undefined,
): RowBatches<readonly unknown[] | PrintedRows> => {
  const options = {
    ...named(request, part),
    columns,
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
  }
  return readPrintedRows(tunnel, options, printing)
}

const named = (
  { target, limited, partitionColumns }: DownloadRequest,
  { partition }: Part,
): TableDownloadOptions | ResultDownloadOptions =>
  isInstance(target)
    ? { instanceId: target.instanceId, limited }
    : {
        table: target.table,
        partitionSpec: partition && Object.fromEntries(partition.map(({ name, value }) => [name, value])),
        partitionColumns: partitionColumns || undefined,
      }
