/*
 * The command line against the library's own streams, on the same rows, and its memory on a large pipe.
 * `npm run build && node --import tsx benchmarks/cli.ts [--rows 1000000] [--tables narrow,wide,text]
 * [--pipe-mib 2048]`. With fewer rows the start of the process weighs more than the rows.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import chain from 'stream-chain'
import { batch, formatCell, formatCsv, parseCsv, Tunnel } from '../lib/index.js'
import { workloads } from './workloads.js'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    tables: { type: 'string', default: 'narrow,wide,text' },
    'pipe-mib': { type: 'string', default: '0' },
    cli: { type: 'string', default: fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)) },
  },
})
const { cli } = values
const credentials = { accessKeyId: 'any', accessKeySecret: 'any' }

interface Bench {
  readonly tunnel: Tunnel
  readonly endpoint: string
  readonly folder: string
}

interface Measure {
  readonly what: string
  readonly seconds: number
  readonly rows: number
  readonly bytes: number
  readonly peakMiB?: number
}

const main = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-bench-'))
  const emulator = spawn(process.execPath, [cli, 'emulate', '--data-dir', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const endpoint = await endpointOf(emulator)
    const tunnel = new Tunnel({ endpoint, project: 'bench', credentials })
    const bench = { tunnel, endpoint, folder }
    for (const name of values.tables.split(',').filter(each => each !== ''))
      report(name, await compare(bench, name, Number(values.rows)))
    if (Number(values['pipe-mib']) > 0) report('pipe', await pipe(bench, Number(values['pipe-mib'])))
    await tunnel.close()
  } finally {
    emulator.kill()
    await once(emulator, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
}

const endpointOf = async (emulator: ChildProcess): Promise<string> => {
  let text = ''
  for await (const chunk of emulator.stdout!) {
    text += chunk
    const endpoint = /ODPS_ENDPOINT=(\S+)/.exec(text)?.[1]
    if (endpoint !== undefined && text.endsWith('\n\n')) return endpoint
  }
  throw new Error('the emulator did not start')
}

const compare = async (bench: Bench, name: string, count: number): Promise<Measure[]> => {
  const { columns, row } = workloads.find(each => each.name === name)!
  const schema = { columns, partitionColumns: [] }
  const path = join(bench.folder, `${name}.csv`)
  await writeCsv(path, name, count)
  const { size } = await stat(path)
  const upload = () => bench.tunnel.createUploadStream({ table: name })
  await bench.tunnel.createTable({ table: name, schema, ifNotExists: true })
  const rows = Array.from({ length: count }, (_, i) => row(i))
  const measure = async (what: string, work: () => Promise<number | undefined>): Promise<Measure> => {
    const started = performance.now()
    const peakMiB = await work()
    return {
      what,
      seconds: (performance.now() - started) / 1000,
      rows: count,
      bytes: size,
      ...(peakMiB && { peakMiB }),
    }
  }
  const uploadRows = async (): Promise<undefined> => {
    const stream = upload()
    for (let at = 0; at < rows.length; at += 1000) await stream.writeBatch(rows.slice(at, at + 1000) as never)
    stream.end()
    await stream.committed
  }
  // Compiles what is measured, and makes the table of as many rows as are downloaded.
  await uploadRows()
  return [
    await measure('library: rows in memory, in batches', uploadRows),
    await measure('library: the CSV file through parseCsv', async () => {
      await pipeline(
        createReadStream(path),
        chain([parseCsv(schema, { nullText: '' }), batch(256)] as never) as unknown as NodeJS.ReadWriteStream,
        upload(),
      )
      return undefined
    }),
    await measure('command line: upload of the CSV file', () => runCli(bench, ['upload', path, name])),
    await measure('library: download in batches', async () => {
      let taken = 0
      for await (const batch of bench.tunnel.readBatches({ table: name, count })) taken += batch.length
      if (taken !== count) throw new Error(`${taken} rows came, not ${count}`)
      return undefined
    }),
    await measure('library: download through formatCsv', async () => {
      await pipeline(
        bench.tunnel.createDownloadStream({ table: name, count }),
        chain([formatCsv(schema)] as never) as unknown as NodeJS.ReadWriteStream,
        createWriteStream(join(bench.folder, 'formatted.csv')),
      )
      return undefined
    }),
    await measure('command line: download to CSV', () =>
      runCli(bench, ['download', name, join(bench.folder, 'out.csv'), '--limit', String(count)]),
    ),
    await measure('command line: download to Parquet', () =>
      runCli(bench, ['download', name, join(bench.folder, 'out.parquet'), '--limit', String(count)]),
    ),
    await measure('command line: upload of the Parquet file', () =>
      runCli(bench, ['upload', join(bench.folder, 'out.parquet'), name]),
    ),
  ]
}

const writeCsv = async (path: string, name: string, count: number): Promise<void> => {
  const file = await open(path, 'w')
  for await (const text of csvOf(name, count)) await file.write(text)
  await file.close()
}

function* csvOf(name: string, count: number): Generator<string> {
  const { columns, row } = workloads.find(each => each.name === name)!
  let text = `${columns.map(column => column.name).join(',')}\n`
  for (let i = 0; i < count; i++) {
    const cells = row(i).map((cell, c) => {
      const { type } = columns[c]!
      if (cell === null) return ''
      const printed = formatCell(type.kind === 'datetime' ? new Date(cell as number) : cell, type)
      return /[",\n]/.test(printed) ? `"${printed.replaceAll('"', '""')}"` : printed
    })
    text += `${cells.join(',')}\n`
    if (text.length < 1 << 16) continue
    yield text
    text = ''
  }
  yield text
}

/** Runs the command line as a process of its own; resolves to its peak memory in MiB, where the system tells. */
const runCli = async (bench: Bench, args: string[]): Promise<number | undefined> => {
  const child = startCli(bench, args, 'ignore')
  let peak: number | undefined
  const timer = setInterval(async () => {
    peak = (await peakOf(child)) ?? peak
  }, 100)
  await ended(child, args)
  clearInterval(timer)
  return peak
}

