import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CellNotes } from '../lib/cli/formats/cell-notes.js'
import { writerOf } from '../lib/cli/formats/open-writer.js'
import type { TextOptions } from '../lib/cli/formats/text-options.js'
import { compileDatetimePattern } from '../lib/cli/formats/times/datetime-pattern.js'
import { createRecordDecoder } from '../lib/codec/rows/record-decoder.js'
import {
  buildPackage,
  modules,
  nodeCommand,
  pinned,
  scratch,
  startContender,
  userEnvironment,
} from './contender.js'
import type { Place } from './contenders/jobs.js'
import { framesOf, type Profile } from './contenders/profiling.js'
import { type Dataset, type DatasetName, loadJobOf } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import {
  type FileWork,
  odpscmdHome,
  odpscmdTable,
  type Rival,
  startJava,
  startOdpscmd,
  timesJava,
} from './odpscmd.js'
import { parquetRows } from './parquet-rows.js'
import type { FileFormat, Plan } from './plan.js'
import { ratioOf, type Spread, spreadOf } from './statistics.js'

/** What a file costs through the command line, from the start of its process to its end. */
export interface FileResult {
  readonly workload: DatasetName
  readonly work: FileWork
  readonly file: string
  readonly rows: number
  readonly cpuMicrosecondsPerRow: Spread
  /** Where it was measured, or is known by its ratio to the Java SDK. */
  readonly odpscmd?: OdpscmdCost
}

export interface OdpscmdCost {
  readonly cpuMicrosecondsPerRow: Spread
  /** Theirs ÷ ours. */
  readonly ratio: Spread
  /** It is the cost of the Java SDK in the same run, times a known ratio. */
  readonly isByRatio: boolean
}

/** With the URL of the command line's program. */
type FilesPlace = Place & { readonly program: string }

const table = 'files_source'
const target = 'files_target'
const main = 'cli/main.js'
/** Of narrow and wide, as many as their targets are of. */
const rowsOf: Readonly<Record<DatasetName, number>> = {
  narrow: 2_000_000,
  wide: 300_000,
  text: 30_000,
  nested: 60_000,
  flights: 150_000,
}
const pattern = 'yyyy-MM-dd HH:mm:ss'

interface Way {
  readonly work: FileWork
  readonly format: FileFormat
  readonly datetime?: string
}

/** A file is downloaded before it is uploaded. */
const ways: readonly Way[] = [
  { work: 'download', format: 'csv' },
  { work: 'download', format: 'csv', datetime: pattern },
  { work: 'download', format: 'ndjson' },
  { work: 'upload', format: 'csv' },
  { work: 'upload', format: 'csv', datetime: pattern },
  { work: 'upload', format: 'ndjson' },
  { work: 'download', format: 'parquet' },
  { work: 'upload', format: 'parquet' },
]

const formatNames = { csv: 'CSV', ndjson: 'lines of JSON', parquet: 'Parquet' } as const

const textOf = ({ format, datetime }: Way): string =>
  formatNames[format] + (datetime === undefined ? '' : `, times as ${datetime}`)

/**
 * Tables to files, and these files to a table. Each file must be what the careful way prints of the rows that we began with, and so must what the
 * table holds afterwards; of Parquet it is what the careful way prints of the rows that hyparquet reads.
 */
