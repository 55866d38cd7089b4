import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { constants, createInflate, deflateSync } from 'node:zlib'
import { decodeInSteps } from '../../lib/compression/zlib-steps.js'
import { gather } from './chunked-bytes.js'

const plain = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `${i * i},`).join(''))
const wire = deflateSync(plain)
const finish = constants.Z_FINISH

async function* halves(): AsyncGenerator<Buffer> {
  yield wire.subarray(0, wire.length / 2)
  yield wire.subarray(wire.length / 2)
}

test('one chunk may become many pieces, of at most 64 KiB', async () => {
  const pieces: Buffer[] = []
  for await (const piece of decodeInSteps(createInflate(), halves(), { isPassing: false, finish }))
    pieces.push(piece)
  assert.ok(pieces.length > 4 && pieces.every(({ length }) => length <= 64 << 10))
  assert.ok(Buffer.concat(pieces).equals(plain))
})

test('pieces that nobody keeps lie in one place, and it serves the next stream', async () => {
  const places = new Set<ArrayBufferLike>()
  for (let i = 0; i < 2; i++)
    for await (const { buffer } of decodeInSteps(createInflate(), halves(), { isPassing: true, finish }))
      places.add(buffer)
  assert.equal(places.size, 1)
})

test('a chunk is released when all that came of it was looked at', async () => {
  const log: string[] = []
  const release = ({ byteOffset }: Uint8Array): void =>
    void log.push(`released ${byteOffset - wire.byteOffset}`)
  const options = { isPassing: true, finish, release }
  for await (const _ of decodeInSteps(createInflate(), halves(), options)) log.push('piece')
  const [first, second] = ['released 0', `released ${Math.floor(wire.length / 2)}`]
  assert.deepEqual(
    log.filter(entry => entry !== 'piece'),
    [first, second],
  )
  assert.ok(log.indexOf(first) > 1 && log[log.indexOf(first) - 1] === 'piece')
  assert.equal(log.at(-1), second)
})

test('behind the end nothing more is asked for', async () => {
  const chunks = async function* () {
    yield Buffer.concat([wire, Buffer.from('behind it')])
    assert.fail('asked for more')
  }
  const output = await gather(decodeInSteps(createInflate(), chunks(), { isPassing: false, finish }))
  assert.ok(output.equals(plain))
})

test('a decoder that cannot be called serves as a stream', async () => {
  const chunks = async function* () {
    yield Buffer.from('as it ')
    yield Buffer.from('came')
  }
  assert.equal(
    String(await gather(decodeInSteps(new PassThrough(), chunks(), { isPassing: true }))),
    'as it came',
  )
})
