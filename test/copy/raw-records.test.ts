import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { inflateSync } from 'node:zlib'
import snappy from 'snappy'
import { ByteBudget } from '../../lib/budget/byte-budget.js'
import { createRecordScanner, type ScannedRecord } from '../../lib/codec/stream/record-scanner.js'
import { ChunkPool } from '../../lib/compression/chunk-pool.js'
import { contentEncodingOf } from '../../lib/compression/compression.js'
import { decompress } from '../../lib/compression/decompressor.js'
import { snappyIdentifier } from '../../lib/compression/snappy.js'
import type { CopyVerification } from '../../lib/copy/copy-options.js'
import { type RawRecords, rawFormat } from '../../lib/copy/raw-records.js'
import { RawTransaction } from '../../lib/copy/raw-transaction.js'
import type { RangeResponse } from '../../lib/download/range-request.js'
import { TunnelError } from '../../lib/errors.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { newUploadStats } from '../../lib/session/transfer-stats.js'
import { planBlocks } from '../../lib/upload/block-plan.js'
import { BlockSender } from '../../lib/upload/block-sender.js'
import type { UploadBlock } from '../../lib/upload/upload-requests.js'
import type { UploadSession } from '../../lib/upload/upload-session.js'
import { crc32c } from '../../lib/wire/crc32c.js'
import { columnsOf, loadVectors, type RecordVector, streamOf } from '../codec/golden-vectors.js'
import { trailer } from '../codec/hand-made-stream.js'
import { scanRecords } from '../codec/scan-records.js'
import { Random } from '../faults/random.js'

/*
 * The bytes are those of the official Python client. What stands between two ranges, a trailer for some of its records, is
 * made by hand, with a checksum of its own.
 */

const verifications: readonly CopyVerification[] = ['trailer', 'records']

const decode = async (
  verify: CopyVerification,
  columns: readonly Column[],
  bytes: Buffer,
  rows: number,
  chunkBytes = bytes.length,
  compression: 'raw' | 'snappy' = 'raw',
): Promise<RawRecords[]> => {
  const create = await rawFormat(verify, compression, new ChunkPool()).load()
  const contentEncoding = contentEncodingOf(compression)
  const decoder = create({ columns, contentEncoding } as RangeResponse, 0, rows)
  const items: RawRecords[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes)
    decoder.push(bytes.subarray(at, at + chunkBytes), items)
  decoder.end(items)
  assert.equal(decoder.ended, true)
  assert.equal(decoder.rows, rows)
  return items
}

/** What is sent when these are written to blocks. */
const blocksOf = async (
  items: readonly RawRecords[],
  blockRows?: number,
  compression: 'raw' | 'snappy' = 'raw',
): Promise<UploadBlock[]> => {
  const blocks: UploadBlock[] = []
  const session = {
    attached: false,
    sessionId: 's',
    putBlock: async (_id: number, block: UploadBlock) => {
      blocks.push({ ...block, body: [Buffer.concat(block.body)] })
      return { wireBytes: 0 }
    },
  } as unknown as UploadSession
  const [pool, stats, { signal }] = [new ChunkPool(), newUploadStats(() => 1), new AbortController()]
  const onFailure = (error: Error): void => assert.ifError(error)
  const memory = new ByteBudget().share()
  const sender = new BlockSender({ concurrency: 1, pool, memory, call: { signal }, onFailure }, stats)
  const events = { onFailure, onSession: () => {}, onCheckpoint: () => {} }
  const context = { call: {}, stats, pool, memory, sender, ...events }
  const plan = planBlocks({ blockRows })
  const options = { plan, compression, compressionLevel: undefined }
  const transaction = await RawTransaction.open(session, options, context)
  for (const item of items) await transaction.add(item)
  await transaction.close()
  await transaction.sent()
  return blocks
}

const bodyOf = (block: UploadBlock | undefined): Buffer => Buffer.from(block!.body[0]!)

/** The records one by one; `wide` ones have their checksums in ten bytes. */
const recordsOf = (vector: RecordVector, bytes: Buffer) => {
  const scanner = createRecordScanner(columnsOf(vector))
  const records: ScannedRecord[] = []
  const found: { bytes: Buffer; checksum: number }[] = []
  let from = 0
  for (let at = 0; at < bytes.length; at++) {
    scanRecords(scanner, bytes.subarray(at, at + 1), records)
    if (records.length === found.length) continue
    found.push({ bytes: bytes.subarray(from, at + 1), checksum: records.at(-1)!.checksum })
    from = at + 1
  }
  return found
}

