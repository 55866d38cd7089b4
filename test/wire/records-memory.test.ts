import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checksumOf, emptyRegister } from '../../lib/wire/crc32c.js'
import { cellKinds, encodeDescriptors, RecordsMemory, recordsMemory } from '../../lib/wire/records-memory.js'
import { recordsModule, recordsModuleWithoutSimd } from '../../lib/wire/records-module.js'
import { crc } from '../codec/hand-made-stream.js'

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => { readonly exports: ConstructorParameters<typeof RecordsMemory>[0] }
}

const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }

for (const [name, module] of Object.entries({ recordsModule, recordsModuleWithoutSimd }))
  test(`CRC-32C of every length and place, and what was seen, by ${name}`, () => {
    const memory = new RecordsMemory(new api.Instance(new api.Module(Buffer.from(module, 'base64'))).exports)
    const from = 64 * 1024
    // Twice the four lanes, and more than two turns of seven blocks of sixteen.
    for (let length = 0; length < 2200; length += length < 700 ? 1 : 37) {
      const at = from + (length % 17)
      const bytes = memory.bytes.subarray(at, at + length)
      for (let i = -1; i <= length; i++) memory.bytes[at + i] = Math.imul(i + length, 0x9e3779b1) >>> 25
      const odd = (length * 7) % (length + 1)
      if (odd < length) bytes[odd]! |= 128
      const register = length % 3 === 0 ? emptyRegister : Math.imul(length, 0x85ebca6b)
      // Bit by bit, from that register on: its bits are XORed into the first four bytes of zeroes that made it.
      const wanted = crc(bytes.length < 4 ? bytes : withRegister(bytes, register))
      const seen = bytes.reduce((all, byte) => all | byte, 0)
      const start = bytes.length < 4 ? emptyRegister : register
      assert.equal(checksumOf(memory.call.crcBytes(start, at, at + length)), wanted, `${length} bytes`)
      const bits = memory.call.seenBits()
      assert.equal((bits | (bits >>> 8) | (bits >>> 16) | (bits >>> 24)) & 255, seen, `${length} bytes`)
    }
  })

/** The bytes that from the empty register lead where these lead from another. */
const withRegister = (bytes: Uint8Array, register: number): Uint8Array => {
  const changed = Uint8Array.from(bytes)
  for (let i = 0; i < 4; i++) changed[i]! ^= ((register ^ emptyRegister) >>> (8 * i)) & 255
  return changed
}

/** Runs of characters of one, two, three and four bytes, in UTF-16 units; a lone surrogate among them now and then. */
const mixedText = (seed: number): string => {
  let random = Math.imul(seed + 1, 0x9e3779b1)
  const next = (below: number): number => {
    random ^= random << 13
    random ^= random >>> 17
    random ^= random << 5
    return (random >>> 0) % below
  }
  const samples = ['a\u007f', 'é\u0080\u07ff', '中\u0800\ud7ff\ue000\uffff', '😀\u{10000}\u{10ffff}']
  let text = ''
  for (let run = next(6); run > 0; run--) {
    const characters = [...samples[next(4)]!]
    for (let left = next(40); left > 0; left--) text += characters[next(characters.length)]
    if (next(12) === 0) text += String.fromCharCode(0xd800 + next(0x800))
  }
  return text
}

for (const [name, module] of Object.entries({ recordsModule, recordsModuleWithoutSimd }))
  test(`text as UTF-8, or with lone surrogates, by ${name}`, () => {
    const memory = new RecordsMemory(new api.Instance(new api.Module(Buffer.from(module, 'base64'))).exports)
    const target = Buffer.alloc(1024)
    let refused = 0
    for (let seed = 0; seed < 20_000; seed++) {
      const text = mixedText(seed)
      const bytes = memory.putUtf8(text, target, 7)
      const isWellFormed = !/\p{Surrogate}/u.test(text)
      if (!isWellFormed) refused++
      // What the Encoding standard makes of it.
      const wanted = isWellFormed ? new TextEncoder().encode(text) : undefined
      assert.equal(bytes, wanted?.length ?? -1, JSON.stringify(text))
      if (wanted) assert.ok(target.subarray(7, 7 + bytes).equals(wanted), JSON.stringify(text))
    }
    assert.ok(refused > 1000, `${refused} texts with lone surrogates`)
  })

