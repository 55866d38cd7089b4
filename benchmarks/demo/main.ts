/* Loads the flight records into the embedded emulator and reads them back. `npm run demo [-- --rows 100000]` */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import chain from 'stream-chain'
import { formatCsv, type RowBatch, Tunnel } from '../../lib/index.js'
import { type Flight, Flights, flightsSchema, RowHash } from './flights.js'
import { ProgressBar } from './progress.js'

interface Phase {
  readonly phase: string
  readonly rows: number
  readonly rawBytes: number
  readonly wireBytes: number
  readonly seconds: number
}

const table = 'flights'

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { rows: { type: 'string', default: '3000000' } } })
  const total = Math.min(Number(values.rows), 3_000_000)
  if (!Number.isInteger(total) || total < 1) throw new Error('--rows takes a whole number of at least 1')
  const child = fork(new URL('./emulator-process.ts', import.meta.url), { execArgv: ['--import', 'tsx'] })
  const [{ endpoint }] = (await once(child, 'message')) as [{ endpoint: string }]
  console.log(`Emulator at ${endpoint}`)
  const tunnel = new Tunnel({
    endpoint,
    project: 'demo',
    credentials: { accessKeyId: 'demo', accessKeySecret: 'demo-secret' },
  })
  try {
    await run(tunnel, child, total)
  } finally {
    await tunnel.close()
    child.disconnect()
  }
}

const run = async (tunnel: Tunnel, child: ChildProcess, total: number): Promise<void> => {
  const sent = new RowHash()
  const received = new RowHash()
  const { months, phase: upload } = await uploadFlights(tunnel, total, sent)
  const download = await downloadFlights(tunnel, months, total, received)
  if (sent.rows !== received.rows || `${sent}` !== `${received}`)
    throw new Error(`Rows differ: sent ${sent.rows} (${sent}), received ${received.rows} (${received})`)
  const csv = await exportCsv(tunnel, months[0] ?? '')
  printSummary([upload, download, csv], await peakBytesOf(child))
  console.log(`${sent.rows.toLocaleString('en')} rows sent, received and equal (hash ${sent})`)
}

/** One stream a month: each pipes its flights into a partition, and has committed when the pipeline resolves. */
const uploadFlights = async (
  tunnel: Tunnel,
  total: number,
  hash: RowHash,
): Promise<{ months: string[]; phase: Phase }> => {
  const flights = new Flights(total)
  const months: string[] = []
  const phase = new PhaseMeter('upload', total)
  for (let month = await flights.nextMonth(); month !== undefined; month = await flights.nextMonth()) {
    const upload = tunnel.createUploadStream({
      table,
      partitionSpec: { month },
      createPartition: true,
      schema: flightsSchema,
      blockBytes: 2 * 2 ** 20,
    })
    const show = (): void => phase.show(upload.stats, `${month}, ${upload.stats.blocks} blocks`)
    upload.on('progress', show)
    await pipeline(hashed(flights.batches(month), hash), upload)
    phase.add(upload.stats)
    months.push(month)
  }
  return { months, phase: phase.end(`${months.length} months`) }
}

async function* hashed(
  batches: AsyncIterable<RowBatch<Flight>>,
  hash: RowHash,
): AsyncGenerator<RowBatch<Flight>> {
  for await (const batch of batches) {
    for (const flight of batch) hash.add(flight)
    yield batch
  }
}

const downloadFlights = async (
  tunnel: Tunnel,
  months: readonly string[],
  total: number,
  hash: RowHash,
): Promise<Phase> => {
  const phase = new PhaseMeter('download', total)
  for (const month of months) {
    const download = tunnel.createDownloadStream({ table, partitionSpec: { month }, schema: flightsSchema })
    download.on('progress', () => phase.show(download.stats, `${month}, ${download.stats.ranges} ranges`))
    for await (const row of download) hash.add(row as Flight)
    phase.add(download.stats)
  }
  return phase.end(`${months.length} months`)
}

/** One month to a CSV file, through a stream-chain pipeline. */
const exportCsv = async (tunnel: Tunnel, month: string): Promise<Phase> => {
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-demo-'))
  try {
    const file = join(folder, `flights-${month}.csv`)
    const download = tunnel.createDownloadStream({ table, partitionSpec: { month } })
    const phase = new PhaseMeter(
      'csv',
      (await tunnel.createDownloadSession({ table, partitionSpec: { month } })).recordCount,
    )
    download.on('progress', () => phase.show(download.stats, month))
    await pipeline(download, chain([formatCsv(flightsSchema)]), createWriteStream(file))
    phase.add({ ...download.stats, wireBytes: (await stat(file)).size })
    return phase.end(`${month}, the bytes "on the wire" are the file's`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

type Counters = Pick<Phase, 'rows' | 'rawBytes' | 'wireBytes'>

/** Adds up the streams of one phase. */
class PhaseMeter {
  readonly #name: string
  readonly #bar: ProgressBar
  readonly #start = performance.now()
  #done: Counters = { rows: 0, rawBytes: 0, wireBytes: 0 }

  constructor(name: string, total: number) {
    this.#name = name
    this.#bar = new ProgressBar(name, total)
  }

  show(stats: Counters, detail: string): void {
    this.#bar.update({
      rows: this.#done.rows + stats.rows,
      rawBytes: this.#done.rawBytes + stats.rawBytes,
      detail,
    })
  }

  add(stats: Counters): void {
    const { rows, rawBytes, wireBytes } = this.#done
    this.#done = {
      rows: rows + stats.rows,
      rawBytes: rawBytes + stats.rawBytes,
      wireBytes: wireBytes + stats.wireBytes,
    }
  }

  end(detail: string): Phase {
    this.#bar.stop({ ...this.#done, detail })
    return { phase: this.#name, ...this.#done, seconds: (performance.now() - this.#start) / 1000 }
  }
}

const peakBytesOf = async (child: ChildProcess): Promise<number> => {
  child.send('peak')
  const [{ peakBytes }] = (await once(child, 'message')) as [{ peakBytes: number }]
  return peakBytes
}

const printSummary = (phases: readonly Phase[], emulatorPeakBytes: number): void => {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
  const lines = [
    ['', 'rows', 'raw MB', 'wire MB', 'seconds', 'rows/s'],
    ...phases.map(({ phase, rows, rawBytes, wireBytes, seconds }) => [
      phase,
      rows.toLocaleString('en'),
      megabytes(rawBytes),
      megabytes(wireBytes),
      seconds.toFixed(1),
      Math.round(rows / seconds).toLocaleString('en'),
    ]),
  ]
  console.log()
  for (const [name = '', ...cells] of lines)
    console.log([name.padEnd(10), ...cells.map(cell => cell.padStart(11))].join(' '))
  const peaks = [process.resourceUsage().maxRSS * 1024, emulatorPeakBytes].map(megabytes)
  console.log(`\npeak memory (RSS): client ${peaks[0]} MB, emulator ${peaks[1]} MB`)
}

await main()
