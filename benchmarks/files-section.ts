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
/** What tables of odpscmd's page have. */
const rowsOf: Readonly<Record<DatasetName, number>> = {
  narrow: 2_000_000,
  wide: 300_000,
  text: 100_000,
  nested: 200_000,
  flights: 1_000_000,
}
const pattern = 'yyyy-MM-dd HH:mm:ss'

interface Way {
  readonly what: string
  readonly work: 'download' | 'upload'
  readonly format: 'csv' | 'ndjson'
  readonly datetime?: string
}

const ways: readonly Way[] = [
  { what: 'download to CSV', work: 'download', format: 'csv' },
  { what: `download to CSV, times as ${pattern}`, work: 'download', format: 'csv', datetime: pattern },
  { what: 'download to lines of JSON', work: 'download', format: 'ndjson' },
  { what: 'upload of CSV', work: 'upload', format: 'csv' },
  { what: `upload of CSV, times as ${pattern}`, work: 'upload', format: 'csv', datetime: pattern },
  { what: 'upload of lines of JSON', work: 'upload', format: 'ndjson' },
]

/**
 * Tables to files, and these files to a table. Each file must be what the careful way prints of the rows that we began with, and so must what the
 * table holds afterwards.
 */
export const measureFiles = async (dataset: Dataset, plan: Plan): Promise<FileMeasured[]> => {
  const emulator = await EmulatorProcess.start()
  const ours = await startContender('odps-tunnel')
  try {
    await emulator.createTable(table, dataset.texts)
    await emulator.createTable(target, dataset.texts)
    await ours.call('load', loadJobOf(dataset))
    const rounds = Math.max(1, Math.round(rowsOf[dataset.name] / dataset.rows))
    await ours.call('upload', { place: emulator.place, table, compression: 'snappy', rounds })
    const costs = new Map(ways.map(way => [way, [] as number[]]))
    for (const way of ways) await prove(way, dataset, rounds, emulator.place)
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

const prove = async (way: Way, dataset: Dataset, rounds: number, place: Place): Promise<void> => {
  await move(way, place)
  if (way.work === 'upload') await download(way, target, place)
  const hash = createHash('sha256')
  await pipeline(createReadStream(fileOf(way)), hash)
  if (hash.digest('hex') !== (await carefulHash(way, dataset, rounds)))
    throw new Error(`${way.what}: not the rows of ${dataset.name}`)
}

const carefulHash = async (way: Way, dataset: Dataset, rounds: number): Promise<string> => {
  const options: TextOptions = {
    ...{ delimiter: undefined, recordDelimiter: undefined, quote: '"', header: true, nullText: '' },
    ...{ encoding: 'utf-8', timeZone: 'UTC', plainNumbers: false, isOdpscmd: false },
    datetime: way.datetime === undefined ? undefined : compileDatetimePattern(way.datetime),
    notes: new CellNotes(),
  }
  const decoder = createRecordDecoder(dataset.columns, { string: 'exact', map: 'pairs', json: 'text' })
  const rows: unknown[] = []
  decoder.push(readFileSync(dataset.file), rows)
  const { write } = await writerOf(dataset.columns, way.format, options)
  async function* batches(): AsyncGenerator<readonly unknown[][]> {
    for (let i = 0; i < rounds; i++) yield rows as unknown[][]
  }
  const hash = createHash('sha256')
  for await (const { bytes } of write(batches())) hash.update(bytes)
  return hash.digest('hex')
}
