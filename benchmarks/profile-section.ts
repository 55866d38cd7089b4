import type { CompressionName } from '../lib/compression/compression.js'
import type { ClientProcess } from '../test/interop/client-process.js'
import { type ArrowWork, serveArrow, writeArrowStream } from './arrow-section.js'
import { startContender } from './contender.js'
import type { Frame, Profile } from './contenders/profiling.js'
import { type Dataset, type DatasetName, loadJobOf } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import { profileFile } from './files-section.js'
import { profilePart } from './micro-section.js'
import type { FileWork } from './odpscmd.js'
import type { Plan, Work } from './plan.js'
import { profileStart, startName } from './scale-section.js'
import { roundsOf, tableOf } from './transfer-section.js'

/** Work of which a profile can be made: on the rows of a workload, or by the name of a part or of the start. */
export type Profiled = ProfiledWork | { readonly what: string }

export interface ProfiledWork {
  readonly workload: DatasetName
  readonly work: Work | ArrowWork | 'copy'
  readonly compression?: CompressionName
  /** Of the command line: what it reads or writes, and how many rows. */
  readonly file?: string
  readonly rows?: number
}

export type ProfileResult = Profiled & {
  /** Of the whole process. */
  readonly cpuMicrosecondsPerUnit: number
  readonly unit: Profile['unit']
  /** Of the CPU time of the whole process; the largest first. */
  readonly rooms: readonly Share[]
  /** Functions by their own time. */
  readonly functions: readonly (Share & { readonly room: string })[]
}

interface Share {
  readonly name: string
  readonly share: number
}

const client = 'odps-tunnel'
const warmUpMs = 1500
const shownFunctions = 20

/** Where the CPU time of a part goes, or that of the start. */
export const profileNamed = async (what: string, plan: Plan, ms: number): Promise<ProfileResult> =>
  summaryOf({ what }, await (what === startName ? profileStart() : profilePart(plan, what, ms)))

/** Where the CPU time of our process goes, once it is warm. */
export const profile = async (dataset: Dataset, what: ProfiledWork, ms: number): Promise<ProfileResult> => {
  const { file, rows } = what
  if (file !== undefined)
    return summaryOf(what, await profileFile(dataset, { work: what.work as FileWork, file }, rows!))
  const contender = await startContender(client)
  const isAlone = what.compression === undefined && what.work !== 'arrowDownload'
  const emulator = isAlone ? undefined : await EmulatorProcess.start()
  try {
    const job = await prepare(contender, dataset, what, emulator)
    await contender.call('profile', { ...job, work: what.work, ms: warmUpMs })
    return summaryOf(what, await contender.call<Profile>('profile', { ...job, work: what.work, ms }))
  } finally {
    await contender.close()
    await emulator?.stop()
  }
}

/** All that is there before the work begins. @returns the job that is done again and again */
const prepare = async (
  contender: ClientProcess,
  dataset: Dataset,
  { work, compression }: ProfiledWork,
  emulator: EmulatorProcess | undefined,
): Promise<object> => {
  if (work.startsWith('arrow')) {
    if (emulator) await serveArrow(dataset, emulator, contender)
    else await contender.call('arrowLoad', { file: writeArrowStream(dataset), columns: dataset.texts })
    return { rounds: 1 }
  }
  await contender.call('load', loadJobOf(dataset))
  if (!emulator) return { rounds: 1 }
  const table = tableOf(client)
  for (const name of [table, `${table}_copy`]) await emulator.createTable(name, dataset.texts)
  const job = { place: emulator.place, table, compression, rounds: roundsOf(dataset) }
  if (work === 'download' || work === 'copy') await contender.call('upload', job)
  return job
}

const summaryOf = (what: Profiled, { count, unit, cpuMs, frames }: Profile): ProfileResult => {
  const ours = frames.reduce((sum, frame) => sum + frame.ms, 0)
  const elsewhere = Math.max(0, cpuMs - ours)
  const rooms = new Map([[otherThreads, elsewhere]])
  for (const frame of frames) rooms.set(roomOf(frame), (rooms.get(roomOf(frame)) ?? 0) + frame.ms)
  const total = ours + elsewhere
  const largest = [...frames].sort((a, b) => b.ms - a.ms).slice(0, shownFunctions)
  return {
    ...what,
    cpuMicrosecondsPerUnit: (1000 * cpuMs) / count,
    unit,
    rooms: [...rooms]
      .map(([name, time]) => ({ name, share: time / total }))
      .sort((a, b) => b.share - a.share)
      .filter(({ share }) => share >= 0.005),
    functions: largest.map(frame => ({
      name: labelOf(frame),
      room: roomOf(frame),
      share: frame.ms / total,
    })),
  }
}

const otherThreads = 'other threads (compressor, collector, profiler)'

/** Of the functions without a file. */
const unnamedRooms: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code',
  '(root)': 'native code',
}

/** The part of the library, the package or the part of Node that a function belongs to. */
export const roomOf = ({ name, url, line }: Frame): string => {
  if (url === '') return unnamedRooms[name] ?? (line > 0 ? 'code compiled for the schema' : 'built-ins')
  if (url.startsWith('wasm:')) return "WebAssembly (ours, undici's)"
  if (url.startsWith('node:')) return url.includes('zlib') ? 'Node: zlib' : 'Node'
  const [, packageName] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? []
  if (packageName !== undefined) return packageName
  if (url.includes('/lib/wire/crc32c')) return 'checksum'
  if (url.includes('/dist/')) return 'the package'
  return /\/build\/lib\/(\w+)/.exec(url)?.[1] ?? 'benchmark'
}

const labelOf = ({ name, url, line }: Frame): string => {
  const file = /(?:\/build\/|node_modules\/|\/dist\/)(.+)$/.exec(url)?.[1] ?? url
  if (file === '') return name === '' ? '(anonymous)' : name
  return `${name === '' ? '(anonymous)' : name} ${file.startsWith('wasm:') ? '' : `${file}:${line}`}`.trim()
}
