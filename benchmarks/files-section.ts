import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { CellNotes } from '../lib/cli/formats/cell-notes.js'
import { writerOf } from '../lib/cli/formats/open-writer.js'
import type { TextOptions } from '../lib/cli/formats/text-options.js'
import { compileDatetimePattern } from '../lib/cli/formats/times/datetime-pattern.js'
import { createRecordDecoder } from '../lib/codec/rows/record-decoder.js'
import { nodeCommand, pinned, scratch, startContender } from './contender.js'
import type { Place } from './contenders/jobs.js'
import { type Dataset, type DatasetName, loadJobOf } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import { parquetRows } from './parquet-rows.js'
import type { Plan } from './plan.js'
import { type Spread, spreadOf } from './statistics.js'

/** What a file costs through the command line, from the start of its process to its end. */
export interface FileMeasured {
  readonly workload: DatasetName
  readonly what: string
  readonly rows: number
  readonly cpuMicrosecondsPerRow: Spread
}

const table = 'files_source'
const target = 'files_target'
/** So few that all files of a workload are done in a minute or two; with `--rows` it may be as many as elsewhere. */
const rowsOf: Readonly<Record<DatasetName, number>> = {
  narrow: 300_000,
  wide: 60_000,
  text: 30_000,
  nested: 60_000,
  flights: 150_000,
}
const pattern = 'yyyy-MM-dd HH:mm:ss'

interface Way {
  readonly what: string
  readonly work: 'download' | 'upload'
  readonly format: 'csv' | 'ndjson' | 'parquet'
  readonly datetime?: string
}

const ways: readonly Way[] = [
  { what: 'download to CSV', work: 'download', format: 'csv' },
  { what: `download to CSV, times as ${pattern}`, work: 'download', format: 'csv', datetime: pattern },
  { what: 'download to lines of JSON', work: 'download', format: 'ndjson' },
  { what: 'upload of CSV', work: 'upload', format: 'csv' },
  { what: `upload of CSV, times as ${pattern}`, work: 'upload', format: 'csv', datetime: pattern },
  { what: 'upload of lines of JSON', work: 'upload', format: 'ndjson' },
  { what: 'download to Parquet', work: 'download', format: 'parquet' },
  { what: 'upload of Parquet', work: 'upload', format: 'parquet' },
]

/**
 * Tables to files, and these files to a table. Each file must be what the careful way prints of the rows that we began with, and so must what the
 * table holds afterwards; of Parquet it is what the careful way prints of the rows that hyparquet reads.
 */
export const measureFiles = async (dataset: Dataset, plan: Plan): Promise<FileMeasured[]> => {
  const emulator = await EmulatorProcess.start()
  const ours = await startContender('odps-tunnel')
  try {
    await emulator.createTable(table, dataset.texts)
    await emulator.createTable(target, dataset.texts)
    await ours.call('load', loadJobOf(dataset))
    const rounds = Math.max(1, Math.round((plan.fileRows ?? rowsOf[dataset.name]) / dataset.rows))
    await ours.call('upload', { place: emulator.place, table, compression: 'snappy', rounds })
    const costs = new Map(ways.map(way => [way, [] as number[]]))
    const expected = new Map<string, Promise<string>>()
    for (const way of ways) {
      const key = `${seenOf(way).format} ${way.datetime}`
      const known = expected.get(key) ?? carefulHash(seenOf(way), dataset, repeated(dataset, rounds))
      expected.set(key, known)
      await prove(way, dataset, await known, emulator.place)
    }
    for (let i = 0; i < plan.paceOf('files').runs; i++)
      for (const way of ways) costs.get(way)!.push(await move(way, emulator.place))
    const rows = dataset.rows * rounds
    return ways.map(way => ({
      ...{ workload: dataset.name, what: way.what, rows },
      cpuMicrosecondsPerRow: spreadOf(costs.get(way)!.map(cpuMs => (1000 * cpuMs) / rows)),
    }))
  } finally {
    await ours.close()
    await emulator.stop()
  }
}

const fileOf = ({ format, datetime }: Way): string =>
  scratch(`files${datetime === undefined ? '' : '-times'}.${format}`)

/** @returns CPU milliseconds of the process */
const move = (way: Way, place: Place): Promise<number> =>
  way.work === 'download'
    ? download(way, table, place)
    : commandLine(['upload', fileOf(way), target, '--overwrite'], way, place)

const download = (way: Way, from: string, place: Place): Promise<number> => {
  rmSync(fileOf(way), { force: true })
  return commandLine(['download', from, fileOf(way)], way, place)
}

const commandLine = async (words: readonly string[], way: Way, place: Place): Promise<number> => {
  const home = scratch('home')
  mkdirSync(home, { recursive: true })
  const options = way.datetime === undefined ? [] : ['--datetime-format', way.datetime]
  const arguments_ = [...words, '--quiet', ...options]
  const { command, args } = pinned(nodeCommand('contenders/command-line.js', [], ...arguments_), 1)
  const env = {
    ...{ PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: home },
    ...{ ODPS_ENDPOINT: place.endpoint, ODPS_PROJECT: place.project },
    ...{
      ALIBABA_CLOUD_ACCESS_KEY_ID: place.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: place.accessKeySecret,
    },
  }
  const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    errors += text
  })
  const [code] = await once(child, 'close')
  const cpuMs = Number(/^cpu ([\d.]+)$/m.exec(errors)?.[1])
  if (code !== 0 || !(cpuMs > 0)) throw new Error(`odps-tunnel ${arguments_.join(' ')}: ${errors}`)
  return cpuMs
}

/** What a way is compared as: its own format, and Parquet as CSV. */
const seenOf = (way: Way): Way => (way.format === 'parquet' ? { ...way, format: 'csv' } : way)

const prove = async (way: Way, dataset: Dataset, expected: string, place: Place): Promise<void> => {
  await move(way, place)
  const seen: Way = { ...seenOf(way), work: 'download' }
  if (way.work === 'upload') await download(seen, target, place)
  const isRead = way.work === 'download' && way.format === 'parquet'
  const hash = isRead
    ? await carefulHash(seen, dataset, parquetRows(fileOf(way), dataset))
    : await fileHash(fileOf(seen))
  if (hash !== expected) throw new Error(`${way.what}: not the rows of ${dataset.name}`)
}

const fileHash = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

type Batches = AsyncGenerator<readonly unknown[][]>

async function* repeated({ columns, file }: Dataset, rounds: number): Batches {
  const decoder = createRecordDecoder(columns, { string: 'exact', map: 'pairs', json: 'text' })
  const rows: unknown[] = []
  decoder.push(readFileSync(file), rows)
  for (let i = 0; i < rounds; i++) yield rows as unknown[][]
}

const carefulHash = async (way: Way, { columns }: Dataset, batches: Batches): Promise<string> => {
  const options: TextOptions = {
    ...{ delimiter: undefined, recordDelimiter: undefined, quote: '"', header: true, nullText: '' },
    ...{ encoding: 'utf-8', timeZone: 'UTC', plainNumbers: false, isOdpscmd: false },
    datetime: way.datetime === undefined ? undefined : compileDatetimePattern(way.datetime),
    notes: new CellNotes(),
  }
  const { write } = await writerOf(columns, way.format, options)
  const hash = createHash('sha256')
  for await (const { bytes } of write(batches)) hash.update(bytes)
  return hash.digest('hex')
}
