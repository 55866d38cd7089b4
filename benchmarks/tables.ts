import type { CopyResult } from './copy-section.js'
import type { FileResult, OdpscmdCost } from './files-section.js'
import type { MemoryResult } from './memory-section.js'
import type { MicroResult } from './micro-section.js'
import type { ProfileResult } from './profile-section.js'
import { type ScaleResult, type StartResult, slopeOf } from './scale-section.js'
import type { Spread } from './statistics.js'
import type { TransferResult } from './transfer-section.js'

/** A Markdown table; numbers stand to the right. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const isNumber = head.map((_, i) => rows.every(row => /^[\d–—.×% ()\-k M]*$/.test(row[i] ?? '')))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(isNumber.map(right => (right ? '---:' : '---'))), ...rows.map(line)].join('\n')
}

export const millions = (value: number): string =>
  value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : `${Math.round(value / 1000)} k`

/** A ratio and the range of the single runs. */
export const times = ({ median, least, most }: Spread): string =>
  `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
const wholeMegabytes = (bytes: number): string => String(Math.round(bytes / 1e6))

const allKeys = (records: readonly Readonly<Record<string, unknown>>[]): string[] => [
  ...new Set(records.flatMap(Object.keys)),
]

export const printMemory = (
  results: readonly (Omit<MemoryResult, 'work'> & { readonly work: string })[],
): string => {
  const names = allKeys(results.map(result => result.rowsPerCpuSecond))
  const peers = allKeys(results.map(result => result.ratios))
  const head = ['workload', 'work', ...names, ...peers.map(name => `÷ ${name}`)]
  return table(
    head,
    results.map(({ workload, work, rowsPerCpuSecond, ratios }) => [
      workload,
      work,
      ...names.map(name => (rowsPerCpuSecond[name] ? millions(rowsPerCpuSecond[name].median) : '—')),
      ...peers.map(name => (ratios[name] ? times(ratios[name]) : '—')),
    ]),
  )
}

export const printTransfers = (results: readonly TransferResult[]): string => {
  const head = ['workload', 'compression', 'work', 'client', 'CPU s/M rows', 'rows/s', 'MB on the wire']
  return table(
    [...head, 'peak MB', 'ours ÷ theirs'],
    results.flatMap(result =>
      Object.entries(result.entries).map(([name, entry]) => [
        result.workload,
        result.compression,
        result.work,
        name,
        entry.cpuSecondsPerMillionRows.median.toFixed(2),
        millions(entry.rowsPerSecond.median),
        megabytes(entry.wireBytes),
        wholeMegabytes(entry.peakBytes),
        quotient(result, name),
      ]),
    ),
  )
}

export const printCopies = (results: readonly CopyResult[]): string =>
  table(
    ['workload', 'compression', 'way', 'CPU s/M rows', 'rows/s', 'copy ÷ it, CPU', 'copy ÷ it, clock'],
    results.flatMap(({ workload, compression, entries }) =>
      entries.map(({ name, cpuSecondsPerMillionRows, rowsPerSecond, ratio }) => [
        workload,
        compression,
        name,
        cpuSecondsPerMillionRows.median.toFixed(3),
        millions(rowsPerSecond.median),
        ratio ? times(ratio.cpu) : '—',
        ratio ? times(ratio.wall) : '—',
      ]),
    ),
  )

export const printFiles = (results: readonly FileResult[]): string =>
  table(
    ['workload', 'work', 'file', 'rows', 'CPU µs per row', 'odpscmd', 'ours ÷ odpscmd'],
    results.map(({ workload, work, file, rows, cpuMicrosecondsPerRow, odpscmd }) => [
      workload,
      work,
      file,
      millions(rows),
      times(cpuMicrosecondsPerRow),
      odpscmd ? odpscmd.cpuMicrosecondsPerRow.median.toFixed(2) : '—',
      odpscmd ? timesOdpscmd(odpscmd) : '—',
    ]),
  )

/** Says where odpscmd itself was not measured. */
const timesOdpscmd = ({ ratio, isByRatio }: OdpscmdCost): string => times(ratio) + byRatio(isByRatio)

export const byRatio = (isByRatio: boolean): string => (isByRatio ? ', by ratio' : '')

const quotient = ({ ratios, ofFloor }: TransferResult, name: string): string => {
  if (name === 'floor' && ofFloor) return times(ofFloor.cpu)
  return ratios[name] ? times(ratios[name]) : '—'
}

/** The speed of a part. */
export const inUnit = (speed: number, unit: MicroResult['unit']): string =>
  unit === 'MB/CPU s' ? speed.toFixed(0) : millions(speed)

export const printMicro = (results: readonly MicroResult[]): string =>
  table(
    ['part', 'speed', 'unit', 'its speed ÷ theirs', 'beside'],
    results.flatMap(({ name, speed, unit, ratios = {} }) => {
      const cells = [name, inUnit(speed.median, unit), unit]
      const compared = Object.entries(ratios)
      if (compared.length === 0) return [[...cells, '—', '—']]
      return compared.map(([beside, ratio]) => [...cells, times(ratio), beside])
    }),
  )

const scaleHead = ['client', 'work', 'rows', 'wall s', 'CPU s', 'CPU µs per row', 'peak MB']

/** A row's time and the peak beside those of the size before: 1 is a straight line, and memory that does not grow. */
export const printScale = (results: readonly ScaleResult[]): string => {
  const place = ({ client, work, rows }: ScaleResult): string =>
    `${client === 'odps-tunnel' ? '' : client} ${work === 'upload' ? 0 : 1} ${String(rows).padStart(12, '0')}`
  const sorted = [...results].sort((a, b) => (place(a) < place(b) ? -1 : 1))
  return table(
    [...scaleHead, 'time per row × before', 'peak × before'],
    sorted.map((result, i) => {
      const { client, work, rows, wallSeconds, cpuSeconds, peakBytes } = result
      const before = sorted[i - 1]
      const isSame = before?.client === client && before.work === work
      const slope = isSame ? slopeOf(before, result) : undefined
      return [
        client,
        work,
        millions(rows),
        wallSeconds.toFixed(2),
        cpuSeconds.toFixed(2),
        ((1e6 * cpuSeconds) / rows).toFixed(2),
        wholeMegabytes(peakBytes),
        slope?.time.toFixed(2) ?? '—',
        slope?.memory.toFixed(2) ?? '—',
      ]
    }),
  )
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Shares of the CPU time of the process, by room and by function. */
export const printProfiles = (profiles: readonly ProfileResult[]): string =>
  profiles.map(printProfile).join('\n\n')

const printProfile = (result: ProfileResult): string => {
  const { cpuMicrosecondsPerUnit, unit, rooms, functions } = result
  return [
    `### ${profileTitle(result)}`,
    `${Number(cpuMicrosecondsPerUnit.toPrecision(3))} CPU µs per ${unit} while it was profiled.`,
    table(
      ['room', 'share'],
      rooms.map(({ name, share }) => [name, percent(share)]),
    ),
    table(
      ['function, own time', 'room', 'share'],
      functions.map(({ name, room, share }) => [`\`${name}\``, room, percent(share)]),
    ),
  ].join('\n\n')
}

const profileTitle = (result: ProfileResult): string => {
  if ('what' in result) return result.what
  const { workload, work, compression, file } = result
  return [workload, work, compression, file && `command line, ${file}`].filter(Boolean).join(', ')
}

export const printStart = (results: readonly StartResult[]): string =>
  table(
    ['start', 'ms'],
    results.flatMap(({ bareMs, overMs, endMs, commandMs }) => [
      ['bare Node, until its own code runs', bareMs.median.toFixed(0)],
      ['import and first request, on top of that', overMs.median.toFixed(0)],
      ['the whole process, on top of bare Node', endMs.median.toFixed(0)],
      ...(commandMs
        ? [['`odps-tunnel schema`, until it has printed, on top of bare Node', commandMs.median.toFixed(0)]]
        : []),
    ]),
  )
