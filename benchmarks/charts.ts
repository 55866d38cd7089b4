import type { Results } from './results.js'
import { millions } from './tables.js'

interface Bar {
  readonly label: string
  readonly value: number
}

interface Group {
  readonly workload: string
  readonly title: string
  readonly bars: readonly Bar[]
}

/** Bar charts. In those of rows per CPU second, longer is better. */
export const drawCharts = (results: Results): [name: string, svg: string][] => {
  const memory = memoryGroups(results)
  const snappy = transferGroups(results, (_, compression) => compression === 'snappy')
  const wide = transferGroups(results, workload => workload === 'wide')
  const targeted = [...memory, ...snappy].filter(
    ({ workload }) => workload === 'wide' || workload === 'flights',
  )
  return [
    ['overview', draw('Rows per second of CPU time; transfers with snappy', byWorkload(targeted), millions)],
    ['memory', draw('Rows per second of CPU time, in memory', memory, millions)],
    ['transfer', draw('Rows per second of CPU time of the client, over HTTP, snappy', snappy, millions)],
    ['compressions', draw('Rows per second of CPU time of the client, over HTTP, wide', wide, millions)],
    ['scale', draw('Peak memory by rows, MB: shorter is better', scaleGroups(results), wholeNumber)],
  ]
}

const wholeNumber = (value: number): string => value.toFixed(0)

const memoryGroups = ({ memory }: Results): Group[] =>
  memory
    .filter(({ work }) => work !== 'encodePrebuilt')
    .map(({ workload, work, rowsPerCpuSecond }) => ({
      workload,
      title: `${workload}, ${work}`,
      bars: Object.entries(rowsPerCpuSecond).map(([label, { median }]) => ({ label, value: median })),
    }))

const transferGroups = (
  { transfer }: Results,
  isShown: (workload: string, compression: string) => boolean,
): Group[] =>
  transfer
    .filter(({ workload, compression }) => isShown(workload, compression))
    .map(({ workload, work, compression, entries }) => ({
      workload,
      title: `${workload}, ${work}, ${compression}`,
      bars: Object.entries(entries).map(([label, { cpuSecondsPerMillionRows }]) => ({
        label,
        value: 1e6 / cpuSecondsPerMillionRows.median,
      })),
    }))

const scaleGroups = ({ scale }: Results): Group[] => {
  const titles = [...new Set(scale.map(({ client, work }) => `${client}, ${work}`))]
  return titles.map(title => ({
    workload: 'narrow',
    title,
    bars: scale
      .filter(({ client, work }) => `${client}, ${work}` === title)
      .map(({ rows, peakBytes }) => ({ label: `${rows / 1e6} M`, value: peakBytes / 1e6 })),
  }))
}

const byWorkload = (groups: readonly Group[]): Group[] => {
  const names = [...new Set(groups.map(({ workload }) => workload))]
  return names.flatMap(name => groups.filter(({ workload }) => workload === name))
}

const columnWidth = 400
const barHeight = 16
const labelWidth = 84
const valueWidth = 56
const colors: Readonly<Record<string, string>> = { 'odps-tunnel': '#1f6feb' }

/** Two groups in a line. */
const draw = (title: string, groups: readonly Group[], print: (value: number) => string): string => {
  const parts: string[] = []
  let y = 40
  for (let i = 0; i < groups.length; i += 2) {
    const line = groups.slice(i, i + 2)
    line.forEach((group, column) => {
      parts.push(...drawGroup(group, column * columnWidth, y, print))
    })
    y += 30 + barHeight * Math.max(...line.map(({ bars }) => bars.length))
  }
  const width = 2 * columnWidth
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"`
  return `${head} font-family="sans-serif" font-size="12">
<rect width="${width}" height="${y}" fill="#ffffff"/>
<text x="10" y="22" font-size="15">${title}</text>
${parts.join('\n')}
</svg>
`
}

const drawGroup = (
  { title, bars }: Group,
  left: number,
  top: number,
  print: (value: number) => string,
): string[] => {
  const most = Math.max(...bars.map(bar => bar.value))
  const full = columnWidth - labelWidth - valueWidth
  const from = left + labelWidth
  const drawn = bars.flatMap(({ label, value }, i) => {
    const y = top + 20 + i * barHeight
    const length = Math.max(1, Math.round((full * value) / most))
    const fill = colors[label] ?? '#8b949e'
    return [
      `<text x="${from - 6}" y="${y + 11}" text-anchor="end">${label}</text>`,
      `<rect x="${from}" y="${y}" width="${length}" height="${barHeight - 3}" fill="${fill}"/>`,
      `<text x="${from + length + 6}" y="${y + 11}">${print(value)}</text>`,
    ]
  })
  return [`<text x="${left + 10}" y="${top + 12}" font-weight="bold">${title}</text>`, ...drawn]
}
