import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { type ColumnDefinition, type Emulator, startEmulator } from '../../lib/emulator/index.js'
import type { RecordVector } from '../codec/golden-vectors.js'
import { type Reply, TableCalls } from './emulator-client.js'

/*
 * Both formats of one table, with bytes that PyODPS wrote: what comes in through one goes out through the other. The rows
 * expected are those that stand in the vectors.
 */

/**
 * One emulator for the tests of a suite.
 * @returns what creates a table of its own for a test
 */
export const suiteEmulator = (): ((columns: readonly ColumnDefinition[]) => Promise<TableCalls>) => {
  let emulator: Emulator
  let tables = 0
  before(async () => {
    emulator = await startEmulator({ projects: ['p'] })
  })
  after(() => emulator.close())
  return async columns => {
    const name = `t${++tables}`
    await emulator.createTable({ name, columns: columns.map(column => ({ ...column })) })
    return new TableCalls(emulator, `/projects/p/tables/${name}`)
  }
}

/** Uploads a body as a block, and commits, which shows that of a refused one nothing is left. */
export const put = async (calls: TableCalls, query: string, body: Buffer, headers = {}): Promise<Reply> => {
  const uploadId = await calls.createUpload()
  const reply = await calls.send('PUT', `uploadid=${uploadId}&blockid=0${query}`, { body, headers })
  assert.equal((await calls.commit(uploadId)).status, 200)
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
