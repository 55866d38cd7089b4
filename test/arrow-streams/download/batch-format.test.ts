import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BatchFormats } from '../../../lib/arrow-streams/download/batch-format.js'
import { ByteBudget } from '../../../lib/budget/byte-budget.js'
import type { DownloadSession } from '../../../lib/download/download-session.js'
import { RangeRows, type RangeSource } from '../../../lib/download/range-rows.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { arrowVectors } from '../../arrow/tunnel/arrow-vectors.js'
import { columnsOf, streamOf } from '../../codec/golden-vectors.js'

/* Ranges whose answers are streams that PyODPS wrote: ten batches of one row, or batches of 3, 0 and 2 rows. */

const vectors = new Map(arrowVectors('streams').map(vector => [vector.name, vector]))
const ten = vectors.get('ten-batches-of-1')!
const five = vectors.get('empty-between')!

const sessionOf = (types: Record<string, string>, dateTransform = false): DownloadSession => {
  const columns = Object.entries(types).map(([name, type]) => ({
    ...{ name, type: parseDataType(type), nullable: true },
  }))
  const schema = { columns, partitionColumns: [] }
  return { schema, dateTransform, partitionValues: () => [] } as unknown as DownloadSession
}

const session = sessionOf({ id: 'bigint', v: 'string' })

/** Reads rows from a service that gives these streams, one for each request. */
const read = async (count: number, ...streams: readonly Buffer[]) => {
  const asked: string[] = []
  const source: RangeSource = {
    openRange: async ({ start, count, columns, parameters }) => {
      asked.push(`${start},${count}`)
      assert.deepEqual([columns, parameters], [undefined, { arrow: '' }])
      const stream = streams[asked.length - 1]!
      async function* body() {
        yield stream
      }
      return {
        ...{ contentEncoding: undefined, body: body(), requestId: undefined, destroy: () => {} },
        columns: columnsOf(ten),
      }
    },
    origin: { source: { project: 'p', table: 't' }, sessionId: 's' },
    waitBeforeResume: async () => {},
    resumeRules: { attempts: 3, minDelayMs: 0, maxDelayMs: 0, maxElapsedMs: 1000 } as never,
    clock: { now: () => 0, random: () => 0, sleep: async () => {} } as never,
    memory: new ByteBudget(),
  }
  const format = new BatchFormats({}).of(session)
  const rows = new RangeRows(
    source,
    { start: 0, count },
    {
      ...{ columns: undefined, compression: 'raw' as const, format },
    },
  )
  const lengths: number[] = []
  for (let batches = await rows.next(); batches !== undefined; batches = await rows.next())
    lengths.push(...batches.map(({ length }) => length))
  return { lengths, asked }
}

describe('ranges of record batches', () => {
  const [tenRows, fiveRows] = [streamOf(ten)!, streamOf(five)!]

  test('are complete when their batches have the rows asked for', async () => {
    assert.deepEqual(await read(10, tenRows), { lengths: Array(10).fill(1), asked: ['0,10'] })
    assert.deepEqual(await read(5, fiveRows), { lengths: [3, 2], asked: ['0,5'] })
  })

  test('go on when a whole stream has fewer rows, for only the count shows that batches are missing', async () => {
    const { lengths, asked } = await read(20, tenRows, fiveRows, fiveRows)
    assert.equal(
      lengths.reduce((sum, length) => sum + length),
      20,
    )
    assert.deepEqual(asked, ['0,20', '10,10', '15,5'])
  })

  test('are refused when there are more rows, whenever that shows', async () => {
    await assert.rejects(read(9, tenRows, tenRows, tenRows), { code: 'ODPS_COUNT_MISMATCH' })
    await assert.rejects(read(4, fiveRows, fiveRows, fiveRows), { code: 'ODPS_COUNT_MISMATCH' })
  })

  test('are refused when no more rows come', async () => {
    const none = Buffer.from('0001000000000000', 'hex')
    await assert.rejects(read(20, tenRows, none, none, none, none, none), { code: 'ODPS_TRUNCATED_STREAM' })
  })
})

describe('the columns of a download in Arrow', () => {
  test('may not change between its sessions', () => {
    const formats = new BatchFormats({})
    formats.of(session)
    formats.of(sessionOf({ id: 'bigint', v: 'string' }))
    for (const types of [{ id: 'bigint' }, { id: 'bigint', v: 'binary' }, { v: 'string', id: 'bigint' }])
      assert.throws(() => formats.of(sessionOf(types as never)), { code: 'ODPS_SCHEMA_MISMATCH' })
  })

  test('have no DATETIME when the service wants old dates converted', () => {
    for (const type of ['datetime', 'array<struct<a:datetime>>', 'map<string,datetime>'])
      assert.throws(() => new BatchFormats({}).of(sessionOf({ id: 'bigint', d: type }, true)), {
        message: /'d'/,
      })
    new BatchFormats({ columns: ['id'] }).of(sessionOf({ id: 'bigint', d: 'datetime' }, true))
  })
})
