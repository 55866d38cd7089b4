import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { decompress } from '../../lib/compression/decompressor.js'

interface Vector {
  readonly name: string
  readonly sha256: string
  readonly sha256Wide?: string
  readonly compressed: Record<string, { readonly hex?: string; readonly base64?: string }>
}

const file = new URL('../vectors/compression.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] }

describe('streams compressed by PyODPS', () => {
  test('there are five of them, each in four encodings', () => {
    assert.equal(vectors.length, 5)
    for (const vector of vectors) assert.equal(Object.keys(vector.compressed).length, 4)
  })

  for (const vector of vectors)
    for (const [encoding, { hex, base64 }] of Object.entries(vector.compressed))
      test(`${vector.name} ${encoding}`, async () => {
        const bytes = hex === undefined ? Buffer.from(base64!, 'base64') : Buffer.from(hex, 'hex')
        for (const size of [bytes.length, 1000, 1]) {
          const hash = createHash('sha256')
          for await (const chunk of decompress(encoding, slices(bytes, size))) hash.update(chunk)
          assert.equal(hash.digest('hex'), vector.sha256Wide ?? vector.sha256)
        }
      })
})

async function* slices(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
