import { createReadStream, writeFileSync } from 'node:fs'
import type { CompressionName } from '../lib/compression/compression.js'
import { compress } from '../lib/compression/compressor.js'
import type { ClientProcess } from '../test/interop/client-process.js'
import { scratch, startContender } from './contender.js'
import type { Cost } from './contenders/answering.js'
import { type Dataset, type DatasetName, holdsRowsOf, loadJobOf } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import type { Plan } from './plan.js'
import { ratioOf, type Spread, spreadOf } from './statistics.js'
import { roundsOf } from './transfer-section.js'
import { several } from './turns.js'

/** One way to bring a table into another. */
export interface CopyEntry {
  readonly name: string
  readonly cpuSecondsPerMillionRows: Spread
  readonly rowsPerSecond: Spread
  /** How many times its speed the copy has, by CPU time and on the clock. */
  readonly ratio: { readonly cpu: Spread; readonly wall: Spread } | undefined
}

export interface CopyResult {
  readonly workload: DatasetName
  readonly work: 'copy'
  readonly compression: CompressionName
  readonly entries: readonly CopyEntry[]
}

const source = 'copy_source'
const ways = ['copy', 'pipeline'] as const

/**
 * A table into another: copyTable, a download piped into an upload, and bare undici with the same compressed bytes in and out.
 * The first two must leave the rows that we began with.
 */
export const measureCopy = async (
  dataset: Dataset,
  plan: Plan,
  compression: CompressionName,
): Promise<CopyResult> => {
  const emulator = await EmulatorProcess.start()
  const loader = await startContender('odps-tunnel')
  // Without the rows, which whoever copies a table doesn't hold: the engine would look at them whenever it collects garbage.
  const ours = await startContender('odps-tunnel')
  const floor = await startContender('floor')
  try {
    for (const table of [source, ...ways.map(way => `${source}_${way}`)])
      await emulator.createTable(table, dataset.texts)
    await loader.call('load', loadJobOf(dataset))
    await ours.call('describe', { columns: dataset.texts })
    const job = (rounds: number) => ({ place: emulator.place, table: source, compression, rounds })
    await loader.call('upload', job(1))
    for (const way of ways) await prove(way, ours, dataset, job(1))
    const rounds = roundsOf(dataset)
    await loader.call('upload', job(rounds))
    await loader.close()
    await floor.call('load', { file: await compressedFile(dataset, compression) })
    const floorJob = { url: emulator.floorUrl, rows: dataset.rows * rounds, rounds }
    await floor.call('upload', floorJob)
    const racers = new Map<string, () => Promise<Cost>>([
      ...ways.map(way => [way, () => ours.call<Cost>(way, job(rounds))] as const),
      ['floor', () => floor.call<Cost>('copy', floorJob)],
    ])
    return { workload: dataset.name, work: 'copy', compression, entries: await race(racers, plan) }
  } finally {
    await loader.close()
    await ours.close()
    await floor.close()
    await emulator.stop()
  }
}

const prove = async (
  way: (typeof ways)[number],
  ours: ClientProcess,
  dataset: Dataset,
  job: { readonly table: string },
): Promise<void> => {
  const file = scratch(`${way}-${dataset.name}.records`)
  await ours.call(way, job)
  await ours.call('downloadToFile', { ...job, table: `${job.table}_${way}`, file })
  if (!holdsRowsOf(dataset, file)) throw new Error(`${way} does not leave the rows of ${dataset.name}`)
}

const compressedFile = async (dataset: Dataset, compression: CompressionName): Promise<string> => {
  const file = scratch(`${dataset.name}.${compression}`)
  const parts: Buffer[] = []
  for await (const part of compress(compression, createReadStream(dataset.file))) parts.push(part)
  writeFileSync(file, Buffer.concat(parts))
  return file
}

const race = async (racers: ReadonlyMap<string, () => Promise<Cost>>, plan: Plan): Promise<CopyEntry[]> => {
  const { runs, ms, clockMs } = plan.paceOf('copy')
  for (const run of racers.values()) await several(run, 2 * ms, clockMs)
  const costs = new Map([...racers.keys()].map(name => [name, [] as Cost[]]))
  for (let i = 0; i < runs; i++)
    for (const [name, run] of racers) costs.get(name)!.push(await several(run, ms, clockMs))
  const cpu = (name: string): number[] => costs.get(name)!.map(cost => cost.rows / cost.cpuMs)
  const wall = (name: string): number[] => costs.get(name)!.map(cost => cost.rows / cost.wallMs)
  return [...racers.keys()].map(name => ({
    name,
    cpuSecondsPerMillionRows: spreadOf(cpu(name).map(rows => 1000 / rows)),
    rowsPerSecond: spreadOf(wall(name).map(rows => 1000 * rows)),
    ratio:
      name === 'copy'
        ? undefined
        : { cpu: ratioOf(cpu('copy'), cpu(name)), wall: ratioOf(wall('copy'), wall(name)) },
  }))
}
