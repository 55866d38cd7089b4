import { type CompressionName, contentEncodingOf } from '../lib/compression/compression.js'
import type { ClientProcess } from '../test/interop/client-process.js'
import { type ContenderName, cannot, type PeerName, scratch, startContender } from './contender.js'
import type { Cost } from './contenders/answering.js'
import { type Dataset, type DatasetName, holdsRowsOf, loadJobOf } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import type { Plan } from './plan.js'
import { ratioOf, type Spread, spreadOf } from './statistics.js'
import { several } from './turns.js'

export interface TransferEntry {
  readonly cpuSecondsPerMillionRows: Spread
  readonly rowsPerSecond: Spread
  /** Of all requests of one transfer, headers and all; both ways. */
  readonly wireBytes: number
  /** Of the process, its rows and records in memory and all. */
  readonly peakBytes: number
}

export interface TransferResult {
  readonly workload: DatasetName
  readonly compression: CompressionName
  readonly work: TransferWork
  readonly rows: number
  readonly entries: Readonly<Record<string, TransferEntry>>
  /** Theirs ÷ ours in CPU seconds per row; the floor's is how much of its speed on the clock we reach. */
  readonly ratios: Readonly<Record<string, Spread>>
  readonly ofFloor?: { readonly wall: Spread; readonly cpu: Spread }
}

const transferWorks = ['upload', 'download'] as const
export type TransferWork = (typeof transferWorks)[number] | 'fanout' | 'upsert'

/** Rows into an emulated table and out of it. The emulator runs in a process of its own. */
export const measureTransfers = async (
  dataset: Dataset,
  plan: Plan,
  compression: CompressionName,
): Promise<TransferResult[]> => {
  const emulator = await EmulatorProcess.start()
  const names: ContenderName[] = ['odps-tunnel', ...plan.peers.filter(n => !cannot[n].includes(compression))]
  if (compression === 'raw') names.push('floor')
  const entrants = new Map<ContenderName, ClientProcess>()
  try {
    for (const name of names) {
      const contender = await startContender(name)
      entrants.set(name, contender)
      await contender.call('load', loadJobOf(dataset))
      if (name !== 'floor') {
        await emulator.createTable(tableOf(name), dataset.texts)
        await prove(name, contender, dataset, emulator, compression)
      }
    }
    const rounds = roundsOf(dataset)
    const results: TransferResult[] = []
    for (const work of transferWorks)
      if (plan.works.includes(work))
        results.push(
          await race({
            ...{ work, dataset, plan, compression, emulator, entrants, rounds },
            jobOf: name => jobOf(name, emulator, compression, dataset, rounds),
          }),
        )
    return results
  } finally {
    for (const contender of entrants.values()) await contender.close()
    await emulator.stop()
  }
}

export const tableOf = (name: ContenderName): string => name.replaceAll('-', '_')

/**
 * The rows of the workload are sent so often that a transfer is of about 25 MB, and its requests do not weigh; of text, which is
 * held against the floor, 250 MB: that is all its 200 000 rows.
 */
export const roundsOf = ({ name, bytes }: Dataset): number =>
  Math.max(1, Math.round((name === 'text' ? 250e6 : 25e6) / bytes))

const jobOf = (
  name: ContenderName,
  { place, floorUrl }: EmulatorProcess,
  compression: string,
  { rows }: Dataset,
  rounds: number,
) =>
  name === 'floor'
    ? { url: floorUrl, rows: rows * rounds, rounds }
    : { place, table: tableOf(name), compression, rounds }

/** What a contender uploaded it downloads; its rows must be those that we began with. */
const prove = async (
  name: ContenderName,
  contender: ClientProcess,
  dataset: Dataset,
  emulator: EmulatorProcess,
  compression: string,
): Promise<void> => {
  const file = scratch(`${name}-${dataset.name}-download.records`)
  const job = jobOf(name, emulator, compression, dataset, 1)
  await contender.call('upload', job)
  await contender.call('downloadToFile', { ...job, file })
  if (!holdsRowsOf(dataset, file))
    throw new Error(`${name} does not get the same ${dataset.name} rows back with ${compression}`)
}

