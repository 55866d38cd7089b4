import { startEmulator } from '../../lib/emulator/index.js'

/** Runs the emulator in a process of its own, so that the demo measures the client alone. */
const main = async (): Promise<void> => {
  const emulator = await startEmulator({
    projects: ['demo'],
    credentials: { accessKeyId: 'demo', accessKeySecret: 'demo-secret' },
  })
  await emulator.createTable({
    name: 'flights',
    columns: {
      date: 'timestamp_ntz',
      delay: 'bigint',
      distance: 'bigint',
      origin: 'string',
      destination: 'string',
    },
    partitionColumns: { month: 'string' },
  })
  process.on('message', () => process.send?.({ peakBytes: process.resourceUsage().maxRSS * 1024 }))
  process.on('disconnect', () => process.exit(0))
  process.send?.({ endpoint: emulator.endpoint })
}

await main()
