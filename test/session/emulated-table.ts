import type { TestContext } from 'node:test'
import { type Emulator, type FaultSource, startEmulator } from '../../lib/emulator/index.js'
import type { TunnelOptions } from '../../lib/options.js'
import { Tunnel } from '../../lib/tunnel.js'

export interface EmulatedTable {
  readonly emulator: Emulator
  readonly tunnel: Tunnel
}

/** `'in-process'` in the processes that run the stream tests once more over the dispatcher. */
const transport = process.env['ODPS_TEST_TRANSPORT'] ?? 'socket'

interface EmulatedTableOptions {
  readonly faults?: FaultSource
  readonly emulatorClock?: () => number
}

export const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }

/**
 * An emulator with the table `t (id bigint, name string)` and a client that retries without waiting; closed after the test.
 * @param emulatorClock epoch milliseconds: when tables are modified, by the emulator
 */
export const emulatedTable = async (
  context: TestContext,
  { faults, emulatorClock, ...options }: TunnelOptions & EmulatedTableOptions = {},
): Promise<EmulatedTable> => {
  const emulator = await startEmulator({
    ...{ credentials, projects: ['p'], faults, clock: emulatorClock },
    listen: transport === 'socket',
  })
  const tunnel = new Tunnel({
    ...emulator.connection,
    retry: { minDelayMs: 0, maxDelayMs: 0 },
    ...options,
  })
  context.after(async () => {
    await tunnel.close()
    await emulator.close()
  })
  await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  return { emulator, tunnel }
}

export const rowsUpTo = (count: number): [bigint, string][] =>
  Array.from({ length: count }, (_, i) => [BigInt(i), `row ${i}`])

/** Puts rows into `t` without the streams under test. */
export const fillTable = async ({ tunnel }: EmulatedTable, count: number): Promise<void> => {
  const session = await tunnel.createUploadSession({ table: 't' })
  await session.upload(0, rowsUpTo(count))
  await session.commit()
}

/** All rows of `t`, read without the streams under test. */
export const readTable = async ({ tunnel }: EmulatedTable): Promise<unknown[]> => {
  const session = await tunnel.createDownloadSession({ table: 't' })
  return session.download(0, session.recordCount)
}
