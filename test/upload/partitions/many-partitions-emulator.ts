/* The service of many-partitions.ts. The message `check` asks for what it holds: rows, partitions, and which are out of order. */
import { startEmulator } from '../../../lib/emulator/index.js'

const main = async (): Promise<void> => {
  const emulator = await startEmulator({ projects: ['p'] })
  const columns = { id: 'bigint', name: 'string' }
  await emulator.createTable({ name: 'p', columns, partitionColumns: { k: 'bigint' } })
  const check = async (partitions: readonly string[]): Promise<void> => {
    let rows = 0
    const disordered: string[] = []
    for (const partition of partitions) {
      const ids = (await emulator.rows('p', partition, { rowShape: 'array' })).map(
        row => (row as unknown as bigint[])[0]!,
      )
      rows += ids.length
      if (ids.some((id, i) => i > 0 && id <= ids[i - 1]!)) disordered.push(partition)
    }
    process.send?.({ rows, disordered })
  }
  process.on('message', (partitions: readonly string[]) => void check(partitions))
  process.on('disconnect', () => process.exit(0))
  process.send?.({ endpoint: emulator.endpoint })
}

await main()
