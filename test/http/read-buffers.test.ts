import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ReadBuffers, readBuffers } from '../../lib/http/read-buffers.js'
import { type RawBody, ResponseBody } from '../../lib/http/response-body.js'

const most = 64 * 1024

/** What a socket does after it has read so many bytes: it hands them on, and takes what it reads into next. */
const read = (buffers: ReadBuffers, bytesRead: number): { pushed: Buffer; buffer: Uint8Array } => {
  const { buffer: take, callback } = buffers.onread
  const buffer = take()
  buffer.fill(bytesRead & 255)
  const all: Buffer[] = []
  const socket = { push: (chunk: Buffer) => all.push(chunk) === 1 }
  assert.equal(callback.call(socket, bytesRead, buffer), true)
  return { pushed: all[0]!, buffer }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** In a turn of its own: what a weak reference was made of is kept until the end of the turn. */
const collect = async (): Promise<void> => {
  await setImmediate()
  collectGarbage()
}

describe('memory that sockets read into', () => {
  test('is read into again only when it was given back, and once', () => {
    const buffers = new ReadBuffers()
    const first = read(buffers, most)
    assert.equal(first.pushed.buffer, first.buffer.buffer)
    const second = read(buffers, 40_000)
    assert.equal(second.pushed.length, 40_000)
    assert.notEqual(second.buffer.buffer, first.buffer.buffer)
    buffers.give(first.buffer.buffer)
    buffers.give(first.buffer.buffer)
    assert.equal(read(buffers, most).buffer.buffer, first.buffer.buffer)
    assert.notEqual(read(buffers, most).buffer.buffer, first.buffer.buffer)
  })

  test('is not held by a few bytes: they are copied, and it serves at once', () => {
    const buffers = new ReadBuffers()
    const { pushed, buffer } = read(buffers, 1000)
    assert.deepEqual(pushed, Buffer.alloc(1000, 1000 & 255))
    assert.ok(pushed.buffer !== buffer.buffer, 'they lie elsewhere')
    assert.equal(read(buffers, 7).buffer, buffer)
    assert.deepEqual(pushed, Buffer.alloc(1000, 1000 & 255))
  })

  test('of others is left alone', () => {
    const buffers = new ReadBuffers()
    const other = new ArrayBuffer(most)
    buffers.give(other)
    assert.notEqual(buffers.onread.buffer().buffer, other)
  })

  test('waits in small amounts, unless an answer is being read, and beyond that until the engine collects', async () => {
    const buffers = new ReadBuffers()
    const waiting = (): number => {
      const known = new Set(lent)
      for (let count = 0; ; count++) if (!known.has(buffers.onread.buffer().buffer)) return count
    }
    const lend = (count: number) => Array.from({ length: count }, () => read(buffers, most).buffer.buffer)
    let lent: ArrayBufferLike[] = []
    const lendAndGive = (): void => {
      lent = lend(600)
      for (const memory of lent) buffers.give(memory)
    }
    lendAndGive()
    assert.equal(waiting(), 64 + 512)
    lendAndGive()
    await collect()
    assert.equal(waiting(), 64)
    buffers.enter()
    lendAndGive()
    await collect()
    assert.equal(waiting(), 512)
    lendAndGive()
    buffers.leave()
    await collect()
    assert.equal(waiting(), 64)
  })
})

test('the memory of an answer is given back when all that lies in it was released', async t => {
  const given: ArrayBufferLike[] = []
  t.mock.method(readBuffers, 'give', (memory: ArrayBufferLike) => given.push(memory))
  const memories = [1, 2, 3].map(() => Buffer.alloc(most))
  // As chunks of HTTP cut it: the first two lie in the same memory.
  const chunks = [memories[0]!.subarray(0, 10), memories[0]!.subarray(20), memories[1]!, memories[2]!]
  const context = { purpose: '', method: 'GET', path: '/', host: '', attempts: 1, requestTimeoutMs: 1 }
  const body = new ResponseBody(Readable.from(chunks) as unknown as RawBody, context as never, undefined)
  const after: number[] = []
  for await (const chunk of body) {
    body.release(chunk)
    after.push(given.length)
  }
  assert.deepEqual(after, [0, 0, 1, 2])
  assert.deepEqual(given, [memories[0]!.buffer, memories[1]!.buffer])
})

for (const end of ['is read to its end', 'is left', 'breaks'])
  test(`an answer that ${end} counts as read no longer`, async t => {
    const enter = t.mock.method(readBuffers, 'enter')
    const leave = t.mock.method(readBuffers, 'leave')
    const stream = new Readable({ read() {} })
    stream.push(Buffer.alloc(most))
    if (end !== 'breaks') stream.push(null)
    const context = { purpose: '', method: 'GET', path: '/', host: '', attempts: 1, requestTimeoutMs: 1 }
    const body = new ResponseBody(stream as unknown as RawBody, context as never, undefined)
    const reading = (async () => {
      for await (const _chunk of body) {
        if (end === 'is left') break
        if (end === 'breaks') stream.destroy(new Error('cut'))
      }
    })()
    await (end === 'breaks' ? assert.rejects(reading, { message: 'cut' }) : reading)
    assert.deepEqual([enter.mock.callCount(), leave.mock.callCount()], [1, 1])
  })
