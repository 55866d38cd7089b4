/* The service of memory-child.ts; after the message `slow` a block takes a while. */
import { startEmulator } from '../../lib/emulator/index.js'

const main = async (): Promise<void> => {
  const emulator = await startEmulator({ projects: ['p'] })
  await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  process.on('message', () =>
    emulator.setFaults(({ action }) => (action === 'putBlock' ? { delayMs: 30 } : undefined)),
  )
  process.on('disconnect', () => process.exit(0))
  process.send?.({ endpoint: emulator.endpoint })
}

await main()
