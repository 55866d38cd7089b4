import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import { type BlockProof, blockProof, type WithBlockProof } from '../../lib/internal-options.js'
import { parseTableSchema } from '../../lib/schema/table-schema.js'
import type { Tunnel } from '../../lib/tunnel.js'
import type { UploadStreamOptions } from '../../lib/upload/upload-options.js'
import type { UploadStream } from '../../lib/upload/upload-stream.js'
import { type EmulatedTable, emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'

/** The varint behind the tag of field 33 554 431, which comes last. */
const trailerChecksum = (block: Buffer): number =>
  block
    .subarray(block.lastIndexOf(Buffer.of(0xf8, 0xff, 0xff, 0x7f)) + 4)
    .reduceRight((value, byte) => value * 128 + (byte & 127), 0)

const cut = { blockRows: 1000, concurrency: 1 }

const proofWith = (former: ReadonlyMap<number, number>): [BlockProof, Map<number, number>] => {
  const sent = new Map<number, number>()
  return [
    {
      former,
      onSent: (blockId, checksum) => {
        sent.set(blockId, checksum)
      },
      beforeCommit: async () => {},
      differs: blockId => new Error(`block ${blockId} has other rows`),
    },
    sent,
  ]
}

const open = (tunnel: Tunnel, options: Partial<UploadStreamOptions>, proof: BlockProof): UploadStream =>
  tunnel.createUploadStream({
    table: 't',
    ...options,
    [blockProof]: proof,
  } as UploadStreamOptions & WithBlockProof)

/** Leaves three blocks of 1000 rows in a session, and gives its id and what was told of them. */
const leftOver = async ({ tunnel }: EmulatedTable): Promise<[string, Map<number, number>]> => {
  const [proof, sent] = proofWith(new Map())
  const upload = open(tunnel, { commit: false, ...cut }, proof)
  await upload.writeAll(rowsUpTo(3000))
  upload.end()
  const { sessionId } = await upload.committed
  return [sessionId, sent]
}

const resume = async (
  { tunnel }: EmulatedTable,
  sessionId: string,
  former: ReadonlyMap<number, number>,
  rows: readonly unknown[],
): Promise<{ skipped: number; sent: readonly number[] }> => {
  const [proof, sent] = proofWith(former)
  const upload = open(tunnel, { sessionId, resume: true, ...cut }, proof)
  await pipeline(Readable.from(rows), upload)
  return { skipped: upload.stats.blocksSkipped, sent: [...sent.keys()] }
}

describe('the proof of blocks', () => {
  test('tells each block once it is on the service, whatever the compression', async context => {
    const told: (readonly [number, number])[][] = []
    for (const compression of ['raw', 'zstd'] as const) {
      const table = await emulatedTable(context)
      const [proof, sent] = proofWith(new Map())
      const upload = open(table.tunnel, { compression, ...cut }, proof)
      await upload.writeAll(rowsUpTo(2500))
      upload.end()
      await upload.committed
      told.push([...sent])
    }
    assert.deepEqual(
      told[0]!.map(([blockId]) => blockId),
      [0, 1, 2],
    )
    assert.deepEqual(told[0], told[1])
  })

  // More than one slice of 256 KiB, so that a sum goes on from slice to slice.
  for (const [what, type, cell, checksumOf] of [
    ['the checksum in the trailer of the block', 'string', 'x'.repeat(20_000), trailerChecksum],
    // Records have one checksum for [1] and [1, null] (protocol 4.6).
    ['of nested values the CRC-32 of its bytes', 'array<string>', ['x'.repeat(20_000), null], crc32],
  ] as const)
    test(`is ${what}`, async context => {
      const { emulator, tunnel } = await emulatedTable(context)
      await emulator.createTable({ name: 'one', columns: { cell: type } })
      const [proof, sent] = proofWith(new Map())
      const upload = open(tunnel, { table: 'one', compression: 'raw' }, proof)
      await upload.writeAll(Array.from({ length: 40 }, () => [cell]))
      upload.end()
      const { rawBytes } = await upload.committed
      const encoder = createRecordEncoder(parseTableSchema({ columns: [{ name: 'cell', type }] }).columns, {})
      for (let i = 0; i < 40; i++) encoder.write([cell], i)
      const block = Buffer.from(encoder.finish())
      assert.equal(rawBytes, block.length)
      assert.deepEqual([...sent], [[0, checksumOf(block)]])
    })

  test('is kept before the commit, and all of it', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const [proof, sent] = proofWith(new Map())
    const kept: unknown[] = []
    const beforeCommit = async (): Promise<void> => {
      await setImmediate()
      kept.push([...sent.keys()], emulator.rowCount('t'))
    }
    const upload = open(tunnel, cut, { ...proof, beforeCommit })
    await pipeline(Readable.from(rowsUpTo(2500)), upload)
    assert.deepEqual(kept, [[0, 1, 2], 0])
    assert.equal(emulator.rowCount('t'), 2500)
  })

  test('lets blocks be skipped that have the same rows', async context => {
    const table = await emulatedTable(context)
    const [sessionId, former] = await leftOver(table)
    assert.deepEqual(await resume(table, sessionId, former, rowsUpTo(3000)), { skipped: 3, sent: [] })
    assert.deepEqual(await readTable(table), rowsUpTo(3000))
  })

  test('refuses a block of as many other rows', async context => {
    const table = await emulatedTable(context)
    const [sessionId, former] = await leftOver(table)
    const rows = rowsUpTo(3000)
    rows[1500] = [1500n, 'another']
    await assert.rejects(resume(table, sessionId, former, rows), /^Error: block 1 has other rows$/)
    assert.equal(table.emulator.rowCount('t'), 0)
  })

  test('sends a block again that nobody knows the rows of', async context => {
    const table = await emulatedTable(context)
    const [sessionId, former] = await leftOver(table)
    former.delete(1)
    const rows = rowsUpTo(3000)
    rows[1500] = [1500n, 'another']
    assert.deepEqual(await resume(table, sessionId, former, rows), { skipped: 2, sent: [1] })
    assert.deepEqual(await readTable(table), rows)
  })
})
