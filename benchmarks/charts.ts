import type { Results } from './results.js'

interface Bar {
  readonly label: string
  readonly value: number
}

interface Group {
  readonly title: string
  readonly bars: readonly Bar[]
}

/** Bar charts of rows a CPU second, longer is better: one of the work in memory, one of transfers. */
export const drawCharts = ({ memory = [], transfer = [] }: Results): [string, string][] => {
  const inMemory = memory
    .filter(({ work }) => work === 'encode' || work === 'decode')
    .map(({ workload, work, rowsPerCpuSecond }) => ({
      title: `${workload}, ${work}`,
      bars: Object.entries(rowsPerCpuSecond).map(([label, { median }]) => ({ label, value: median })),
    }))
  const transfers = transfer
    .filter(({ compression }) => compression === 'snappy')
    .map(({ workload, work, entries }) => ({
      title: `${workload}, ${work}, snappy`,
      bars: Object.entries(entries).map(([label, entry]) => ({
        label,
        value: 1e6 / entry.cpuSecondsPerMillionRows.median,
      })),
    }))
  return [
    ['memory', draw('Rows a CPU second, in memory', inMemory)],
    ['transfer', draw('Rows a CPU second of the client, over HTTP', transfers)],
  ]
}

const width = 760
const barHeight = 16
const labelWidth = 110
const colors: Readonly<Record<string, string>> = { 'odps-tunnel': '#1f6feb' }

const draw = (title: string, groups: readonly Group[]): string => {
  const parts: string[] = []
  let y = 40
  for (const group of groups) {
    const most = Math.max(...group.bars.map(bar => bar.value))
    parts.push(`<text x="10" y="${y + 12}" font-weight="bold">${group.title}</text>`)
    y += 20
    for (const { label, value } of group.bars) {
      const length = Math.max(1, Math.round(((width - labelWidth - 90) * value) / most))
      const fill = colors[label] ?? '#8b949e'
      parts.push(`<text x="${labelWidth - 6}" y="${y + 12}" text-anchor="end">${label}</text>`)
      parts.push(
        `<rect x="${labelWidth}" y="${y}" width="${length}" height="${barHeight - 3}" fill="${fill}"/>`,
      )
      parts.push(`<text x="${labelWidth + length + 6}" y="${y + 12}">${printValue(value)}</text>`)
      y += barHeight
    }
    y += 10
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"`
  return `${head} font-family="sans-serif" font-size="12">
<rect width="${width}" height="${y}" fill="#ffffff"/>
<text x="10" y="22" font-size="15">${title}</text>
${parts.join('\n')}
</svg>
`
}

const printValue = (value: number): string =>
  value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : `${Math.round(value / 1000)} k`
