import { type Column, formatDataType } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { formatSource } from '../transfer/instance-target.js'
import { countOf, formatBytes } from '../transfer/units.js'
import type { SourceInfo } from './describe-source.js'
import type { Output } from './plan-outputs.js'
import type { DownloadRequest } from './request.js'

const firstRangeRows = 10_000
const readAheadBytes = 32 * 2 ** 20
const rangeBytes = 8 * 2 ** 20

/** Prints what a download would do. */
export const explainDownload = (
  call: Call,
  request: DownloadRequest,
  info: SourceInfo,
  outputs: readonly Output[],
  columns: readonly Column[],
): number => {
  const parts = outputs.flatMap(output => output.parts)
  const known = parts.every(part => part.rows !== undefined)
  const rows = known ? parts.reduce((sum, part) => sum + part.rows!, 0) : info.recordCount
  const concurrency = request.concurrency ?? 4
  const ranges =
    info.size === undefined ? undefined : Math.max(parts.length, Math.ceil(info.size / rangeBytes))
  const plan = {
    source: formatSource(request.target),
    columns: columns.map(column => `${column.name} ${formatDataType(column.type)}`),
    files: outputs.map(({ path, format, parts: own }) => ({ path, ...format, partitions: own.length })),
    ...(rows !== undefined && { rows }),
    concurrency,
    firstRangeRows,
    compression: request.compression ?? 'snappy',
    memoryBytes: readAheadBytes + 2 * rangeBytes,
    ...(request.limit !== undefined && { limit: request.limit }),
  }
  if (call.json) {
    call.print(`${JSON.stringify(plan)}\n`)
    return exitCode.done
  }
  const shown = outputs.slice(0, 20)
  call.print(
    [
      `Source       ${plan.source}: ${countOf(columns.length, 'column')}${rows === undefined ? '' : `, ${countOf(rows, 'row')}`}`,
      ...shown.map(
        ({ path, format }) =>
          `File         ${path === '-' ? 'stdout' : path}: ${format.name}${format.compression === 'none' ? '' : ` in ${format.compression}`}`,
      ),
      ...(outputs.length > shown.length ? [`             … and ${outputs.length - shown.length} more`] : []),
      `Ranges       of ${countOf(firstRangeRows, 'row')} at first, then about ${formatBytes(rangeBytes)} each; ${concurrency} at the same time, written in order`,
      `Requests     1 for the table, ${parts.length > 1 ? `${parts.length} for the sessions` : '1 for the session'}, 1 per range${ranges === undefined ? '' : ` (about ${ranges})`}`,
      `Memory       about ${formatBytes(plan.memoryBytes)}: ranges read ahead, and the one being decoded`,
      '',
    ].join('\n'),
  )
  return exitCode.done
}