export interface Race {
  readonly work: TransferWork
  readonly dataset: Dataset
  readonly plan: Plan
  readonly compression: CompressionName
  readonly emulator: EmulatorProcess
  readonly entrants: ReadonlyMap<ContenderName, ClientProcess>
  /** How often the rows are sent. */
  readonly rounds: number
  readonly jobOf: (name: ContenderName) => object
}

/** Contenders that have been proved, one after the other again and again. */
export const race = async ({
  work,
  dataset,
  plan,
  compression,
  emulator,
  entrants,
  rounds,
  jobOf: job,
}: Race): Promise<TransferResult> => {
  const pace = plan.paceOf(work === 'fanout' || work === 'upsert' ? work : 'transfer')
  const { runs, ms, clockMs } = pace
  const transfer = (name: ContenderName) => (): Promise<Cost> => entrants.get(name)!.call(work, job(name))
  for (const name of entrants.keys())
    await several(transfer(name), plan.warmUpMs(name, pace), plan.warmUpClockMs(pace))
  for (const contender of entrants.values()) await contender.call('peak')
  const costs = new Map([...entrants.keys()].map(name => [name, [] as Cost[]]))
  const bytes = new Map<ContenderName, number>()
  for (let run = 0; run < runs; run++)
    for (const [name, contender] of entrants) {
      if (run === 0)
        bytes.set(name, await wireBytesOf(name, contender, work, job(name), emulator, compression))
      costs.get(name)!.push(await several(transfer(name), ms, clockMs))
    }
  const entries: Record<string, TransferEntry> = {}
  for (const [name, contender] of entrants) {
    const { peakBytes } = await contender.call<{ peakBytes: number }>('peak')
    const mine = costs.get(name)!
    entries[name] = {
      cpuSecondsPerMillionRows: spreadOf(mine.map(cost => (1000 * cost.cpuMs) / cost.rows)),
      rowsPerSecond: spreadOf(mine.map(cost => (1000 * cost.rows) / cost.wallMs)),
      wireBytes: Math.round(bytes.get(name)!),
      peakBytes,
    }
  }
  return {
    workload: dataset.name,
    compression,
    work,
    rows: dataset.rows * rounds,
    entries,
    ...quotients(costs),
  }
}

/** Of one transfer; it must have the compression that was asked for. */
const wireBytesOf = async (
  name: ContenderName,
  contender: ClientProcess,
  work: TransferWork,
  job: object,
  emulator: EmulatorProcess,
  compression: CompressionName,
): Promise<number> => {
  const before = await emulator.traffic()
  await contender.call(work, job)
  const { wireBytes, encodings } = await emulator.traffic()
  const encoding = contentEncodingOf(compression) ?? (work === 'download' ? undefined : 'none')
  if (name !== 'floor' && encodings.join() !== (encoding ?? ''))
    throw new Error(`${name}: ${work} with ${compression} was sent as '${encodings.join()}'`)
  return wireBytes - before.wireBytes
}

const quotients = (
  costs: ReadonlyMap<ContenderName, readonly Cost[]>,
): Pick<TransferResult, 'ratios' | 'ofFloor'> => {
  const cpu = (name: ContenderName): number[] => costs.get(name)!.map(cost => cost.rows / cost.cpuMs)
  const wall = (name: ContenderName): number[] => costs.get(name)!.map(cost => cost.rows / cost.wallMs)
  const peers = [...costs.keys()].filter(name => name !== 'odps-tunnel' && name !== 'floor') as PeerName[]
  const ratios = Object.fromEntries(peers.map(name => [name, ratioOf(cpu('odps-tunnel'), cpu(name))]))
  if (!costs.has('floor')) return { ratios }
  const ofFloor = {
    wall: ratioOf(wall('odps-tunnel'), wall('floor')),
    cpu: ratioOf(cpu('odps-tunnel'), cpu('floor')),
  }
  return { ratios, ofFloor }
}
