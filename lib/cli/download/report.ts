import { dirname } from 'node:path'
import type { DownloadStats } from '../../index.js'
import type { Call } from '../call.js'
import { formatSource } from '../transfer/instance-target.js'
import { countOf, formatBytes, formatDuration, formatSeconds } from '../transfer/units.js'
import type { OutputRows } from './output-rows.js'
import type { Output } from './plan-outputs.js'
import type { DownloadRequest } from './request.js'

/** Tells what a download has done. */
export const reportDownload = (
  call: Call,
  { target }: DownloadRequest,
  outputs: readonly Output[],
  source: OutputRows,
  fileBytes: number,
  seconds: number,
): void => {
  const { rows, rawBytes, wireBytes, retries } = source.snapshot()
  const files = outputs.length
  const sum = (of: (phases: DownloadStats['phaseMs']) => number): number =>
    source.ended.reduce((total, each) => total + of(each.phaseMs), 0)
  const phaseMs = { open: sum(({ open }) => open), wait: sum(({ wait }) => wait) }
  if (call.json) {
    call.event('done', { rows, files, rawBytes, wireBytes, fileBytes, retries, seconds, phaseMs })
    return
  }
  const only = files === 1 ? outputs[0]!.path : undefined
  const inFolder = files === 0 ? '' : ` in ${dirname(outputs[0]!.path)}`
  const where = only === undefined ? `${countOf(files, 'file')}${inFolder}` : only === '-' ? 'stdout' : only
  call.note(
    `${countOf(rows, 'row')} of ${formatSource(target)} written to ${where} in ${formatDuration(seconds)} (${formatBytes(fileBytes)}, ${formatBytes(rawBytes / seconds)}/s raw, ${formatBytes(wireBytes)} on the wire)`,
  )
  if (!call.values.flag('time')) return
  call.note(`Time: open ${formatSeconds(phaseMs.open)}, waiting for rows ${formatSeconds(phaseMs.wait)}`)
}