const sets = ['scalar', 'long', 'complex', 'mixed', 'wide', 'decode-special']
const vectors = sets
  .flatMap(set => loadVectors(`records-${set}`))
  .filter(vector => vector.hex !== undefined && vector.bytes < 20_000)

describe('records that stay bytes', () => {
  for (const verify of verifications)
    test(`${verify}: ranges of every golden stream make one block that is the stream, byte for byte`, async () => {
      let several = 0
      for (const vector of vectors) {
        const stream = streamOf(vector)!
        const records = recordsOf(vector, stream)
        assert.equal(records.length, vector.count)
        if (records.length > 1) several++
        for (const rangeRows of [1, 2, 7, 1000]) {
          const items: RawRecords[] = []
          for (let at = 0; at < records.length; at += rangeRows) {
            const part = records.slice(at, at + rangeRows)
            const hand = part.map(({ bytes, checksum }) => ({ bytes: [...bytes], checksum }))
            const range = Buffer.concat([...part.map(({ bytes }) => bytes), Buffer.from(trailer(hand))])
            const chunkBytes = rangeRows === 7 ? 5 : range.length
            items.push(...(await decode(verify, columnsOf(vector), range, part.length, chunkBytes)))
          }
          const blocks = await blocksOf(items)
          assert.equal(blocks.length, records.length === 0 ? 0 : 1, vector.name)
          if (records.length === 0) continue
          assert.ok(bodyOf(blocks[0]).equals(stream), `${vector.name} in ranges of ${rangeRows}`)
          assert.equal(blocks[0]!.rows, vector.count)
          assert.equal(blocks[0]!.rawBytes, stream.length)
        }
      }
      assert.ok(several > 20)
    })

  test('checksums in ten bytes stay as they are, and the trailer is the shortest', async () => {
    const wide = vectors.filter(vector => vector.hexWide !== undefined)
    assert.ok(wide.length > 20)
    for (const vector of wide)
      for (const verify of verifications) {
        const bytes = Buffer.from(vector.hexWide!, 'hex')
        const [block] = await blocksOf(await decode(verify, columnsOf(vector), bytes, vector.count))
        const records = Buffer.concat(recordsOf(vector, bytes).map(record => record.bytes))
        const end = streamOf(vector)!.subarray(streamOf(vector)!.lastIndexOf('f0ffff7f', 'hex'))
        if (vector.count > 0) assert.ok(bodyOf(block).equals(Buffer.concat([records, end])), vector.name)
      }
  })

  test('blocks end at their limit, each with a trailer for its own records', async () => {
    const vector = vectors.find(each => each.count === 64)!
    const records = recordsOf(vector, streamOf(vector)!)
    const items: RawRecords[] = []
    for (let at = 0; at < 64; at += 8) {
      const part = records.slice(at, at + 8).map(({ bytes, checksum }) => ({ bytes: [...bytes], checksum }))
      const range = Buffer.from([...part.flatMap(({ bytes }) => bytes), ...trailer(part)])
      items.push(...(await decode('trailer', columnsOf(vector), range, 8)))
    }
    const blocks = await blocksOf(items, 24)
    assert.deepEqual(
      blocks.map(({ rows }) => rows),
      [24, 24, 16],
    )
    for (const [i, block] of blocks.entries()) {
      const part = records.slice(24 * i, 24 * (i + 1))
      const hand = part.map(({ bytes, checksum }) => ({ bytes: [...bytes], checksum }))
      assert.ok(bodyOf(block).equals(Buffer.from([...hand.flatMap(({ bytes }) => bytes), ...trailer(hand)])))
    }
  })

  test('metrics of a trailer are dropped, and records behind text that looks like a trailer are not', async () => {
    for (const vector of loadVectors('footer')) {
      const stream = streamOf(vector)!
      const records = recordsOf(vector, stream).map(({ bytes, checksum }) => ({
        bytes: [...bytes],
        checksum,
      }))
      const plain = Buffer.from([...records.flatMap(({ bytes }) => bytes), ...trailer(records)])
      for (const verify of verifications) {
        const [block] = await blocksOf(await decode(verify, columnsOf(vector), stream, vector.count))
        if (vector.count > 0) assert.ok(bodyOf(block).equals(plain), vector.name)
      }
    }
  })

  test('records: whatever a decoder refuses is refused', async () => {
    for (const vector of loadVectors('malformed'))
      await assert.rejects(
        decode('records', columnsOf(vector), streamOf(vector)!, 4),
        (error: unknown) => error instanceof TunnelError,
        vector.name,
      )
  })

  test('trailer: what is refused by a decoder is refused, or its block is, by the service', async () => {
    const passed: string[] = []
    for (const vector of loadVectors('malformed')) {
      const columns = columnsOf(vector)
      const items = await decode('trailer', columns, streamOf(vector)!, 4).catch((error: unknown) => {
        assert.ok(error instanceof TunnelError)
        return undefined
      })
      if (items === undefined) continue
      passed.push(vector.category!)
      const body = bodyOf((await blocksOf(items))[0])
      assert.throws(() => scanRecords(createRecordScanner(columns), body, []), TunnelError, vector.name)
    }
    // A trailer says nothing of what is between the records and itself; that it is there, it does.
    assert.ok(passed.length > 0 && !passed.includes('truncated'))
  })

  test('a range that is cut anywhere, or is one row longer or shorter, gives nothing', async () => {
    const vector = vectors.find(each => each.count === 2)!
    const stream = streamOf(vector)!
    for (let bytes = 0; bytes < stream.length; bytes++)
      await assert.rejects(decode('trailer', columnsOf(vector), stream.subarray(0, bytes), 2), {
        code: 'ODPS_TRUNCATED_STREAM',
      })
    for (const rows of [1, 3])
      await assert.rejects(decode('trailer', columnsOf(vector), stream, rows), {
        code: 'ODPS_COUNT_MISMATCH',
      })
  })

  for (const verify of verifications)
    test(`${verify}: a trailer with any one bit wrong is refused, or the block's trailer is wrong too`, async () => {
      for (const vector of [loadVectors('footer')[0]!, vectors.find(each => each.count === 2)!]) {
        const stream = streamOf(vector)!
        const columns = columnsOf(vector)
        const right = bodyOf((await blocksOf(await decode(verify, columns, stream, vector.count)))[0])
        const from = stream.lastIndexOf('f0ffff7f', 'hex')
        let wrong = 0
        for (let bit = 8 * from; bit < 8 * stream.length; bit++) {
          const bad = Buffer.from(stream)
          bad[bit >> 3]! ^= 1 << (bit & 7)
          const items = await decode(verify, columns, bad, vector.count).catch((error: unknown) => {
            assert.ok(error instanceof TunnelError)
            return undefined
          })
          if (items === undefined) continue
          // Bits that no checksum has room for mean nothing. Else it is wrong, and the service sees that the block is.
          const body = bodyOf((await blocksOf(items))[0])
          if (body.equals(right)) continue
          assert.equal(verify, 'trailer', 'who reads the records sees it')
          const scanner = createRecordScanner(columns)
          assert.throws(() => scanRecords(scanner, body, []), { code: 'ODPS_CHECKSUM_MISMATCH' })
          wrong++
        }
        assert.equal(wrong, verify === 'trailer' ? 32 : 0)
      }
    })
})

