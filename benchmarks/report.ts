import type { Results } from './results.js'
import type { Spread } from './statistics.js'
import { printMemory, printMicro, printScale, printStart, printTransfers, table, times } from './tables.js'

/** The page of results: everything in it comes from the figures. */
export const printReport = (results: Results): string => {
  const { machine, memory = [], transfer = [], scale = [], start, micro = [] } = results
  const parts = [
    '# Benchmark results',
    '',
    'Made by `npm run bench -- --write`; see ../README.md for the method.',
    '',
  ]
  if (machine) {
    const { cpu, cpus, memoryGiB, system, node, odpsTunnel, commit, date, peers } = machine
    const others = Object.values(peers).join(', ')
    parts.push(
      `${date}, ${cpu}, ${cpus} processors, ${memoryGiB} GiB, ${system}. odps-tunnel ${odpsTunnel} at ${commit} on`,
    )
    parts.push(`Node ${node}; ${others}.`, '')
  }
  const section = (title: string, text: string, body: string): void => {
    parts.push(`## ${title}`, '', ...(text === '' ? [] : [text, '']), body, '')
  }
  section(
    'Where we lose',
    'Everything in which a peer does more rows a CPU second than we do.',
    printLosses(results),
  )
  section(
    'Targets',
    'Ratios are rows a CPU second, ours ÷ theirs: median (least–most).',
    printTargets(results),
  )
  section('Encode and decode in memory', 'Rows a CPU second (user and system).', printMemory(memory))
  section(
    'Upload and download',
    'Client CPU only; the emulator is another process.',
    printTransfers(transfer),
  )
  if (scale.length > 0) section('Scale', 'Narrow rows, snappy, a new process each.', printScale(scale))
  if (start) section('Start', '', printStart(start))
  if (micro.length > 0) section('Parts', '', printMicro(micro))
  return `${parts.join('\n').trimEnd()}\n`
}

interface Comparison {
  readonly what: string
  readonly peer: string
  readonly ratio: Spread
}

const comparisonsOf = ({ memory = [], transfer = [] }: Results): Comparison[] => [
  ...memory.flatMap(({ workload, work, ratios }) =>
    Object.entries(ratios).map(([peer, ratio]) => ({ what: `${workload}, ${work}`, peer, ratio })),
  ),
  ...transfer.flatMap(({ workload, compression, work, ratios }) =>
    Object.entries(ratios).map(([peer, ratio]) => ({
      what: `${workload}, ${work}, ${compression}`,
      peer,
      ratio,
    })),
  ),
]

const printLosses = (results: Results): string => {
  const losses = comparisonsOf(results).filter(({ ratio }) => ratio.median < 1)
  if (losses.length === 0) return 'Nothing.'
  const sorted = losses.sort((a, b) => a.ratio.median - b.ratio.median)
  return table(
    ['what', 'peer', 'ours ÷ theirs'],
    sorted.map(({ what, peer, ratio }) => [what, peer, times(ratio)]),
  )
}

const targets: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  encode: { pyodps: 4, go: 2, java: 1.3 },
  decode: { pyodps: 3, go: 2, java: 1.2 },
  'upload, snappy': { pyodps: 3, go: 1.5, java: 1.2 },
  'download, snappy': { pyodps: 3, go: 1.5, java: 1.2 },
}

const printTargets = (results: Results): string => {
  const rows: string[][] = []
  for (const { what, peer, ratio } of comparisonsOf(results)) {
    const [workload = '', ...work] = what.split(', ')
    const target = targets[work.join(', ')]?.[peer]
    if (target === undefined || (workload !== 'wide' && workload !== 'flights')) continue
    rows.push([what, peer, `≥ ${target}`, times(ratio), ratio.median >= target ? 'met' : '**missed**'])
  }
  for (const { workload, work, compression, ofFloor } of results.transfer ?? [])
    if (ofFloor && workload === 'text' && work === 'download' && compression === 'raw')
      rows.push([
        'text, download, raw',
        'floor, on the clock',
        '≥ 0.6',
        times(ofFloor.wall),
        met(ofFloor.wall.median >= 0.6),
      ])
  for (const { work, rows: count, peakBytes } of results.scale ?? [])
    if (count === 10_000_000)
      rows.push([
        `${work} of 10 M rows`,
        'peak MiB',
        '≤ 250',
        String(Math.round(peakBytes / 2 ** 20)),
        met(peakBytes <= 250 * 2 ** 20),
      ])
  if (results.start)
    rows.push([
      'import and first request',
      'bare Node',
      '≤ 150 ms',
      results.start.overMs.median.toFixed(0),
      met(results.start.overMs.median <= 150),
    ])
  return table(['what', 'beside', 'target', 'measured', ''], rows)
}

const met = (is: boolean): string => (is ? 'met' : '**missed**')
