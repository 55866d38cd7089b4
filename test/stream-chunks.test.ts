import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { chunksOf } from '../lib/stream-chunks.js'

const given = [Buffer.from('a'), Buffer.from('bc'), Buffer.from('d')]

/** Bytes that are all there before they are asked for. */
const streamOf = (end: Error | null): Readable => {
  const stream = new Readable({ read() {} })
  for (const chunk of given) stream.push(chunk)
  if (end === null) stream.push(null)
  else setImmediate(() => stream.destroy(end))
  return stream
}

describe('the chunks of a stream', () => {
  test('are those that were pushed, not joined and not copied', async () => {
    const chunks: Buffer[] = []
    for await (const chunk of chunksOf<Buffer>(streamOf(null))) chunks.push(chunk)
    assert.deepEqual(chunks, given)
    assert.ok(
      chunks.every(
        ({ buffer, byteOffset }, i) => buffer === given[i]!.buffer && byteOffset === given[i]!.byteOffset,
      ),
      'a chunk is other memory than what was pushed',
    )
  })

  test('come before the error that ends them', async () => {
    const failure = new Error('cut')
    const chunks: Buffer[] = []
    const all = (async () => {
      for await (const chunk of chunksOf<Buffer>(streamOf(failure))) chunks.push(chunk)
    })()
    await assert.rejects(all, failure)
    assert.deepEqual(chunks, given)
    const again = chunksOf<Buffer>(streamOf(failure))
    for (const value of given) assert.deepEqual(await again.next(), { done: false, value })
    await assert.rejects(again.next(), failure)
    assert.deepEqual(await again.next(), { done: true, value: undefined })
  })

  test('are no more wanted when the iteration is left', async () => {
    const stream = streamOf(null)
    const chunks = chunksOf<Buffer>(stream)
    for await (const _chunk of chunks) break
    assert.equal(stream.destroyed, true)
    // Others had come with the first.
    assert.deepEqual(await chunks.next(), { done: true, value: undefined })
  })

  test('are taken no faster than they are asked for', async () => {
    let pushed = 0
    const stream = new Readable({
      highWaterMark: 4,
      read() {
        this.push(pushed < 100 ? Buffer.from([pushed++]) : null)
      },
    })
    let seen = 0
    for await (const [byte] of chunksOf<Buffer>(stream)) {
      assert.equal(byte, seen++)
      await new Promise(setImmediate)
      assert.ok(pushed <= seen + 10, `${pushed} were read when ${seen} were asked for`)
    }
    assert.equal(seen, 100)
  })

  test('of a stream that was destroyed are an error, not an end', async () => {
    const stream = new Readable({ read() {} })
    stream.destroy()
    await assert.rejects(chunksOf(stream).next(), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  })
})
