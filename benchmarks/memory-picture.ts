/*
 * Draws docs/upload-memory.svg: the memory of a process that uploads rows which don't compress, with the defaults, as
 * more and more of them are on the service. The engine collects garbage before each sample, for the formula is about memory in use.
 * Run by hand: `node --expose-gc --import tsx benchmarks/memory-picture.ts`.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Tunnel } from '../lib/index.js'

const file = new URL('../docs/upload-memory.svg', import.meta.url)
const totalMiB = 1024
const rowBytes = 1024
/** docs/streams.md: (concurrency + 1) × block + 1 MiB, for rows that don't compress. */
const boundMiB = (3 + 1) * 32 + 1

interface Sample {
  readonly sentMiB: number
  /** Compressed blocks and the encoder's own buffers. */
  readonly buffersMiB: number
  readonly residentMiB: number
}

const inMiB = (bytes: number): number => bytes / 2 ** 20

const measure = async (endpoint: string): Promise<Sample[]> => {
  const credentials = { accessKeyId: 'demo', accessKeySecret: 'demo-secret' }
  await using tunnel = new Tunnel({ endpoint, project: 'demo', credentials })
  const upload = tunnel.createUploadStream({
    table: 'flights',
    partitionSpec: 'month=2001-01',
    createPartition: true,
  })
  const text = (): string => randomBytes((rowBytes * 3) / 4).toString('base64')
  const rows = Array.from({ length: 4096 }, () => [null, null, null, text(), null])
  const before = process.memoryUsage().arrayBuffers
  const samples: Sample[] = []
  const steps = (totalMiB * 2 ** 20) / rowBytes / 1024
  for (let i = 0; i < steps; i++) {
    const at = (i % 4) * 1024
    await upload.writeBatch(rows.slice(at, at + 1024))
    if (i % 4 > 0) continue
    globalThis.gc!()
    const { arrayBuffers, rss } = process.memoryUsage()
    const [buffersMiB, residentMiB] = [inMiB(arrayBuffers - before), inMiB(rss)]
    samples.push({ sentMiB: inMiB(upload.stats.rawBytes), buffersMiB, residentMiB })
  }
  upload.end()
  await upload.committed
  return samples
}

const [width, height, left, top, right, bottom] = [760, 340, 60, 40, 200, 50]
const maxMiB = 320
const x = (sent: number): number => left + (sent / totalMiB) * (width - left - right)
const y = (mib: number): number => height - bottom - (mib / maxMiB) * (height - top - bottom)

const line = (samples: readonly Sample[], of: keyof Sample, color: string): string => {
  const points = samples.map(sample => `${x(sample.sentMiB).toFixed(1)},${y(sample[of]).toFixed(1)}`)
  return `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${points.join(' ')}"/>`
}

const label = (mib: number, text: string, color: string): string =>
  `<text x="${width - right + 8}" y="${(y(mib) + 4).toFixed(1)}" fill="${color}">${text}</text>`

const draw = (samples: readonly Sample[]): string => {
  const last = samples.at(-1)!
  const grid = [0, 64, 128, 192, 256, 320].map(
    mib =>
      `<line x1="${left}" x2="${width - right}" y1="${y(mib)}" y2="${y(mib)}" stroke="#ddd"/>` +
      `<text x="${left - 8}" y="${y(mib) + 4}" text-anchor="end" fill="#555">${mib}</text>`,
  )
  const ticks = [0, 256, 512, 768, 1024].map(
    sent =>
      `<text x="${x(sent)}" y="${height - bottom + 18}" text-anchor="middle" fill="#555">${sent}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Memory of an upload</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="22" font-size="14" fill="#222">Memory of a process that uploads ${totalMiB} MiB, in MiB</text>
${grid.join('\n')}
${ticks.join('\n')}
<text x="${x(totalMiB / 2)}" y="${height - 10}" text-anchor="middle" fill="#555">MiB of rows on their way or on the service</text>
<line x1="${left}" x2="${width - right}" y1="${y(boundMiB)}" y2="${y(boundMiB)}" stroke="#c33" stroke-dasharray="6 4"/>
${line(samples, 'residentMiB', '#888')}
${line(samples, 'buffersMiB', '#06c')}
${label(boundMiB, `formula: ${boundMiB} MiB`, '#c33')}
${label(last.residentMiB, 'process (RSS)', '#666')}
${label(Math.min(last.buffersMiB, boundMiB - 22), 'blocks and buffers', '#06c')}
</svg>
`
}

const main = async (): Promise<void> => {
  const child = fork(new URL('./demo/emulator-process.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
  })
  const [{ endpoint }] = (await once(child, 'message')) as [{ endpoint: string }]
  const samples = await measure(endpoint)
  child.disconnect()
  writeFileSync(file, draw(samples))
  const most = (of: keyof Sample): string => Math.max(...samples.map(sample => sample[of])).toFixed(0)
  console.log(`at most ${most('buffersMiB')} MiB of buffers, ${most('residentMiB')} MiB of the process`)
}

await main()
