import type { ClientProcess } from '../test/interop/client-process.js'
import { type ContenderName, type PeerName, scratch, startContender } from './contender.js'
import type { Cost } from './contenders/answering.js'
import { type Dataset, type DatasetName, holdsRowsOf, loadJobOf } from './datasets.js'
import type { Pace, Plan } from './plan.js'
import { ratioOf, type Spread, spreadOf } from './statistics.js'
import { settle } from './turns.js'

export interface MemoryResult {
  readonly workload: DatasetName
  readonly work: MemoryWork
  /** Rows per second of CPU time (user and system), by contender. */
  readonly rowsPerCpuSecond: Readonly<Record<string, Spread>>
  /** Ours ÷ theirs in rows per second of CPU time. */
  readonly ratios: Readonly<Record<string, Spread>>
}

const memoryWorks = ['encode', 'decode', 'encodePrebuilt'] as const
type MemoryWork = (typeof memoryWorks)[number]
/** Bytes of an IPC stream: the peers have no such output. */
const onlyOurs = 'arrowDecodeIpc'

/** Encode and decode in memory: the client's own record writer and reader, nothing of the network. */
export const measureInMemory = async (dataset: Dataset, plan: Plan): Promise<MemoryResult[]> => {
  const works = memoryWorks.filter(work => plan.works.includes(work))
  const contenders = new Map<ContenderName, ClientProcess>()
  try {
    for (const name of ['odps-tunnel', ...plan.peers] as const) {
      const contender = await startContender(name)
      contenders.set(name, contender)
      const job = { ...loadJobOf(dataset), prebuilt: works.includes('encodePrebuilt') }
      const { rows } = await contender.call<{ rows: number }>('load', job)
      if (rows !== dataset.rows) throw new Error(`${name} read ${rows} rows of ${dataset.name}`)
      await prove(name, contender, dataset)
    }
    const results: MemoryResult[] = []
    for (const work of works) results.push(await race(work, dataset, contenders, plan, plan.paceOf('memory')))
    return results
  } finally {
    for (const contender of contenders.values()) await contender.close()
  }
}

/** The rows that a contender made it encodes, and those that it decodes: we must read the rows of the workload both times. */
const prove = async (name: ContenderName, contender: ClientProcess, dataset: Dataset): Promise<void> => {
  const file = scratch(`${name}-${dataset.name}.records`)
  for (const op of ['encodeToFile', 'decodeToFile']) {
    await contender.call(op, { file })
    if (!holdsRowsOf(dataset, file)) throw new Error(`${name}, ${op}: not the rows of ${dataset.name}`)
  }
}

/**
 * The same work by each contender in turn.
 *
 * @param settleMs how long a contender may run on, once it is warm, until its runs no longer differ
 */
export const race = async <Work extends string>(
  work: Work,
  dataset: Dataset,
  contenders: ReadonlyMap<ContenderName, ClientProcess>,
  plan: Plan,
  pace: Pace,
  settleMs = 0,
): Promise<Omit<MemoryResult, 'work'> & { readonly work: Work }> => {
  const { runs, ms } = pace
  const entrants = [...contenders].filter(
    ([name]) =>
      name === 'odps-tunnel' ||
      (work !== onlyOurs && (work !== 'encodePrebuilt' || name === 'pyodps' || name === 'java')),
  )
  const op = (name: ContenderName): string =>
    name === 'odps-tunnel' && work === 'encodePrebuilt' ? 'encode' : work
  const rounds = new Map<ContenderName, number>()
  for (const [name, contender] of entrants) {
    rounds.set(name, await warmUp(contender, op(name), plan.warmUpMs(name, pace), ms))
    await settle(() => contender.call<Cost>(op(name), { rounds: rounds.get(name) }), settleMs)
  }
  const speeds = new Map<ContenderName, number[]>(entrants.map(([name]) => [name, []]))
  for (let i = 0; i < runs; i++)
    for (const [name, contender] of entrants) {
      const { rows, cpuMs } = await contender.call<Cost>(op(name), { rounds: rounds.get(name) })
      speeds.get(name)!.push((1000 * rows) / cpuMs)
    }
  const ours = speeds.get('odps-tunnel')!
  const peers = [...speeds].filter(([name]) => name !== 'odps-tunnel') as [PeerName, number[]][]
  return {
    workload: dataset.name,
    work,
    rowsPerCpuSecond: Object.fromEntries([...speeds].map(([name, values]) => [name, spreadOf(values)])),
    ratios: Object.fromEntries(peers.map(([name, values]) => [name, ratioOf(ours, values)])),
  }
}

/** Runs until so much CPU time is used; returns the rounds that take about `runMs` then. */
const warmUp = async (
  contender: ClientProcess,
  op: string,
  warmUpMs: number,
  runMs: number,
): Promise<number> => {
  let rounds = 1
  for (let used = 0; used < warmUpMs; ) {
    const { cpuMs } = await contender.call<Cost>(op, { rounds })
    used += cpuMs
    rounds = Math.max(1, Math.round((rounds * runMs) / Math.max(1, cpuMs)))
  }
  return rounds
}
