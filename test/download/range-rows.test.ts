import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteBudget } from '../../lib/budget/byte-budget.js'
import { type RangeFormat, recordFormat } from '../../lib/download/range-decoder.js'
import type { RangeRequest, RangeResponse } from '../../lib/download/range-request.js'
import { RangeRows, type RangeSource } from '../../lib/download/range-rows.js'
import { TunnelProtocolError } from '../../lib/errors.js'
import { columns, type HandMadeRecord, raw, record, trailer, zigzag } from '../codec/hand-made-stream.js'
import { createFakeClock } from '../http/scripted-server.js'

const schema = columns('id:bigint')
const rowOf = (id: number): HandMadeRecord => record(raw(1, 0, zigzag(id), zigzagFed(id)))
const zigzagFed = (id: number): number[] =>
  Array.from({ length: 8 }, (_, i) => (id >> (8 * i)) & (i < 4 ? 255 : 0))
const rows = [1, 2, 3].map(rowOf)
const recordBytes = Buffer.from(rows.flatMap(({ bytes }) => bytes))
const good = Buffer.from(trailer(rows))
const bad = Buffer.from(good)
bad[bad.length - 2]! ^= 1

/** Answers each request with these chunks. */
const source = (...bodies: Buffer[][]): RangeSource & { readonly asked: RangeRequest[] } => {
  const asked: RangeRequest[] = []
  return {
    asked,
    clock: createFakeClock(),
    memory: new ByteBudget(),
    resumeRules: { attempts: 8, minDelayMs: 0, maxDelayMs: 0 },
    origin: { source: { project: 'p', table: 't' }, sessionId: 's' },
    waitBeforeResume: async () => {},
    openRange: async (request): Promise<RangeResponse> => {
      const body = bodies[Math.min(asked.length, bodies.length - 1)]!
      asked.push(request)
      const chunks = async function* () {
        yield* body
      }
      return {
        ...{ contentEncoding: undefined, body: chunks(), columns: schema, requestId: undefined },
        destroy: () => {},
      }
    },
  }
}

const read = async (
  from: RangeSource,
  count: number,
): Promise<{ rows: unknown[]; error: { code?: string } | undefined }> => {
  const options = { columns: undefined, compression: 'raw', format: recordFormat({}) } as const
  const range = new RangeRows(from, { start: 0, count }, options)
  const all: unknown[] = []
  try {
    for (let batch = await range.next(); batch !== undefined; batch = await range.next()) all.push(...batch)
    return { rows: all, error: undefined }
  } catch (error) {
    return { rows: all, error: error as { code?: string } }
  }
}

/** The records and the trailer as one chunk, as two, and byte by byte. */
const cuts = (end: Buffer): Buffer[][] => {
  const whole = Buffer.concat([recordBytes, end])
  return [[whole], [recordBytes, end], [...whole].map(byte => Buffer.from([byte]))]
}

test('chunks are released when they have been decoded, and are not looked at any more', async () => {
  const chunks = [recordBytes, good].map(bytes => Buffer.from(bytes))
  const released: Uint8Array[] = []
  const from = source(chunks)
  const open = from.openRange
  from.openRange = async request => {
    const response = await open(request)
    const release = (chunk: Uint8Array): void => {
      released.push(chunk.fill(0xff))
    }
    return { ...response, body: Object.assign(response.body, { release }) }
  }
  assert.deepEqual(await read(from, 3), { rows: [[1n], [2n], [3n]], error: undefined })
  assert.deepEqual(released, chunks)
})

describe('the rows of a range', () => {
  test('come when the trailer agrees', async () => {
    for (const body of cuts(good)) {
      const answers = source(body)
      assert.deepEqual(await read(answers, 3), { rows: [[1n], [2n], [3n]], error: undefined })
      assert.equal(answers.asked.length, 1)
    }
  })

  test('the last of them wait for it: a range of one batch whose trailer disagrees gives none', async () => {
    for (const body of cuts(bad).slice(0, 2)) {
      const answers = source(body)
      const { rows, error } = await read(answers, 3)
      assert.deepEqual(rows, [])
      assert.equal(error?.code, 'ODPS_CHECKSUM_MISMATCH')
      assert.equal(answers.asked.length, 3, 'it is asked for again twice')
      // No row was given, so that another answer may still give them all, once.
      const second = source(body, [Buffer.concat([recordBytes, good])])
      assert.deepEqual(await read(second, 3), { rows: [[1n], [2n], [3n]], error: undefined })
    }
    // Byte by byte the first two rows come at once, and the third never.
    const { rows, error } = await read(source(cuts(bad)[2]!), 3)
    assert.deepEqual(rows, [[1n], [2n]])
    assert.equal(error?.code, 'ODPS_CHECKSUM_MISMATCH')
  })

  test('more than were asked for are an error, and none of the surplus is given', async () => {
    for (const body of cuts(good)) {
      const { rows, error } = await read(source(body), 2)
      assert.equal(error?.code, 'ODPS_COUNT_MISMATCH')
      assert.ok(rows.length < 2)
    }
  })
})

/** Items of up to two bytes, each byte a row, and a zero for the end: as unlike records as may be. */
const pairFormat: RangeFormat<string> = {
  parameters: { pairs: '' },
  load: async () => (_response, firstRow) => {
    const decoder = {
      rows: 0,
      rawBytes: 0,
      ended: false,
      push: (chunk: Uint8Array, items: string[]): void => {
        decoder.rawBytes += chunk.length
        for (const text of Buffer.from(chunk)
          .toString()
          .match(/[^0]{1,2}|0/g) ?? [])
          if (text === '0') decoder.ended = true
          else {
            items.push(`${firstRow + decoder.rows}${text}`)
            decoder.rows += text.length
          }
      },
      end: (): void => {
        if (!decoder.ended) throw new TunnelProtocolError('ODPS_TRUNCATED_STREAM', 'cut', { retryable: true })
      },
    }
    return decoder
  },
}

test('items of another format are counted by their rows, and gone on with behind the last row given', async () => {
  const from = source([Buffer.from('abc'), Buffer.from('d')], [Buffer.from('ef'), Buffer.from('0')])
  const format = pairFormat
  const range = new RangeRows(
    from,
    { start: 10, count: 6 },
    { columns: undefined, compression: 'raw', format },
  )
  const items: string[] = []
  for (let some = await range.next(); some !== undefined; some = await range.next()) items.push(...some)
  assert.deepEqual(items, ['10ab', '12c', '13d', '14ef'])
  const asked = from.asked.map(({ start, count, parameters }) => ({ start, count, parameters }))
  assert.deepEqual(asked, [
    { start: 10, count: 6, parameters: { pairs: '' } },
    { start: 14, count: 2, parameters: { pairs: '' } },
  ])
})