export const measureFiles = async (dataset: Dataset, plan: Plan): Promise<FileResult[]> => {
  const emulator = await EmulatorProcess.start()
  const ours = await startContender('odps-tunnel')
  const rivals = new Map<RivalName, Rival>()
  const place = { ...emulator.place, program: new URL(main, await buildPackage()).href }
  try {
    await emulator.createTable(table, dataset.texts)
    await emulator.createTable(target, dataset.texts)
    await ours.call('load', loadJobOf(dataset))
    const rounds = Math.max(1, Math.round((plan.fileRows ?? rowsOf[dataset.name]) / dataset.rows))
    await ours.call('upload', { place: emulator.place, table, compression: 'snappy', rounds })
    const measured = ways.filter(({ format }) => plan.fileFormats.includes(format))
    const expected = new Map<string, Promise<string>>()
    for (const way of measured) {
      const key = `${seenOf(way).format} ${way.datetime}`
      const known = expected.get(key) ?? carefulHash(seenOf(way), dataset, repeated(dataset, rounds))
      expected.set(key, known)
      await prove(way, dataset, await known, place)
    }
    if (measured.some(isOfOdpscmd)) await startRivals(rivals, dataset, plan, emulator, rounds)
    const odpscmd = rivals.get('odpscmd')
    if (odpscmd) await proveOdpscmd(odpscmd, await expected.get(`csv ${pattern}`)!, place)
    return await race(measured, rivals, dataset, plan, place, dataset.rows * rounds)
  } finally {
    for (const rival of rivals.values()) await rival.close()
    await ours.close()
    await emulator.stop()
  }
}

type RivalName = 'odpscmd' | 'java'

/** With its default for times; it reads and prints no others without being told. */
const isOfOdpscmd = ({ format, datetime }: Way): boolean => format === 'csv' && datetime === pattern

const startRivals = async (
  rivals: Map<RivalName, Rival>,
  dataset: Dataset,
  plan: Plan,
  emulator: EmulatorProcess,
  rounds: number,
): Promise<void> => {
  if (odpscmdHome !== undefined) rivals.set('odpscmd', await startOdpscmd(odpscmdHome, dataset, emulator))
  const isKnown = timesJava[dataset.name]?.rows === dataset.rows * rounds
  if (isKnown && plan.peers.includes('java'))
    rivals.set('java', await startJava(dataset, plan, emulator, rounds))
}

/** What it makes of our file must be our file again, and so must what its table holds. */
const proveOdpscmd = async (odpscmd: Rival, expected: string, place: FilesPlace): Promise<void> => {
  const way: Way = { work: 'download', format: 'csv', datetime: pattern }
  await odpscmd.cost('upload', fileOf(way))
  await odpscmd.cost('download', odpscmdFile)
  // It puts an empty first cell in quotes.
  const printed = readFileSync(odpscmdFile, 'latin1').replace(/^"",/gm, ',')
  if (createHash('sha256').update(printed, 'latin1').digest('hex') !== expected)
    throw new Error('odpscmd: not the bytes of our file')
  await download(way, odpscmdTable, place)
  if ((await fileHash(fileOf(way))) !== expected) throw new Error('odpscmd: not the rows of our file')
}

const odpscmdFile = scratch('files-odpscmd.csv')

/** One way after the other, each beside its rivals, again and again. */
const race = async (
  measured: readonly Way[],
  rivals: ReadonlyMap<RivalName, Rival>,
  { name }: Dataset,
  plan: Plan,
  place: FilesPlace,
  rows: number,
): Promise<FileResult[]> => {
  const costs = new Map(measured.map(way => [way, { ours: [] as number[], odpscmd: [], java: [] } as Costs]))
  for (let i = 0; i < plan.paceOf('files').runs; i++)
    for (const [way, cost] of costs) {
      cost.ours.push((1000 * (await move(way, place))) / rows)
      if (!isOfOdpscmd(way)) continue
      for (const [rival, { cost: costOf }] of rivals) {
        const file = way.work === 'upload' ? fileOf(way) : odpscmdFile
        cost[rival].push((1000 * (await costOf(way.work, file))) / rows)
      }
    }
  return [...costs].map(([way, cost]) => ({
    ...{ workload: name, work: way.work, file: textOf(way), rows },
    cpuMicrosecondsPerRow: spreadOf(cost.ours),
    ...besideOdpscmd(name, way.work, cost),
  }))
}

/** Microseconds of CPU time per row. */
type Costs = Record<RivalName | 'ours', number[]>

