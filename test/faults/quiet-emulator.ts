/* An emulator in a process of its own. Prints its endpoint. */
import { startEmulator } from '../../lib/emulator/index.js'

const emulator = await startEmulator({ projects: ['p'] })
await emulator.createTable({
  name: 't',
  columns: { id: 'bigint', name: 'string', at: 'datetime', x: 'double' },
})
console.log(emulator.endpoint)
