import assert from 'node:assert/strict'
import type { Emulator } from '../../lib/emulator/index.js'
import { idAndName, jsonOf, type Reply, TableCalls, withEmulator } from './emulator-client.js'

/** A table with the columns id and name. */
export const withTable = (run: (calls: TableCalls, emulator: Emulator) => Promise<void>): Promise<void> =>
  withEmulator(async emulator => {
    await emulator.createTable({ name: 't', columns: idAndName })
    await run(new TableCalls(emulator), emulator)
  })

/** A refusal in the form of the tunnel: JSON, the request id that of the header. */
export const refused = (reply: Reply, status: number, code: string): void => {
  assert.equal(`${reply.status} ${jsonOf(reply)['Code']}`, `${status} ${code}`)
  const { Message, RequestId, HostId } = jsonOf(reply)
  assert.ok(Message && HostId)
  assert.equal(reply.headers['x-odps-request-id'], RequestId)
  assert.match(reply.headers['content-type'] ?? '', /application\/json/)
}
