import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constants, createGunzip, createInflate } from 'node:zlib'
import { throughZlib } from '../../lib/compression/through-zlib.js'
import { decodeInSteps } from '../../lib/compression/zlib-steps.js'
import { gather } from './chunked-bytes.js'

/* By Python: zlib.compress(b'hello hello hello', 9). */
const hello = Buffer.from('78dacb48cdc9c957c84090003a2e067d', 'hex')

const each = async function* (chunks: readonly Buffer[], log: string[] = []): AsyncGenerator<Buffer> {
  try {
    for (const chunk of chunks) {
      log.push('asked')
      yield chunk
    }
  } finally {
    log.push('closed')
  }
}
const bytesOf = (bytes: Buffer): Buffer[] => [...bytes].map(byte => Buffer.of(byte))

const ways: Record<string, typeof throughZlib> = {
  'as a stream': throughZlib,
  'in steps': (decoder, chunks) =>
    decodeInSteps(decoder, chunks, { isPassing: false, finish: constants.Z_FINISH }),
  'in steps that write to one place': async function* (decoder, chunks) {
    const options = { isPassing: true, finish: constants.Z_FINISH }
    for await (const bytes of decodeInSteps(decoder, chunks, options)) yield Buffer.from(bytes)
  },
}

for (const [way, decode] of Object.entries(ways))
  describe(`a decoder of zlib, ${way}`, () => {
    test('bytes come through, whatever their chunks', async () => {
      for (const chunks of [[hello], bytesOf(hello)])
        assert.equal(String(await gather(decode(createInflate(), each(chunks)))), 'hello hello hello')
    })

    test('what follows the end is left alone, and the source closed', async () => {
      const log: string[] = []
      const chunks = [hello, Buffer.from('more'), Buffer.from('and more')]
      assert.equal(String(await gather(decode(createInflate(), each(chunks, log)))), 'hello hello hello')
      assert.equal(log.at(-1), 'closed')
    })

    test('a cut and damage have codes of their own', async () => {
      await assert.rejects(gather(decode(createInflate(), each([hello.subarray(0, -1)]))), {
        code: 'ODPS_TRUNCATED_STREAM',
      })
      await assert.rejects(gather(decode(createGunzip(), each([hello]))), { code: 'ODPS_MALFORMED_STREAM' })
    })

    test('a consumer that stops closes the source', async () => {
      const log: string[] = []
      for await (const _ of decode(createInflate(), each(bytesOf(hello), log))) break
      assert.equal(log.at(-1), 'closed')
    })
  })
