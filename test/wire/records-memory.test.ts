import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checksumOf, emptyRegister } from '../../lib/wire/crc32c.js'
import { cellKinds, encodeDescriptors, recordsMemory } from '../../lib/wire/records-memory.js'

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
