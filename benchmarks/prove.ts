import { readFileSync } from 'node:fs'
import { type PeerName, scratch, startContender } from './contender.js'
import { canonicalHash, textsOf } from './datasets.js'
import { type Workload, workloadHashes } from './workloads.js'

/** Every language makes the first 1000 rows and all rows of a workload; their streams must have the known hashes. */
export const proveWorkload = async (workload: Workload, peers: readonly PeerName[]): Promise<void> => {
  const { name, columns, rows: all } = workload
  for (const client of ['odps-tunnel', ...peers] as const) {
    const contender = await startContender(client)
    try {
      for (const rows of [1000, all]) {
        const file = scratch(`${client}-${name}-generated.records`)
        await contender.call('generateToFile', { workload: name, rows, columns: textsOf(columns), file })
        if (canonicalHash(columns, readFileSync(file)) !== workloadHashes[name][rows])
          throw new Error(`${client} does not make the known ${rows} rows of ${name}`)
        console.log(`${name}: ${client} makes the known ${rows} rows`)
      }
    } finally {
      await contender.close()
    }
  }
}