const startCli = ({ endpoint }: Bench, args: string[], stdin: 'pipe' | 'ignore'): ChildProcess => {
  const environment = {
    ODPS_ENDPOINT: endpoint,
    ODPS_PROJECT: 'bench',
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'any',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'any',
  }
  return spawn(process.execPath, [cli, ...args, '--quiet'], {
    stdio: [stdin, 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  })
}

const ended = async (child: ChildProcess, args: string[]): Promise<void> => {
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`odps-tunnel ${args.join(' ')} ended with ${code}`)
}

/** The largest resident size so far, in MiB. */
const peakOf = async (child: ChildProcess): Promise<number | undefined> => {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
  const found = /VmHWM:\s+(\d+) kB/.exec(status)
  return found ? Math.round(Number(found[1]) / 1024) : undefined
}

const eighthMiB = 2 ** 17

/** The same records again and again, and the peak of memory after 1 GiB, 2 GiB, … and all of it. */
const pipe = async (bench: Bench, mebibytes: number): Promise<Measure[]> => {
  const { columns } = workloads.find(each => each.name === 'narrow')!
  const [header = '', ...lines] = [...csvOf('narrow', 20_000)].join('').trim().split('\n')
  const block = Buffer.from(`${lines.join('\n')}\n`)
  const repeats = Math.ceil((mebibytes * 2 ** 20) / block.length)
  const schema = { columns, partitionColumns: [] }
  await bench.tunnel.createTable({ table: 'pipe', schema, ifNotExists: true })
  const args = ['upload', '-', 'pipe', '--format', 'csv']
  const child = startCli(bench, args, 'pipe')
  const started = performance.now()
  const measures: Measure[] = []
  const mark = async (blocks: number): Promise<void> => {
    const peakMiB = await peakOf(child)
    measures.push({
      what: `command line: ${Math.round((blocks * block.length) / 2 ** 20)} MiB from stdin`,
      seconds: (performance.now() - started) / 1000,
      rows: blocks * lines.length,
      bytes: blocks * block.length,
      ...(peakMiB !== undefined && { peakMiB }),
    })
  }
  async function* input(): AsyncGenerator<Buffer, void, undefined> {
    yield Buffer.from(`${header}\n`)
    for (let i = 0; i < repeats; i++) {
      for (let at = 0; at < block.length; at += eighthMiB) yield block.subarray(at, at + eighthMiB)
      const gibibytes = Math.floor(((i + 1) * block.length) / 2 ** 30)
      if (gibibytes > Math.floor((i * block.length) / 2 ** 30) || i === repeats - 1) await mark(i + 1)
    }
  }
  const exit = ended(child, args)
  await pipeline(input(), child.stdin!)
  await exit
  return measures
}

/** A measure is set against the last one of the library itself with rows in memory, in the same direction. */
const report = (name: string, measures: readonly Measure[]): void => {
  let reference: Measure | undefined
  for (const each of measures) {
    const { what, seconds, rows, bytes, peakMiB } = each
    if (/in batches$/.test(what)) reference = each
    const isUpload = /upload|parseCsv|rows in memory/.test(what)
    const against = isUpload ? measures.find(other => /rows in memory/.test(other.what)) : reference
    const share = against === undefined ? '' : `${Math.round((100 * against.seconds) / seconds)} %`
    const rate = `${Math.round(rows / seconds / 1000)} k rows/s`
    const size = `${(bytes / seconds / 2 ** 20).toFixed(1)} MiB/s of CSV`
    const peak = peakMiB === undefined ? '' : `  peak ${peakMiB} MiB`
    console.log(
      `${name.padEnd(7)} ${what.padEnd(42)} ${seconds.toFixed(2).padStart(7)} s ${rate.padStart(12)} ${share.padStart(6)} ${size.padStart(18)}${peak}`,
    )
  }
}

await main()
