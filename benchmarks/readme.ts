import { describeRun } from './report.js'
import type { Made, Results } from './results.js'
import { byRatio, millions, table } from './tables.js'

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
  const files = results.files.filter(({ odpscmd }) => odpscmd !== undefined)
  const runs = [...new Set([...lines, ...files].map(({ run }) => run))]
  const paragraphs = [body, chart, ...printFiles(files), runs.map(run => measuredOf(results, run)).join('\n')]
  return paragraphs.join('\n\n')
}

/** The command line beside the official one. */
const printFiles = (files: Results['files']): string[] => {
  if (files.length === 0) return []
  const head = ['the command line, its start included', 'odpscmd', 'odps-tunnel', '÷ odpscmd']
  const body = table(
    head,
    files.map(({ workload, work, rows, cpuMicrosecondsPerRow: ours, odpscmd }) => [
      `${workload}, ${work} of ${millions(rows)} rows as CSV`,
      ...[odpscmd!.cpuMicrosecondsPerRow, ours].map(({ median }) => `${millions(1e6 / median)}`),
      odpscmd!.ratio.median.toFixed(2) + byRatio(odpscmd!.isByRatio),
    ]),
  )
  const isByRatio = files.some(({ odpscmd }) => odpscmd!.isByRatio)
  return isByRatio ? [body, byRatioText] : [body]
}

const byRatioText =
  'By ratio: odpscmd was not installed there; its time is that of the Java SDK in the same run, times [a ratio measured before](benchmarks/README.md#beside-odpscmd).'

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
