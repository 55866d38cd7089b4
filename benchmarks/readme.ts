import { describeRun } from './report.js'
import type { Made, Results } from './results.js'
import { millions, table } from './tables.js'

const begin = '<!-- benchmarks:begin -->'
const end = '<!-- benchmarks:end -->'

/** @throws Error where the page has no place for the summary */
export const putSummary = (page: string, results: Results): string => {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} followed by ${end}`)
  return `${page.slice(0, from + begin.length)}\n${printSummary(results)}\n${page.slice(to)}`
}

const peers = { pyodps: 'PyODPS', go: 'Go SDK', java: 'Java SDK' } as const
const shown = ['wide', 'flights']

interface Line extends Made {
  readonly what: string
  readonly speed: number
  readonly ratios: Readonly<Record<string, { readonly median: number }>>
}

/** The table and the chart of README.md: the workloads that have targets. */
const printSummary = (results: Results): string => {
  const lines = shown.flatMap(workload => linesOf(results, workload))
  const body = table(
    ['rows per second of CPU time', 'odps-tunnel', ...Object.values(peers).map(name => `÷ ${name}`)],
    lines.map(({ what, speed, ratios }) => [
      what,
      millions(speed),
      ...Object.keys(peers).map(name => ratios[name]?.median.toFixed(2) ?? '—'),
    ]),
  )
  const chart = `![Rows per second of CPU time](benchmarks/results/overview.svg)`
  return [
    body,
    '',
    chart,
    '',
    [...new Set(lines.map(({ run }) => run))].map(run => measuredOf(results, run)).join('\n'),
  ].join('\n')
}

const measuredOf = ({ runs }: Results, run: string): string => `Measured ${describeRun(runs[run]!)}`

const linesOf = ({ memory, transfer }: Results, workload: string): Line[] => [
  ...memory
    .filter(result => result.workload === workload && result.work !== 'encodePrebuilt')
    .map(({ work, rowsPerCpuSecond, ratios, run }) => ({
      what: `${workload}, ${work}`,
      speed: rowsPerCpuSecond['odps-tunnel']!.median,
      ratios,
      run,
    })),
  ...transfer
    .filter(result => result.workload === workload && result.compression === 'snappy')
    .map(({ work, entries, ratios, run }) => ({
      what: `${workload}, ${work} with snappy`,
      speed: 1e6 / entries['odps-tunnel']!.cpuSecondsPerMillionRows.median,
      ratios,
      run,
    })),
]
