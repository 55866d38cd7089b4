import { rmSync } from 'node:fs'
import { run } from '../test/interop/run-command.js'
import { nodeCommand, pinned, scratch } from './contender.js'
import type { Cost } from './contenders/answering.js'
import { EmulatorProcess } from './emulator-process.js'
import type { Plan } from './plan.js'
import { type Spread, spreadOf } from './statistics.js'
import { workloads } from './workloads.js'

export interface ScaleResult {
  readonly work: 'upload' | 'download'
  readonly rows: number
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

/** Transfers of more and more rows, each in a new process: time shall grow with the rows, memory shall not. */
export const measureScale = async (plan: Plan): Promise<ScaleResult[]> => {
  const dataDir = scratch('scale')
  rmSync(dataDir, { recursive: true, force: true })
  const emulator = await EmulatorProcess.start(dataDir)
  try {
    const { columns } = workloads.find(({ name }) => name === 'narrow')!
    await emulator.createTable(
      'scale',
      columns.map(({ name, type }) => ({ name, type: type.kind })),
    )
    const results: ScaleResult[] = []
    for (const millions of plan.scales)
      for (const work of ['upload', 'download'] as const) {
        const rows = millions * 1e6
        const program = nodeCommand(
          'contenders/scale.js',
          [],
          work,
          JSON.stringify(emulator.place),
          String(rows),
        )
        const { command, args } = pinned(program, 1)
        const cost = JSON.parse(await run(command, args)) as Cost & { peakBytes: number }
        if (cost.rows !== rows) throw new Error(`${work} of ${rows} rows moved ${cost.rows}`)
        const { cpuMs, wallMs, peakBytes } = cost
        results.push({ work, rows, wallSeconds: wallMs / 1000, cpuSeconds: cpuMs / 1000, peakBytes })
      }
    return results
  } finally {
    await emulator.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** By how much the time of ten times the rows is more than ten times the time; and the memory more than it was. */
export const slopeOf = (less: ScaleResult, more: ScaleResult): { time: number; memory: number } => ({
  time: more.cpuSeconds / less.cpuSeconds / (more.rows / less.rows),
  memory: more.peakBytes / less.peakBytes,
})

export interface StartResult {
  /** Bare Node, milliseconds from start to end of the process. */
  readonly bareMs: Spread
  /** Import and one request more. */
  readonly overMs: Spread
}

export const measureStart = async (plan: Plan): Promise<StartResult> => {
  const emulator = await EmulatorProcess.start()
  try {
    await emulator.createTable('start', [{ name: 'id', type: 'bigint' }])
    const [bare, over]: [number[], number[]] = [[], []]
    for (let i = 0; i < Math.max(9, plan.runs); i++) {
      const none = await timeOf([])
      bare.push(none)
      over.push((await timeOf([JSON.stringify(emulator.place), 'start'])) - none)
    }
    return { bareMs: spreadOf(bare), overMs: spreadOf(over) }
  } finally {
    await emulator.stop()
  }
}

const timeOf = async (args: readonly string[]): Promise<number> => {
  const { command, args: all } = pinned(nodeCommand('contenders/start.js', [], ...args), 1)
  const start = performance.now()
  await run(command, all)
  return performance.now() - start
}
