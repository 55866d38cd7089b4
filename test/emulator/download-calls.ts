import assert from 'node:assert/strict'
import type { Emulator } from '../../lib/emulator/index.js'
import { idAndName, jsonOf, type Reply, TableCalls, withEmulator } from './emulator-client.js'

/** A refusal in the form of the tunnel: JSON with a code. */
export const refused = (reply: Reply, status: number, code: string): void =>
  assert.equal(`${reply.status} ${jsonOf(reply)['Code']}`, `${status} ${code}`)

/** A table with one block per stream. */
export const withRows = (
  streams: readonly Buffer[],
  run: (calls: TableCalls, emulator: Emulator) => Promise<void>,
  columns: Record<string, string> = idAndName,
): Promise<void> =>
  withEmulator(async emulator => {
    await emulator.createTable({ name: 't', columns })
    const calls = new TableCalls(emulator)
    await calls.upload(streams)
    await run(calls, emulator)
  })
