import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  checksumOf,
  crc32c,
  crcByte,
  crcInt32,
  crcInt64,
  crcRange,
  emptyRegister,
  nonAscii,
  seenBits,
} from '../../lib/wire/crc32c.js'
import { crc } from '../codec/hand-made-stream.js'

interface Vector {
  readonly name: string
  readonly hex?: string
  readonly repeatHex?: string
  readonly times?: number
  readonly ops?: readonly (readonly [kind: string, value: never])[]
  readonly crc32c: number
}

const { vectors } = JSON.parse(readFileSync(new URL('../vectors/crc32c.json', import.meta.url), 'utf8')) as {
  vectors: Vector[]
}

const scratch = new DataView(new ArrayBuffer(8))

const feed = (register: number, kind: string, value: never): number => {
  switch (kind) {
    case 'int32':
      return crcInt32(register, value)
    case 'int64': {
      scratch.setBigInt64(0, BigInt(value), true)
      return crcInt64(register, scratch.getInt32(0, true), scratch.getInt32(4, true))
    }
    case 'float32':
      scratch.setFloat32(0, Number(value), true)
      return crcRange(register, scratch, 0, 4)
    case 'float64':
      scratch.setFloat64(0, Number(value), true)
      return crcRange(register, scratch, 0, 8)
    case 'bool':
      return crcByte(register, value ? 1 : 0)
    default: {
      const bytes = Uint8Array.from(Buffer.from(value, 'hex'))
      return crcRange(register, new DataView(bytes.buffer), 0, bytes.length)
    }
  }
}

describe('CRC-32C', () => {
  for (const vector of vectors)
    test(`vector ${vector.name}`, () => {
      if (vector.ops) {
        const register = vector.ops.reduce((r, [kind, value]) => feed(r, kind, value), emptyRegister)
        assert.equal(checksumOf(register), vector.crc32c)
        return
      }
      const hex = vector.hex ?? vector.repeatHex!.repeat(vector.times!)
      assert.equal(crc32c(Buffer.from(hex, 'hex')), vector.crc32c)
    })

  test('agrees with bit by bit, in parts, at any offset, and tells ASCII', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(), (bytes, at) => {
        const cut = at % (bytes.length + 1)
        const expected = crc(bytes)
        assert.equal(crc32c(bytes), expected)
        assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), expected)
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        crcRange(emptyRegister, view, cut, bytes.length)
        assert.equal(
          (seenBits[0]! & nonAscii) !== 0,
          bytes.subarray(cut).some(byte => byte > 127),
        )
      }),
      { numRuns: 500, seed: 20_010_203 },
    )
  })

  test('of many bytes, in WebAssembly, agrees with bit by bit, and tells ASCII', () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24)
    const ascii = bytes.map(byte => byte & 127)
    for (const length of [511, 512, 513, 639, 1024, 2047, 4097, 8191, 32_768, 32_769, 65_536, 70_000])
      for (const from of [0, 1, 7]) {
        const part = bytes.subarray(from, length)
        const expected = crc(part)
        assert.equal(crc32c(part), expected)
        assert.equal(crc32c(part.subarray(500), crc32c(part.subarray(0, 500))), expected)
        for (const at of [from, (from + length) >> 1, length - 1, undefined]) {
          const text = Uint8Array.from(ascii)
          if (at !== undefined) text[at]! |= 128
          crcRange(emptyRegister, new DataView(text.buffer), from, length)
          assert.equal((seenBits[0]! & nonAscii) !== 0, at !== undefined, `${from} to ${length}, ${at}`)
        }
      }
  })

  test('a byte may as well stand at the seven places of fold.ts, by XOR', () => {
    const distances = [17, 62, 63, 87, 103, 108, 112]
    // Without the inverting at the start, by zeroes: the checksum is a sum of those of its bytes, then.
    const sum = (bytes: number[]) => crc(bytes) ^ crc(bytes.map(() => 0))
    for (const byte of [1, 0x80, 0xa5]) {
      const zeroes = (): number[] => new Array<number>(113).fill(0)
      const moved = zeroes()
      for (const distance of distances) moved[distance]! ^= byte
      const first = zeroes()
      first[0] = byte
      assert.equal(sum(moved), sum(first))
    }
  })
})
