import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGunzip, createInflate } from 'node:zlib'
import { throughZlib } from '../../lib/compression/through-zlib.js'
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

test('bytes come through, whatever their chunks', async () => {
  for (const chunks of [[hello], bytesOf(hello)])
    assert.equal(String(await gather(throughZlib(createInflate(), each(chunks)))), 'hello hello hello')
})

test('what follows the end is left alone, and the source closed', async () => {
  const log: string[] = []
  const chunks = [hello, Buffer.from('more'), Buffer.from('and more')]
  assert.equal(String(await gather(throughZlib(createInflate(), each(chunks, log)))), 'hello hello hello')
  assert.equal(log.at(-1), 'closed')
})

test('a cut and damage have codes of their own', async () => {
  await assert.rejects(gather(throughZlib(createInflate(), each([hello.subarray(0, -1)]))), {
    code: 'ODPS_TRUNCATED_STREAM',
  })
  await assert.rejects(gather(throughZlib(createGunzip(), each([hello]))), { code: 'ODPS_MALFORMED_STREAM' })
})

test('a consumer that stops closes the source', async () => {
  const log: string[] = []
  for await (const _ of throughZlib(createInflate(), each(bytesOf(hello), log))) break
  assert.equal(log.at(-1), 'closed')
})
