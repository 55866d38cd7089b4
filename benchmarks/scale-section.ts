import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../test/interop/run-command.js'
import {
  buildPackage,
  type ContenderName,
  nodeCommand,
  type PeerName,
  pinned,
  scratch,
  startContender,
  userEnvironment,
} from './contender.js'
import type { Cost } from './contenders/answering.js'
import type { Place } from './contenders/jobs.js'
import { framesOf, type Profile } from './contenders/profiling.js'
import { type Dataset, loadJobOf } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import type { Pace, Plan } from './plan.js'
import { type Spread, spreadOf } from './statistics.js'

export interface ScaleResult {
  readonly client: ContenderName
  readonly work: 'upload' | 'download'
  readonly rows: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

type Moved = Cost & { readonly peakBytes: number }
type Transfer = (work: ScaleResult['work'], emulator: EmulatorProcess, rows: number) => Promise<Moved>

/** Transfers of more and more rows, each in a new process: time shall grow with the rows, memory shall not. */
export const measureScale = async (dataset: Dataset, plan: Plan): Promise<ScaleResult[]> => {
  const library = new URL('index.js', await buildPackage()).href
  const dataDir = scratch('scale')
  rmSync(dataDir, { recursive: true, force: true })
  const emulator = await EmulatorProcess.start(dataDir)
  try {
    await emulator.createTable(table, dataset.texts)
    const results: ScaleResult[] = []
    for (const client of ['odps-tunnel', ...plan.scalePeers] as const)
      for (const millions of plan.scales)
        for (const work of ['upload', 'download'] as const) {
          const rows = millions * 1e6
          const move = client === 'odps-tunnel' ? byOurs(library) : byPeer(client, dataset)
          const moved = await move(work, emulator, rows)
          if (moved.rows !== rows) throw new Error(`${client}: ${work} of ${rows} rows moved ${moved.rows}`)
          const { cpuMs, wallMs, peakBytes } = moved
          results.push({
            client,
            work,
            rows,
            wallSeconds: wallMs / 1000,
            cpuSeconds: cpuMs / 1000,
            peakBytes,
          })
        }
    return results
  } finally {
    await emulator.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const table = 'scale'

const byOurs =
  (library: string): Transfer =>
  async (work, { place }, rows) => {
    const program = nodeCommand('contenders/scale.js', [], work, JSON.stringify(place), String(rows), library)
    const { command, args } = pinned(program, 1)
    return JSON.parse(await run(command, args)) as Moved
  }

/** Its few rows are sent over and over, as ours are. */
const byPeer =
  (client: PeerName, dataset: Dataset): Transfer =>
  async (work, { place }, rows) => {
    const contender = await startContender(client)
    try {
      await contender.call('load', loadJobOf(dataset))
      const job = { place, table, compression: 'snappy', rounds: rows / dataset.rows }
      const cost = await contender.call<Cost>(work, job)
      return { ...cost, ...(await contender.call<{ peakBytes: number }>('peak')) }
    } finally {
      await contender.close()
    }
  }

/** By how much the time of ten times the rows is more than ten times the time; and the memory more than it was. */
export const slopeOf = (less: ScaleResult, more: ScaleResult): { time: number; memory: number } => ({
  time: more.cpuSeconds / less.cpuSeconds / (more.rows / less.rows),
  memory: more.peakBytes / less.peakBytes,
})

export interface StartResult {
  /** Bare Node: milliseconds from the start of the process until its own code runs. */
  readonly bareMs: Spread
  /** Import and one request: the time until the answer arrives, on top of that. */
  readonly overMs: Spread
  /** From start to end of the process, on top of bare Node: at its end the engine still compiles undici's HTTP parser. */
  readonly endMs: Spread
  /** The command line that prints a table's schema: until it has done so, on top of bare Node that prints a number. */
  readonly commandMs?: Spread
}

export const measureStart = async ({ runs }: Pace): Promise<StartResult> => {
  const dist = await buildPackage()
  const [library, program] = ['index.js', 'cli/main.js'].map(name => new URL(name, dist))
  const emulator = await EmulatorProcess.start()
  try {
    await emulator.createTable('start', [{ name: 'id', type: 'bigint' }])
    const [bare, over, end, command]: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let i = 0; i < runs; i++) {
      const none = await timeOf([])
      const one = await timeOf([JSON.stringify(emulator.place), 'start', library!.href])
      const answered = await answerTimeOf([fileURLToPath(program!), 'schema', 'start'], emulator.place)
      bare.push(none.ready)
      over.push(one.ready - none.ready)
      end.push(one.ended - none.ended)
      command.push(answered - (await answerTimeOf(nodeCommand('contenders/start.js').args, emulator.place)))
    }
    return {
      ...{ bareMs: spreadOf(bare), overMs: spreadOf(over), endMs: spreadOf(end) },
      commandMs: spreadOf(command),
    }
  } finally {
    await emulator.stop()
  }
}

/** What the start of the library is called. */
export const startName = 'import and first request'

const profiledStarts = 20

/** Where the time of processes that send one request goes, to their end. */
export const profileStart = async (): Promise<Profile> => {
  const folder = scratch('start-profile')
  rmSync(folder, { recursive: true, force: true })
  const options = ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${folder}`]
  const dist = await buildPackage()
  const emulator = await EmulatorProcess.start()
  try {
    await emulator.createTable('start', [{ name: 'id', type: 'bigint' }])
    const words = [JSON.stringify(emulator.place), 'start', new URL('index.js', dist).href]
    const { command, args } = pinned(nodeCommand('contenders/start.js', options, ...words), 1)
    for (let i = 0; i < profiledStarts; i++) await run(command, args)
  } finally {
    await emulator.stop()
  }
  const profiles = readdirSync(folder).map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')))
  const frames = framesOf(...profiles)
  const cpuMs = frames.reduce((sum, { ms }) => sum + ms, 0)
  return { count: profiledStarts, unit: 'start', cpuMs, frames }
}

/** Milliseconds until a program of Node has printed something. */
const answerTimeOf = async (words: readonly string[], place: Place): Promise<number> => {
  const { command, args } = pinned({ command: process.execPath, args: words }, 1)
  const start = performance.now()
  const child = spawn(command, args, { env: userEnvironment(place), stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let answered = Number.NaN
  child.stdout.once('data', () => {
    answered = performance.now() - start
  })
  const [code] = await closed
  if (code !== 0 || Number.isNaN(answered)) throw new Error(`${words.join(' ')} ended with ${code}`)
  return answered
}

const timeOf = async (args: readonly string[]): Promise<{ ready: number; ended: number }> => {
  const { command, args: all } = pinned(nodeCommand('contenders/start.js', [], ...args), 1)
  const start = performance.now()
  const printed = await run(command, all)
  return { ready: Number(printed), ended: performance.now() - start }
}
