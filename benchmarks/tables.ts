import type { MemoryResult } from './memory-section.js'
import type { MicroResult } from './micro-section.js'
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
const mebibytes = (bytes: number): string => String(Math.round(bytes / 2 ** 20))

const allKeys = (records: readonly Readonly<Record<string, unknown>>[]): string[] => [
  ...new Set(records.flatMap(Object.keys)),
]

export const printMemory = (results: readonly MemoryResult[]): string => {
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
    [...head, 'peak MiB', 'ours ÷ theirs'],
    results.flatMap(result =>
      Object.entries(result.entries).map(([name, entry]) => [
        result.workload,
        result.compression,
        result.work,
        name,
        entry.cpuSecondsPerMillionRows.median.toFixed(2),
        millions(entry.rowsPerSecond.median),
        megabytes(entry.wireBytes),
        mebibytes(entry.peakBytes),
        quotient(result, name),
      ]),
    ),
  )
}

const quotient = ({ ratios, ofFloor }: TransferResult, name: string): string => {
  if (name === 'floor' && ofFloor) return times(ofFloor.cpu)
  return ratios[name] ? times(ratios[name]) : '—'
}

export const printMicro = (results: readonly MicroResult[]): string =>
  table(
    ['part', 'speed', 'unit'],
    results.map(({ name, speed, unit }) => [
      name,
      unit === 'MB/CPU s' ? speed.median.toFixed(0) : millions(speed.median),
      unit,
    ]),
  )

export const printScale = (results: readonly ScaleResult[]): string => {
  const sorted = [...results].sort((a, b) => (a.work < b.work ? 1 : a.work > b.work ? -1 : a.rows - b.rows))
  return table(
    [
      'work',
      'rows',
      'wall s',
      'CPU s',
      'peak MiB',
      'CPU a row, × the size before',
      'peak, × the size before',
    ],
    sorted.map((result, i) => {
      const before = sorted[i - 1]
      const slope = before?.work === result.work ? slopeOf(before, result) : undefined
      return [
        result.work,
        millions(result.rows),
        result.wallSeconds.toFixed(2),
        result.cpuSeconds.toFixed(2),
        mebibytes(result.peakBytes),
        slope?.time.toFixed(2) ?? '—',
        slope?.memory.toFixed(2) ?? '—',
      ]
    }),
  )
}

export const printStart = ({ bareMs, overMs }: StartResult): string =>
  table(
    ['start', 'ms'],
    [
      ['bare Node', bareMs.median.toFixed(0)],
      ['import and first request more', overMs.median.toFixed(0)],
    ],
  )
