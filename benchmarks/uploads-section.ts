import type { CompressionName } from '../lib/compression/compression.js'
import { Tunnel } from '../lib/tunnel.js'
import type { ClientProcess } from '../test/interop/client-process.js'
import { type ContenderName, startContender } from './contender.js'
import { areSameRows, type Dataset, loadJobOf, rowsOf } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import type { Plan, UploadWay } from './plan.js'
import { race, type TransferResult, tableOf } from './transfer-section.js'
import { partitionCount, partitionOf } from './workloads.js'

/*
 * Rows that go to many partitions by a column, and rows that go to a table with a primary key, each beside what users of the
 * official clients write for it: an upload session and a writer per partition, and a session of upserts.
 */

/** Enough that requests don't weigh: about 5 MB, as many rows as an emulator with keys takes in a second or two. */
const roundsOf = ({ bytes }: Dataset): number => Math.max(1, Math.round(5e6 / bytes))

const tableMore: Readonly<Record<UploadWay, object>> = {
  fanout: { partitionColumns: { pt: 'string' } },
  upsert: { primaryKey: ['id'] },
}

export const measureUploads = async (
  work: UploadWay,
  dataset: Dataset,
  plan: Plan,
  compression: CompressionName,
): Promise<TransferResult> => {
  const emulator = await EmulatorProcess.start()
  // The Go SDK has no upserts, and nothing for partitions that differs from its uploads.
  const names: ContenderName[] = ['odps-tunnel', ...plan.peers.filter(name => name !== 'go')]
  const entrants = new Map<ContenderName, ClientProcess>()
  try {
    const jobOf = (rounds: number) => (name: ContenderName) => ({
      ...{ place: emulator.place, table: tableOf(name), compression, rounds },
    })
    for (const name of names) {
      const contender = await startContender(name)
      entrants.set(name, contender)
      await contender.call('load', loadJobOf(dataset))
      await prepareTable(work, tableOf(name), dataset, emulator)
      await contender.call(work, jobOf(1)(name))
      await prove(work, name, dataset, emulator)
    }
    const rounds = roundsOf(dataset)
    const racers = { emulator, entrants, rounds, jobOf: jobOf(rounds) }
    return await race({ ...{ work, dataset, plan, compression }, ...racers })
  } finally {
    for (const contender of entrants.values()) await contender.close()
    await emulator.stop()
  }
}

const connect = ({ place }: EmulatorProcess): Tunnel => {
  const { endpoint, project, ...credentials } = place
  return new Tunnel({ endpoint, project, credentials })
}

const partitions = Array.from({ length: partitionCount }, (_, i) => `p${i}`)

const prepareTable = async (
  work: UploadWay,
  table: string,
  { texts }: Dataset,
  emulator: EmulatorProcess,
): Promise<void> => {
  const columns =
    work === 'upsert' ? texts.map((column, i) => (i === 0 ? { ...column, name: 'id' } : column)) : texts
  await emulator.createTable(table, columns, tableMore[work])
  if (work === 'upsert') return
  await using tunnel = connect(emulator)
  // The Java SDK can't have them made by a session.
  for (const pt of partitions) await tunnel.createPartition(table, { pt }, { ifNotExists: true })
}

/** The rows of each partition must be there in their order; those with a key have none, and are compared by it. */
const prove = async (
  work: UploadWay,
  name: ContenderName,
  dataset: Dataset,
  emulator: EmulatorProcess,
): Promise<void> => {
  await using tunnel = connect(emulator)
  const table = tableOf(name)
  const all = rowsOf(dataset)
  const download = (partitionSpec?: string): Promise<unknown[][]> =>
    tunnel.download({ table, partitionSpec, rowShape: 'array' }) as Promise<unknown[][]>
  const fail = (): never => {
    throw new Error(`${name}: ${work} does not leave the rows of ${dataset.name}`)
  }
  if (work === 'upsert') {
    const byKey = (a: unknown[], b: unknown[]): number => Number(a[0]) - Number(b[0])
    const found = (await download()).sort(byKey)
    if (!areSameRows(dataset.columns, found, all.toSorted(byKey))) fail()
    return
  }
  for (const pt of partitions) {
    const expected = all.filter((_, i) => partitionOf(i) === pt)
    if (!areSameRows(dataset.columns, await download(`pt=${pt}`), expected)) fail()
  }
}
