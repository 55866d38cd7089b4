import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FilePieces, inPieces } from '../../../lib/cli/formats/file-pieces.js'
import { TextSlabs } from '../../../lib/codec/printing/text-slabs.js'

const long = (sign: string): Buffer => Buffer.alloc(100 * 1024, sign)

describe('pieces of a file', () => {
  test('texts that lie one behind the other are one piece, not copied', () => {
    const slabs = new TextSlabs()
    const pieces = new FilePieces()
    const [first, second] = [slabs.keep(long('a')), slabs.keep(long('b'))]
    pieces.add(first.bytes, 1, first.release)
    pieces.add(second.bytes, 2, second.release)
    const [piece, ...rest] = pieces.take()
    assert.deepEqual(rest, [])
    assert.equal(piece?.rows, 3)
    assert.equal(piece?.bytes.buffer, first.bytes.buffer)
    assert.ok(
      Buffer.concat([long('a'), long('b')]).equals(piece?.bytes ?? Buffer.of()),
      'both texts are in it',
    )
    assert.equal(pieces.length, 0)
    // Memory serves again only when all of the piece is written.
    assert.notEqual(slabs.keep(long('c')).bytes.byteOffset, 0)
    piece?.release?.()
  })

  test('memory serves again when all that was in it is written', () => {
    const slabs = new TextSlabs()
    const first = slabs.keep(long('a'))
    first.release()
    const second = slabs.keep(long('b'))
    assert.equal(second.bytes.buffer, first.bytes.buffer)
    assert.equal(second.bytes.byteOffset, 0)
    // Five hundred texts that are held are never written over.
    const held = Array.from({ length: 500 }, (_, i) => slabs.keep(Buffer.alloc(3000, i & 255)))
    for (const [i, { bytes }] of held.entries())
      assert.ok(
        bytes.every(byte => byte === (i & 255)),
        `text ${i}`,
      )
    assert.ok(second.bytes.equals(long('b')), 'the text before them is as it was')
    for (const { release } of held) release()
    const memories = new Set(Array.from({ length: 20 }, () => slabs.keep(long('x')).bytes.buffer))
    assert.ok(
      held.some(({ bytes }) => memories.has(bytes.buffer)),
      'memory is used again',
    )
  })

  test('short pieces are put together, and their memory is free at once', () => {
    const pieces = new FilePieces()
    let released = 0
    pieces.add(Buffer.alloc(90 * 1024, 'a'), 1, () => released++)
    pieces.add(Buffer.alloc(10, 'b'), 1)
    pieces.add(Buffer.alloc(90 * 1024, 'c'), 1, () => released++)
    const taken = pieces.take()
    assert.equal(taken.length, 1)
    assert.equal(taken[0]?.rows, 3)
    assert.equal(String(taken[0]?.bytes.subarray(90 * 1024 - 1, 90 * 1024 + 11)), 'abbbbbbbbbbc')
    assert.equal(released, 2)
  })

  test('what was gathered is given before the error of its source', async () => {
    const pieces = new FilePieces()
    async function* batches(): AsyncGenerator<string> {
      yield 'one'
      throw new Error('broken off')
    }
    const given: string[] = []
    await assert.rejects(async () => {
      for await (const { bytes } of inPieces(batches(), pieces, batch => pieces.add(Buffer.from(batch), 1)))
        given.push(String(bytes))
    }, /broken off/)
    assert.deepEqual(given, ['one'])
  })
})
