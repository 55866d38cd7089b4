import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnOf } from '../../../lib/arrow/columns/column.js'
import { BatchReader } from '../../../lib/arrow/tunnel/batch-reader.js'
import { type WireBatch, WireTypes } from '../../../lib/arrow/tunnel/wire-types.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { arrowVectors, physicalOf, plainValue } from '../../arrow/tunnel/arrow-vectors.js'
import { columnsOf, loadVectors, type RecordVector, streamOf } from '../../codec/golden-vectors.js'
import { bigint, le, raw, record, stream, zigzag } from '../../codec/hand-made-stream.js'
import { isServed, put, suiteEmulator } from '../arrow-calls.js'
import { jsonOf } from '../emulator-client.js'

const batchesIn = (vector: Pick<RecordVector, 'schema'>, body: Buffer): WireBatch[] => {
  const reader = new BatchReader(new WireTypes(columnsOf(vector as RecordVector)))
  const batches: WireBatch[] = []
  reader.push(body, batches)
  reader.end(batches)
  return batches
}

const arrowRows = (vector: Pick<RecordVector, 'schema'>, body: Buffer): unknown[][] =>
  batchesIn(vector, body).flatMap(({ length, columns }) => {
    const read = columns.map(data => columnOf(data, () => []))
    return Array.from({ length }, (_, row) => read.map(column => plainValue(column.at(row))))
  })

/** The cells of a vector as Arrow holds them, CHAR with its blanks. */
const expectedArrow = (vector: RecordVector): unknown[][] => {
  const types = vector.schema.map(({ type }) => parseDataType(type))
  return vector.rows!.map(row =>
    row.map((cell, i) => {
      const type = types[i]!
      if (type.kind !== 'char' || typeof cell !== 'string') return physicalOf(cell, type)
      return physicalOf(cell + ' '.repeat(type.length - [...cell].length), type)
    }),
  )
}

