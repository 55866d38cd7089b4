import type { ClientProcess } from '../test/interop/client-process.js'
import { writeArrowStream } from './arrow-section.js'
import { scratch, startContender, startMicro } from './contender.js'
import { type HeldName, heldNames, parquetRowCounts } from './contenders/held-rows.js'
import type { Profile } from './contenders/profiling.js'
import { makeDataset } from './datasets.js'
import { besideOf, partTargets, speedTogether } from './part-targets.js'
import type { Plan } from './plan.js'
import { ratioOf, type Spread, spreadOf } from './statistics.js'

export interface MicroResult {
  readonly name: string
  readonly unit: 'MB/CPU s' | 'operations/CPU s' | 'rows/CPU s'
  readonly speed: Spread
  /** Its speed ÷ that of the parts that it is compared with, one after the other. */
  readonly ratios?: Readonly<Record<string, Spread>>
}

interface Rate {
  readonly perSecond: number
}

type Measured = Pick<MicroResult, 'name' | 'unit'> & { readonly speeds: readonly number[] }

/** The small parts of the work, one by one, in turns: those of the codec, and for each workload those of files. */
export const measureMicro = async (plan: Plan): Promise<MicroResult[]> => {
  const ofPyarrow = await writeParquet(plan, heldNames)
  const measured = [
    ...(await takeTurns(plan, () => [startMicro(['codec'])])),
    ...(await takeTurns(plan, () => [
      startMicro(['snappy']),
      startMicro(['snappy', 'without SIMD'], withoutSimd),
    ])),
    ...(await inTurn(heldNames, name =>
      takeTurns(plan, () => [startMicro(['files', name, ...(ofPyarrow.get(name) ?? [])])]),
    )),
  ]
  return measured.map(({ name, unit, speeds }) => ({
    ...{ name, unit, speed: spreadOf(speeds) },
    ...ratiosOf(name, measured),
  }))
}

const inTurn = async <Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<readonly Result[]>,
): Promise<Result[]> => {
  const all: Result[] = []
  for (const item of items) all.push(...(await run(item)))
  return all
}

/** A processor that has no SIMD, as far as the engine knows: how every one hashed before there was folding. */
const withoutSimd = ['--no-enable-sse4-1']

/** What pyarrow makes of a workload by default, where PyODPS is one of the peers: it comes with it. */
const writeParquet = async (
  { peers }: Plan,
  names: readonly HeldName[],
): Promise<ReadonlyMap<HeldName, readonly [string]>> => {
  const files = new Map<HeldName, readonly [string]>()
  if (!peers.includes('pyodps')) return files
  const python = await startContender('pyodps')
  try {
    for (const name of names) {
      const dataset = await makeDataset(name, scratch('.'), parquetRowCounts[name])
      const file = scratch(`${name}.pyarrow.parquet`)
      await python.call('arrowLoad', { file: writeArrowStream(dataset), columns: dataset.texts })
      await python.call('arrowToParquet', { file })
      files.set(name, [file])
    }
  } finally {
    await python.close()
  }
  return files
}

/** Where the CPU time of a part goes, once it is warm. */
export const profilePart = async (plan: Plan, name: string, ms: number): Promise<Profile> => {
  const process = await startMicro(await wordsOf(plan, name))
  try {
    await process.call('part', { name, runMs: warmUpMs })
    return await process.call<Profile>('profile', { name, ms })
  } finally {
    await process.close()
  }
}

const warmUpMs = 1500

/** What the process that has a part is started with. */
const wordsOf = async (plan: Plan, part: string): Promise<readonly string[]> => {
  const workload = heldNames.find(name => part.startsWith(`${name}, `))
  if (workload === undefined) return [part.startsWith('compress snappy') ? 'snappy' : 'codec']
  const files = part.includes('pyarrow') ? await writeParquet(plan, [workload]) : undefined
  return ['files', workload, ...(files?.get(workload) ?? [])]
}

/** All parts of these processes, one after the other, again and again; the first time they only warm up. */
const takeTurns = async (plan: Plan, start: () => Promise<ClientProcess>[]): Promise<Measured[]> => {
  const { runs, ms } = plan.paceOf('micro')
  const processes = await Promise.all(start())
  try {
    const parts = await inTurn(processes, async process => {
      const list = await process.call<Pick<MicroResult, 'name' | 'unit'>[]>('list')
      return list.map(part => ({ ...part, process, speeds: [] as number[] }))
    })
    for (let run = -1; run < runs; run++)
      for (const { name, process, speeds } of parts) {
        const { perSecond } = await process.call<Rate>('part', { name, runMs: ms })
        if (run >= 0) speeds.push(perSecond)
      }
    return parts.map(({ name, unit, speeds }) => ({ name, unit, speeds }))
  } finally {
    for (const process of processes) await process.close()
  }
}

const ratiosOf = (part: string, measured: readonly Measured[]): Pick<MicroResult, 'ratios'> => {
  const speedsOf = (name: string): readonly number[] | undefined =>
    measured.find(each => each.name === name)?.speeds
  const speeds = speedsOf(part)!
  const ratios = partTargets.flatMap(target => {
    const others = target.part === part ? (target.beside ?? []).map(speedsOf) : []
    if (others.length === 0 || others.includes(undefined)) return []
    const together = speeds.map((_, run) => speedTogether(others.map(each => each![run]!)))
    return [[besideOf(target), ratioOf(speeds, together)] as const]
  })
  return ratios.length === 0 ? {} : { ratios: Object.fromEntries(ratios) }
}
