import type { DownloadStats } from '../../index.js'
import type { Call } from '../call.js'
import type { ProgressSnapshot } from '../transfer/progress.js'
import { printTarget } from '../transfer/table-target.js'
import { countOf, printBytes, printDuration, printSeconds } from '../transfer/units.js'
import type { Output } from './plan-outputs.js'
import type { DownloadRequest } from './request.js'

/** Tells what a download has done. */
export const reportDownload = (
  call: Call,
  { target }: DownloadRequest,
  outputs: readonly Output[],
  { rows, rawBytes, wireBytes, retries }: ProgressSnapshot,
  streams: readonly DownloadStats[],
  fileBytes: number,
  seconds: number,
): void => {
  const files = outputs.length
  if (call.json) {
    call.event('done', { rows, files, rawBytes, wireBytes, fileBytes, retries, seconds })
    return
  }
  const only = files === 1 ? outputs[0]!.path : undefined
  const where = only === undefined ? countOf(files, 'file') : only === '-' ? 'stdout' : only
  call.note(
    `${countOf(rows, 'row')} of ${printTarget(target)} written to ${where} in ${printDuration(seconds)} (${printBytes(fileBytes)}, ${printBytes(rawBytes / seconds)}/s raw, ${printBytes(wireBytes)} on the wire)`,
  )
  if (!call.values.flag('time')) return
  const sum = (of: (phases: DownloadStats['phaseMs']) => number): string =>
    printSeconds(streams.reduce((total, each) => total + of(each.phaseMs), 0))
  call.note(`Time: open ${sum(({ open }) => open)}, waiting for rows ${sum(({ wait }) => wait)}`)
}
