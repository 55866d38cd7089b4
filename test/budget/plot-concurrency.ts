import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { capacityAt, runThrottledUpload } from './throttled-upload.js'

/*
 * Draws docs/concurrency.svg: what an upload may send at once, and what the service takes.
 *
 *     node --import tsx test/budget/plot-concurrency.ts
 */

const [width, height, left, bottom] = [720, 260, 44, 40]
const { samples } = await runThrottledUpload()
const end = samples.at(-1)!.ms
const most = 26

const x = (ms: number): number => Math.round(left + (ms / end) * (width - left - 12))
const y = (count: number): number => Math.round(height - bottom - (count / most) * (height - bottom - 28))

/** A line that keeps its height until the next point. */
const steps = (points: readonly (readonly [number, number])[]): string =>
  points.map(([ms, count], i) => (i === 0 ? `M${x(ms)} ${y(count)}` : `H${x(ms)}V${y(count)}`)).join('') +
  `H${x(end)}`

const changes = <T extends readonly [number, number]>(points: readonly T[]): T[] =>
  points.filter(([, count], i) => count !== points[i - 1]?.[1])
const ours = changes(samples.map(({ ms, concurrency }) => [ms, concurrency] as const))
const theirs = changes(samples.map(({ ms }) => [ms, capacityAt(ms)] as const))
const seconds = Array.from({ length: Math.floor(end / 1000) + 1 }, (_, i) => i)

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<title>Blocks at once over time</title>
<rect width="100%" height="100%" fill="white"/>
<text x="${left}" y="18">Blocks at once: what the service takes (grey), and what stats.concurrency allows (blue)</text>
${[0, 8, 16, 24].map(count => `<path d="M${left} ${y(count)}H${width - 12}" stroke="#ddd"/><text x="${left - 8}" y="${y(count) + 4}" text-anchor="end">${count}</text>`).join('\n')}
${seconds.map(second => `<text x="${x(second * 1000)}" y="${height - bottom + 18}" text-anchor="middle">${second}</text>`).join('\n')}
<text x="${width - 12}" y="${height - 6}" text-anchor="end">seconds</text>
<path d="${steps(theirs)}" fill="none" stroke="#999" stroke-width="2"/>
<path d="${steps(ours)}" fill="none" stroke="#1f6feb" stroke-width="2"/>
</svg>
`
writeFileSync(fileURLToPath(new URL('../../docs/concurrency.svg', import.meta.url)), svg)
