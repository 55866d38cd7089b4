import type { UploadStats, UploadTotals } from '../../index.js'
import type { Call } from '../call.js'
import type { BadRecords } from '../transfer/bad-records.js'
import { formatTarget, type TableTarget } from '../transfer/table-target.js'
import { countOf, formatBytes, formatDuration, formatSeconds } from '../transfer/units.js'
import type { UploadEnd } from './open-upload.js'

/** Tells what an upload has done. */
export const reportUpload = (
  call: Call,
  target: TableTarget,
  result: UploadEnd & UploadTotals,
  stats: Readonly<UploadStats>,
  bad: BadRecords,
  seconds: number,
): void => {
  const { rows, blocks, rawBytes, wireBytes, sessionId } = result
  const partitions = result.partitions?.length
  const { blocksSkipped, retries, phaseMs } = stats
  if (call.json) {
    call.event('done', {
      ...{ rows, blocks, blocksSkipped, rawBytes, wireBytes, seconds, sessionId, partitions },
      ...{ badRecords: bad.count, retries, phaseMs },
    })
    return
  }
  const skipped = blocksSkipped > 0 ? `, ${blocksSkipped} of them sent earlier` : ''
  const into = partitions === undefined ? '' : `, into ${countOf(partitions, 'partition')},`
  call.note(
    `${countOf(rows, 'row')} committed to ${formatTarget(target)}${into} in ${formatDuration(seconds)} (${countOf(blocks, 'block')}${skipped}, ${formatBytes(rawBytes / seconds)}/s raw, ${formatBytes(wireBytes)} on the wire${bad.summary})`,
  )
  if (!call.values.flag('time')) return
  const { open, wait, upload, commit } = phaseMs
  call.note(
    `Time: open ${formatSeconds(open)}, waiting for the service ${formatSeconds(wait)}, block requests ${formatSeconds(upload)} in total, commit ${formatSeconds(commit)}`,
  )
}
