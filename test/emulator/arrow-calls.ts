import assert from 'node:assert/strict'
import type { Emulator } from '../../lib/emulator/index.js'
import type { RecordVector } from '../codec/golden-vectors.js'
import type { Reply, TableCalls } from './emulator-client.js'

/*
 * Both formats of one table, with bytes that PyODPS wrote: what comes in through one goes out through the other. The rows
 * expected are those that stand in the vectors.
 */

export const createTable = (emulator: Emulator, vector: RecordVector): Promise<void> =>
  emulator.createTable({ name: 't', columns: vector.schema.map(column => ({ ...column })) })

export const put = async (calls: TableCalls, query: string, body: Buffer, headers = {}): Promise<Reply> => {
  const uploadId = await calls.createUpload()
  const reply = await calls.send('PUT', `uploadid=${uploadId}&blockid=0${query}`, { body, headers })
  if (reply.status === 200) assert.equal((await calls.commit(uploadId)).status, 200)
  return reply
}

const hasFarTimes = (cell: unknown): boolean => {
  if (typeof cell !== 'object' || cell === null) return false
  const { seconds, iso } = cell as { seconds?: number; iso?: string }
  if (typeof seconds === 'number' && iso !== undefined) return Math.abs(seconds) > 9_223_372_035
  return Object.values(cell).some(hasFarTimes)
}

/** Times beyond 64 bits of nanoseconds have no form; and text that isn't UTF-8 stands elsewhere. */
export function isServed(vector: RecordVector): boolean {
  return (
    vector.rows !== undefined &&
    !JSON.stringify(vector.rows).includes('bytesHex') &&
    !hasFarTimes(vector.rows)
  )
}
