import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { startEmulator } from '../../lib/emulator/index.js'
import { readBuffers } from '../../lib/http/read-buffers.js'
import { Tunnel } from '../../lib/index.js'

/** Bytes that no compression makes smaller, so that snappy sends them as they are; the same every time. */
const noise = (length: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(length)
  for (let i = 0, x = seed + 1; i < length; i++) {
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    bytes[i] = x >>> 24
  }
  return bytes
}

test('rows hold nothing of the memory that sockets read into again', async t => {
  let given = 0
  const places = new WeakSet<ArrayBufferLike>()
  const { buffer } = readBuffers.onread
  t.mock.method(readBuffers.onread, 'buffer', () => {
    const place = buffer()
    places.add(place.buffer)
    return place
  })
  const give = readBuffers.give.bind(readBuffers)
  // What comes next is read to the same place: here it comes at once, and is wrong.
  t.mock.method(readBuffers, 'give', (memory: ArrayBufferLike) => {
    // Few bytes that were read are copied to where Node keeps other small buffers, too; that memory isn't read into.
    if (places.has(memory)) {
      given++
      new Uint8Array(memory).fill(0xee)
    }
    give(memory)
  })
  await using emulator = await startEmulator()
  const columns = ['id:bigint', 'bytes:binary', 'text:string', 'tags:array<string>'].map(text => {
    const [name, type] = text.split(':')
    return { name: name!, type: type! }
  })
  await emulator.createTable({ name: 't', columns })
  const rows = Array.from({ length: 2500 }, (_, i) => [
    BigInt(i),
    noise(1500, i),
    noise(300, i + 7).toString('base64'),
    [`${i}`, '蟹'.repeat(i % 50)],
  ])
  await emulator.createTable({ name: 'copy', columns })
  await using tunnel = new Tunnel(emulator.connection)
  await tunnel.upload({ table: 't' }, rows)
  for (const compression of ['raw', 'snappy', 'deflate', 'lz4', 'zstd'] as const) {
    given = 0
    // All are kept until the end.
    const read = await tunnel.download({ table: 't', compression, rangeRows: 1000 })
    const wrong = read.findIndex((row, i) => !isDeepStrictEqual(row, rows[i]))
    assert.equal(wrong, -1, `${compression}: row ${wrong} of ${read.length}`)
    assert.ok(given > 10, `${compression}: ${given} buffers serve again`)
    given = 0
    await tunnel.copyTable({
      ...{ from: { table: 't' }, to: { table: 'copy' }, overwrite: true },
      ...{ compression, rangeRows: 1000 },
    })
    if (compression === 'snappy') assert.ok(given > 10, `a copy: ${given} buffers serve again`)
    const copied = await tunnel.download({ table: 'copy', compression: 'raw' })
    assert.ok(isDeepStrictEqual(copied, rows), `${compression}: the copy has the rows`)
  }
})