export const besideOdpscmd = (
  workload: DatasetName,
  work: FileWork,
  { ours, odpscmd, java }: Costs,
): Pick<FileResult, 'odpscmd'> => {
  if (odpscmd.length > 0 && java.length > 0)
    console.log(`odpscmd ÷ Java SDK, ${workload}, ${work}: ${ratioOf(odpscmd, java).median.toFixed(1)}`)
  const isByRatio = odpscmd.length === 0
  const theirs = isByRatio ? java.map(cost => cost * timesJava[workload]![work]) : odpscmd
  if (theirs.length === 0) return {}
  const ratio = ratioOf(theirs, ours)
  return { odpscmd: { cpuMicrosecondsPerRow: spreadOf(theirs), ratio, isByRatio } }
}

const fileOf = ({ format, datetime }: Way): string =>
  scratch(`files${datetime === undefined ? '' : '-times'}.${format}`)

const move = (way: Way, place: FilesPlace, nodeOptions: readonly string[] = []): Promise<number> =>
  way.work === 'download'
    ? download(way, table, place, nodeOptions)
    : commandLine(['upload', fileOf(way), target, '--overwrite'], way, place, nodeOptions)

const download = (
  way: Way,
  from: string,
  place: FilesPlace,
  nodeOptions: readonly string[] = [],
): Promise<number> => {
  rmSync(fileOf(way), { force: true })
  return commandLine(['download', from, fileOf(way)], way, place, nodeOptions)
}

/** @returns CPU milliseconds of the process */
const commandLine = async (
  words: readonly string[],
  way: Way,
  place: FilesPlace,
  nodeOptions: readonly string[] = [],
): Promise<number> => {
  const options = way.datetime === undefined ? [] : ['--datetime-format', way.datetime]
  const arguments_ = [...words, '--quiet', ...options]
  const { command, args } = pinned(
    nodeCommand('contenders/command-line.js', nodeOptions, place.program, ...arguments_),
    1,
  )
  const env = userEnvironment(place)
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

const prove = async (way: Way, dataset: Dataset, expected: string, place: FilesPlace): Promise<void> => {
  await move(way, place)
  const seen: Way = { ...seenOf(way), work: 'download' }
  if (way.work === 'upload') await download(seen, target, place)
  const isRead = way.work === 'download' && way.format === 'parquet'
  const hash = isRead
    ? await carefulHash(seen, dataset, parquetRows(fileOf(way), dataset))
    : await fileHash(fileOf(seen))
  if (hash !== expected) throw new Error(`${way.work}, ${textOf(way)}: not the rows of ${dataset.name}`)
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

/** Where the time of one process goes, from its start to its end; of all modules, so that it tells of which room a function is. */
export const profileFile = async (
  dataset: Dataset,
  { work, file }: Pick<FileResult, 'work' | 'file'>,
  rows: number,
): Promise<Profile> => {
  const way = ways.find(each => each.work === work && textOf(each) === file)!
  const emulator = await EmulatorProcess.start()
  const ours = await startContender('odps-tunnel')
  try {
    for (const name of [table, target]) await emulator.createTable(name, dataset.texts)
    await ours.call('load', loadJobOf(dataset))
    const rounds = Math.max(1, Math.round(rows / dataset.rows))
    await ours.call('upload', { place: emulator.place, table, compression: 'snappy', rounds })
    const place = { ...emulator.place, program: new URL(main, modules).href }
    await download({ ...way, work: 'download' }, table, place)
    const folder = scratch('file-profile')
    rmSync(folder, { recursive: true, force: true })
    const options = ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${folder}`]
    const cpuMs = await move(way, place, options)
    const [name] = readdirSync(folder)
    const frames = framesOf(JSON.parse(readFileSync(join(folder, name!), 'utf8')))
    return { count: rows, unit: 'row', cpuMs, frames }
  } finally {
    await ours.close()
    await emulator.stop()
  }
}
