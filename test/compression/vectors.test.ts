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

/** The same 60 bytes as other compressors write them (protocol 5.3). */
const examples: Readonly<Record<string, string>> = {
  deflate: '7801e3081162cac8946400831ff61ca470012e150a45',
  'x-snappy-framed': 'ff060000734e6150705900170000de420c8b3c1c0854120268691900050108f83f08ae0f00',
  zstd: '28b52ffd0058950000500854120268691900f83f0200ca3458005c',
  'x-odps-lz4-frame': '04224d184040c01700000081085412026869190001002ff83f0f001550000000f83f00000000',
}

for (const [encoding, hex] of Object.entries(examples))
  test(`the example of ${encoding}`, async () => {
    const parts: Buffer[] = []
    const wire = Buffer.from(hex, 'hex')
    for await (const part of decompress(encoding, slices(wire, 7))) parts.push(part)
    assert.equal(Buffer.concat(parts).toString('hex'), '08541202686919000000000000f83f'.repeat(4))
  })