interface CompressedVector extends RecordVector {
  readonly compressed: Readonly<Record<string, { readonly hex: string }>>
}

/** Packs bytes into frames of any size, as no writer is forbidden to; some are plain, and what means nothing lies between. */
const framed = (bytes: Buffer, random: Random): Buffer => {
  const parts: Buffer[] = [snappyIdentifier]
  for (let at = 0; at < bytes.length; ) {
    const raw = bytes.subarray(at, at + random.integer(1, random.pick([10, 1_000, 65_536])))
    const packed = random.chance(0.5) ? snappy.compressSync(raw) : undefined
    const head = Buffer.alloc(8)
    head.writeUInt32LE(((((packed ?? raw).length + 4) << 8) | (packed ? 0 : 1)) >>> 0)
    const crc = crc32c(raw)
    head.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 4)
    parts.push(head, packed ?? raw)
    if (random.chance(0.1)) parts.push(random.pick([snappyIdentifier, Buffer.from('fe030000616263', 'hex')]))
    at += raw.length
  }
  return Buffer.concat(parts)
}

const unpacked = async (block: UploadBlock | undefined): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of decompress('x-snappy-framed', Readable.from(block!.body))) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('records that stay compressed', () => {
  const vectors = loadVectors<CompressedVector>('compression').filter(({ count }) => count > 0)
  const large = vectors.find(({ count }) => count === 300)!
  const sentAs = ({ compressed }: CompressedVector, encoding: string): Buffer =>
    Buffer.from(compressed[encoding]!.hex, 'hex')
  // Unpacked by zlib from what the same client made with deflate.
  const recordsIn = (vector: CompressedVector): ScannedRecord[] =>
    recordsOf(vector, inflateSync(sentAs(vector, 'deflate')))
  const streamWith = (records: readonly ScannedRecord[]): Buffer => {
    const hand = records.map(({ bytes, checksum }) => ({ bytes: [...bytes], checksum }))
    return Buffer.concat([...records.map(({ bytes }) => bytes), Buffer.from(trailer(hand))])
  }

  test('what the Python client compressed becomes a block that holds the same stream, and most of it is as it was', async () => {
    for (const vector of vectors) {
      const bytes = sentAs(vector, 'x-snappy-framed')
      for (const chunkBytes of [bytes.length, 1000]) {
        const items = await decode('trailer', columnsOf(vector), bytes, vector.count, chunkBytes, 'snappy')
        const [block] = await blocksOf(items, undefined, 'snappy')
        const expected = streamWith(recordsIn(vector))
        assert.ok((await unpacked(block)).equals(expected), vector.name)
        assert.equal(block!.rawBytes, expected.length)
        const packed = Buffer.concat(items[0]!.packed)
        if (vector === large)
          assert.ok(packed.length > 0.5 * bytes.length, `${packed.length} bytes are packed`)
        assert.ok(bytes.subarray(10, 10 + packed.length).equals(packed), 'they are what was sent')
        const inBlock = bodyOf(block).subarray(10, 10 + packed.length)
        assert.ok(inBlock.equals(packed), 'they are in the block')
      }
    }
  })

  test('property: frames of any size, in any ranges, make the block that a writer would have sent', async () => {
    const records = recordsIn(large)
    const stream = streamWith(records)
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed)
      const items: RawRecords[] = []
      for (let at = 0; at < records.length; ) {
        const part = records.slice(at, at + random.integer(1, 120))
        const sent = framed(streamWith(part), random)
        const chunkBytes = random.integer(1, 70_000)
        items.push(...(await decode('trailer', columnsOf(large), sent, part.length, chunkBytes, 'snappy')))
        at += part.length
      }
      const [block, ...more] = await blocksOf(items, undefined, 'snappy')
      assert.equal(more.length, 0)
      assert.ok((await unpacked(block)).equals(stream), `seed ${seed}`)
      assert.deepEqual([block!.rows, block!.rawBytes], [300, stream.length])
    }
  })

  test('a stream that is cut anywhere gives nothing', async () => {
    const vector = vectors.find(({ count }) => count === 4)!
    const bytes = sentAs(vector, 'x-snappy-framed')
    for (let length = 0; length < bytes.length; length++)
      await assert.rejects(
        decode('trailer', columnsOf(vector), bytes.subarray(0, length), 4, bytes.length, 'snappy'),
        { code: 'ODPS_TRUNCATED_STREAM' },
      )
  })

  test('any bit that is wrong is refused here, or by whoever unpacks the block', async () => {
    const bytes = sentAs(large, 'x-snappy-framed')
    let passed = 0
    for (let bit = 0; bit < 8 * bytes.length; bit += 997) {
      const bad = Buffer.from(bytes)
      bad[bit >> 3]! ^= 1 << (bit & 7)
      const items = await decode('trailer', columnsOf(large), bad, 300, bad.length, 'snappy').catch(
        (error: unknown) => {
          assert.ok(error instanceof TunnelError, `bit ${bit}: ${error}`)
          return undefined
        },
      )
      if (items === undefined) continue
      passed++
      const [block] = await blocksOf(items, undefined, 'snappy')
      await assert.rejects(unpacked(block), { code: 'ODPS_MALFORMED_STREAM' }, `bit ${bit}`)
    }
    assert.ok(passed > 100, `${passed}`)
  })
})
