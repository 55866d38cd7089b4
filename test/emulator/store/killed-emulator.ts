/* Run by disk-store.kills.test.ts in a process of its own, which is killed while it commits. */
import { createRecordEncoder } from '../../../lib/codec/rows/record-encoder.js'
import { startEmulator } from '../../../lib/emulator/index.js'
import { idAndName, TableCalls, twoRows } from '../emulator-client.js'

const run = async (dataDir: string): Promise<void> => {
  const emulator = await startEmulator({ dataDir, projects: ['p'] })
  await emulator.createTable({ name: 't', columns: idAndName })
  await emulator.createTable({ name: 'replaced', columns: { n: 'bigint' } })
  const calls = new TableCalls(emulator)
  const replaced = new TableCalls(emulator, '/projects/p/tables/replaced')
  process.stdout.write('ready\n')
  for (let count = 1; ; count++) {
    process.stdout.write(`committing ${count}\n`)
    await calls.upload([twoRows, twoRows, twoRows])
    await replaced.upload([numbers(count)], 'uploads&overwrite=true')
    process.stdout.write(`committed ${count}\n`)
  }
}

const numbers = (count: number): Buffer => {
  const encoder = createRecordEncoder([{ name: 'n', type: { kind: 'bigint' }, nullable: true }])
  for (let row = 0; row < count; row++) encoder.write([BigInt(row)], row)
  return encoder.finish()
}

void run(process.argv[2]!)