describe('a table of the emulator in Arrow', () => {
  const createTable = suiteEmulator()
  const sets = ['records-scalar', 'records-complex', 'records-mixed']
  const vectors = sets.flatMap(set => loadVectors(set)).filter(isServed)
  test('there are many', () => assert.ok(vectors.length > 60, String(vectors.length)))

  for (const vector of vectors)
    test(`${vector.name}: records of PyODPS go out in Arrow`, async () => {
      const calls = await createTable(vector.schema)
      const { status, body } = await put(calls, '', streamOf(vector)!)
      assert.equal(status, 200, body.toString())
      const reply = await calls.download('&arrow=')
      assert.equal(reply.status, 200)
      assert.deepEqual(arrowRows(vector, reply.body), expectedArrow(vector))
    })

  const [pair] = arrowVectors('streams').filter(({ name }) => name === 'empty-between')
  test('a range and columns in the order asked, of two blocks', async () => {
    const calls = await createTable(pair!.schema)
    const uploadId = await calls.createUpload()
    for (const [blockId, query] of ['&arrow=', '&arrow'].entries()) {
      const reply = await calls.send('PUT', `uploadid=${uploadId}&blockid=${blockId}${query}`, {
        body: streamOf(pair!)!,
      })
      assert.equal(reply.status, 200)
    }
    assert.equal((await calls.commit(uploadId)).status, 200)
    const downloadId = await calls.createDownload()
    const reply = await calls.read(downloadId, '(3,4)', '&arrow=&columns=v,id')
    const all = [...expectedArrow(pair!), ...expectedArrow(pair!)]
    assert.deepEqual(
      arrowRows({ schema: [pair!.schema[1]!, pair!.schema[0]!] }, reply.body),
      all.slice(3, 7).map(([id, v]) => [v, id]),
    )
    assert.equal((await calls.read(downloadId, '(11,1)', '&arrow=')).status, 400)
  })

  test('an empty table is a stream without batches, and an empty body is a block without rows, in Arrow only', async () => {
    const calls = await createTable(pair!.schema)
    assert.equal((await calls.download('&arrow=')).body.toString('hex'), '0001000000000000')
    for (const body of [Buffer.alloc(0), Buffer.alloc(4), Buffer.from('0001000000000000', 'hex')])
      assert.equal((await put(calls, '&arrow=', body)).status, 200)
    assert.equal((await put(calls, '', Buffer.alloc(0))).status, 400)
  })

  /* Arrow counts nanoseconds in 64 bits, days and months in 32, and digits as the type says. */
  const last = [2n ** 63n / 1_000_000_000n, Number(2n ** 63n % 1_000_000_000n) - 1] as const
  const first = [-(2n ** 63n) / 1_000_000_000n - 1n, 1_000_000_000 - last[1] - 1] as const
  const instant = (seconds: bigint, nanos: number) => ({
    value: [...zigzag(seconds), ...zigzag(nanos)],
    fed: [...le(seconds, 8), ...le(nanos, 4)],
  })
  const int64 = (number: number) => ({ value: zigzag(number), fed: le(number, 8) })
  const digits = (value: string) => ({
    value: [value.length, ...Buffer.from(value)],
    fed: [...Buffer.from(value)],
  })
  const nested = (
    { value, fed }: { value: number[]; fed: number[] },
    before: number[],
    fedBefore: number[] = [],
  ) => ({
    value: [...before, ...value],
    fed: [...fedBefore, ...fed],
  })
  const times = [
    instant(...last),
    instant(...first),
    instant(last[0], last[1] + 1),
    instant(first[0], first[1] - 1),
  ]
  const key = [1, 0, 1, 0x6b]
  const narrow: readonly [
    type: string,
    wireType: number,
    values: readonly { value: number[]; fed: number[] }[],
    problem: RegExp,
  ][] = [
    ['timestamp', 2, times, /1677 to 2262/],
    ['timestamp_ntz', 2, times, /1677 to 2262/],
    ['array<timestamp>', 2, times.map(time => nested(time, [1, 0])), /1677 to 2262/],
    ['struct<t:timestamp>', 2, times.map(time => nested(time, [0])), /1677 to 2262/],
    ['map<string,timestamp>', 2, times.map(time => nested(time, [...key, 1, 0], [0x6b])), /1677 to 2262/],
    [
      'date',
      0,
      [2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1].map(int64),
      /days since 1970 need more than 32 bits/,
    ],
    [
      'interval_year_month',
      0,
      [2 ** 31 - 1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1].map(int64),
      /months need more than 32 bits/,
    ],
    ['decimal(4,2)', 2, ['99.99', '-99.99', '100', '-100'].map(digits), /the DECIMAL has more than 4 digits/],
    ['decimal', 2, ['9'.repeat(36), `-${'9'.repeat(36)}`, `1${'0'.repeat(36)}`, 'x'].map(digits), /DECIMAL/],
  ]
  for (const [type, wireType, values, problem] of narrow)
    test(`${type}: a value that Arrow has no room for is refused by column and row, before any byte of the answer`, async () => {
      const schema = [
        { name: 'id', type: 'bigint' },
        { name: 'c', type },
      ]
      const calls = await createTable(schema)
      const records = values.map(({ value, fed }, i) => record(bigint(1, i), raw(2, wireType, value, fed)))
      assert.equal((await put(calls, '', stream(...records))).status, 200)
      const downloadId = await calls.createDownload()
      const good = await calls.read(downloadId, '(0,2)', '&arrow=')
      assert.equal(good.status, 200)
      assert.deepEqual(
        batchesIn({ schema }, good.body).map(batch => batch.length),
        [2],
      )
      for (const [range, row] of [
        ['(0,4)', 2],
        ['(2,1)', 2],
        ['(3,1)', 3],
      ] as const) {
        const reply = await calls.read(downloadId, range, '&arrow=')
        const { Code, Message } = jsonOf(reply)
        assert.deepEqual([reply.status, Code], [400, 'InvalidArgument'])
        assert.match(String(Message), problem)
        assert.match(
          String(Message),
          new RegExp(
            `^The column c of row ${row}, counted from 0, has no form in Arrow: .*Read it in records`,
          ),
        )
      }
      assert.equal((await calls.read(downloadId, '(0,4)', '&arrow=&columns=id')).status, 200)
      assert.equal((await calls.read(downloadId, '(0,4)')).status, 200)
    })
})