test('CRC-32C of many bytes, in pieces', () => {
  // By google-crc32c: value(b'ab' * 100_000).
  const bytes = Buffer.from('ab'.repeat(100_000))
  assert.equal(checksumOf(recordsMemory()!.crc(emptyRegister, bytes)), 1_943_210_145)
})

test('the memory grows, keeps what it has, and its views are new', () => {
  const memory = recordsMemory()!
  const before = memory.bytes.length
  memory.totals = -7
  memory.reserve(before + 1)
  assert.ok(memory.bytes.length > before)
  for (const view of [memory.float64, memory.int64, memory.int32, memory.float32])
    assert.equal(view.byteLength, memory.bytes.length)
  assert.equal(memory.totals, -7)
  memory.reserve(1)
  assert.ok(memory.bytes.length > before)
})

test('there is one for all', () => assert.equal(recordsMemory(), recordsMemory()))

test('there is none where WebAssembly is not to be had', () => {
  const url = new URL('../../lib/wire/records-memory.ts', import.meta.url).href
  const code = `const m = await import(${JSON.stringify(url)}); delete globalThis.WebAssembly; console.log(m.recordsMemory())`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', code],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  )
  assert.equal(stdout.trim(), 'undefined', stderr)
})

test('where there is no SIMD, WebAssembly without it is used: it writes and reads the same', () => {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const code = `
    const { Module } = WebAssembly
    let refused = 0
    WebAssembly.Module = class {
      constructor(bytes) {
        if (refused++ === 0) throw new WebAssembly.CompileError('Wasm SIMD unsupported')
        return new Module(bytes)
      }
    }
    const { createRecordEncoder, createProtobufEncoder } = await import(${url('../../lib/codec/rows/record-encoder.ts')})
    const { createRecordDecoder } = await import(${url('../../lib/codec/rows/record-decoder.ts')})
    const { recordsMemory } = await import(${url('../../lib/wire/records-memory.ts')})
    const columns = [{ name: 's', type: { kind: 'string' }, nullable: true }]
    const units = ['x', 'é', '中', '😀', 'x中', '中中中中中x']
    const rows = Array.from({ length: 1500 }, (_, i) => [units[i % 6].repeat(i % 400)])
    const [staged, plain] = [createRecordEncoder(columns), createProtobufEncoder(columns)]
    for (const [i, row] of rows.entries()) for (const encoder of [staged, plain]) encoder.write(row, i)
    const bytes = plain.finish()
    const read = []
    createRecordDecoder(columns).push(bytes, read)
    const same = [staged.finish().equals(bytes), JSON.stringify(read) === JSON.stringify(rows)]
    console.log(refused, recordsMemory() !== undefined, ...same)`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', code],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  )
  assert.equal(stdout.trim(), '2 true true true', stderr)
})

test('a descriptor is sixteen bytes, as assembly/layout.ts says', () => {
  const bytes = encodeDescriptors([
    { kind: cellKinds.boolean, tag: [0x08], slot: 24 },
    { kind: cellKinds.text, tag: [0x82, 0x01], slot: 0x1234 },
    { kind: cellKinds.integer, tag: [0x78], slot: 8, bits: 16 },
  ])
  // Its kind, the length of its tag, its bits or heap, a byte for what is seen; its tag; its slot; the mask of its tag.
  const parts = [
    ...['02014000', '08000000', '18000000', 'ff000000'],
    ...['03020000', '82010000', '34120000', 'ffff0000'],
    ...['00011000', '78000000', '08000000', 'ff000000'],
  ]
  assert.equal(Buffer.from(bytes).toString('hex'), parts.join(''))
})
