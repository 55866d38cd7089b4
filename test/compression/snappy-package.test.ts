import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { compressSync, uncompressSync } from 'snappy'
import { loadWasmBlocks } from '../../lib/compression/snappy-package.js'

const run = promisify(execFile)
const copied = { copyOutputData: true } as const

/** From bytes that repeat at once to bytes that never do. */
const blocks = fc
  .tuple(fc.integer({ min: 0, max: 65_536 }), fc.integer({ min: 1, max: 256 }), fc.integer())
  .map(([length, symbols, seed]) => {
    const bytes = Buffer.alloc(length)
    let state = seed | 1
    for (let i = 0; i < length; i++) {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
      state ^= state << 13
      bytes[i] = (state >>> 8) % symbols
    }
    return bytes
  })

describe('snappy in WebAssembly, against the native package', () => {
  test('each reads what the other packs', async () => {
    const wasm = await loadWasmBlocks()
    fc.assert(
      fc.property(blocks, bytes => {
        assert.ok((uncompressSync(wasm.compress(bytes), copied) as Buffer).equals(bytes))
        assert.ok(wasm.uncompress(compressSync(bytes, copied), bytes.length).equals(bytes))
      }),
      { numRuns: 300 },
    )
  })

  test('a block that was cut is refused, and one that was changed wherever the native package refuses it', async () => {
    const wasm = await loadWasmBlocks()
    const isTaken = (decode: () => unknown): boolean => {
      try {
        decode()
        return true
      } catch {
        return false
      }
    }
    const bytes = Buffer.from('the same words, the same words, and the same words once more. '.repeat(3))
    const packed = compressSync(bytes, copied)
    for (let length = 0; length < packed.length; length++)
      assert.ok(!isTaken(() => wasm.uncompress(packed.subarray(0, length), bytes.length)), `cut at ${length}`)
    for (let bit = 0; bit < packed.length * 8; bit++) {
      const changed = Buffer.from(packed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      if (isTaken(() => wasm.uncompress(changed, bytes.length)))
        assert.ok(
          isTaken(() => uncompressSync(changed, copied)),
          `bit ${bit}`,
        )
    }
  })
})

describe('without native addons', () => {
  test('rows go up and come down in snappy, and the diagnostics channel says once what does the work', async () => {
    const child = fileURLToPath(new URL('without-addons.ts', import.meta.url))
    const { stdout } = await run(process.execPath, ['--no-addons', '--import', 'tsx', child])
    assert.deepEqual(JSON.parse(stdout), {
      rows: [
        [1, 'a'.repeat(1000)],
        [2, null],
      ],
      messages: [{ name: 'snappy', instead: 'hysnappy', saysWhy: true }],
    })
  })
})
