import type { UploadResult, UploadStats } from '../../index.js'
import type { Call } from '../call.js'
import { printTarget, type TableTarget } from '../transfer/table-target.js'
import { countOf, printBytes, printDuration, printSeconds } from '../transfer/units.js'

/** Tells what an upload has done. */
export const reportUpload = (
  call: Call,
  target: TableTarget,
  result: UploadResult,
  stats: Readonly<UploadStats>,
  badRecords: number,
  seconds: number,
): void => {
  const { rows, blocks, rawBytes, wireBytes, sessionId } = result
  const { blocksSkipped, retries, phaseMs } = stats
  if (call.json) {
    call.event('done', {
      ...{ rows, blocks, blocksSkipped, rawBytes, wireBytes, seconds, sessionId },
      ...{ badRecords, retries },
    })
    return
  }
  const skipped = blocksSkipped > 0 ? `, ${blocksSkipped} of them sent before` : ''
  const bad = badRecords > 0 ? `, ${countOf(badRecords, 'bad record')} set aside` : ''
  call.note(
    `${countOf(rows, 'row')} committed to ${printTarget(target)} in ${printDuration(seconds)} (${countOf(blocks, 'block')}${skipped}, ${printBytes(rawBytes / seconds)}/s raw, ${printBytes(wireBytes)} on the wire${bad})`,
  )
  if (!call.values.flag('time')) return
  const { open, wait, upload, commit } = phaseMs
  call.note(
    `Time: open ${printSeconds(open)}, waiting for the service ${printSeconds(wait)}, block requests ${printSeconds(upload)} in all, commit ${printSeconds(commit)}`,
  )
}
