import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { EncodedRecords, RecordRun } from '../../lib/codec/rows/encoded-records.js'
import {
  createCompiledEncoder,
  createProtobufEncoder,
  createRecordEncoder,
} from '../../lib/codec/rows/record-encoder.js'
import { type Compressor, createCompressor } from '../../lib/compression/compressor.js'
import { BlockBuilder } from '../../lib/upload/block-builder.js'
import { columns } from '../codec/hand-made-stream.js'
import { emulatedTable, readTable, rowsUpTo } from '../session/emulated-table.js'

const schema = columns('id:bigint name:string')

/** Records of rows, one by one; the checksum is the varint behind the tag 0x1fffc00 at the end of each (protocol 4.1). */
const recordsOf = (rows: readonly (readonly unknown[])[]): EncodedRecords => {
  const encoder = createProtobufEncoder(schema)
  const records = rows.map((row, i) => {
    encoder.write(row, i)
    return Buffer.from(encoder.take())
  })
  let end = 0
  const ends = records.map(record => {
    end += record.length
    return end
  })
  return new EncodedRecords(
    Buffer.concat(records),
    Uint32Array.from(ends),
    Uint32Array.from(records, lastVarint),
  )
}

const endTag = Buffer.from([0x80, 0xc0, 0xff, 0x7f])

const lastVarint = (record: Buffer): number =>
  record
    .subarray(record.lastIndexOf(endTag) + endTag.length)
    .reduceRight((value, byte) => value * 128 + (byte & 127), 0)

const ways = { createRecordEncoder, createCompiledEncoder, createProtobufEncoder }

/** What a block is, whichever way its rows came. */
interface Block {
  readonly rows: number
  readonly rawBytes: number
  readonly bytes: string
  readonly checksum: number
}

const build = async (
  create: typeof createRecordEncoder,
  limits: { rows: number; bytes: number },
  add: (builder: BlockBuilder, full: () => Promise<void>) => Promise<void>,
): Promise<Block[]> => {
  const builder = new BlockBuilder(create(schema), () => createCompressor('raw'), limits)
  const blocks: Block[] = []
  const full = async (): Promise<void> => {
    const { body, rows, rawBytes, checksum } = await builder.finish()
    blocks.push({ rows, rawBytes, checksum, bytes: Buffer.concat(body).toString('hex') })
  }
  await add(builder, full)
  await full()
  return blocks
}

describe('records that are encoded already', () => {
  for (const [way, create] of Object.entries(ways))
    test(`make the blocks that rows make, wherever runs of them begin and end: ${way}`, async () => {
      const piece = fc.record({
        isRecords: fc.boolean(),
        rows: fc.array(fc.tuple(fc.bigInt({ min: -9n, max: 2n ** 62n }), fc.string({ maxLength: 200 })), {
          maxLength: 300,
          size: 'max',
        }),
      })
      await fc.assert(
        fc.asyncProperty(
          fc.array(piece, { maxLength: 6, size: 'max' }),
          fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant(Number.POSITIVE_INFINITY)),
          fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.constant(Number.POSITIVE_INFINITY)),
          async (pieces, rows, bytes) => {
            const all = pieces.flatMap(each => each.rows)
            const byRow = await build(createProtobufEncoder, { rows, bytes }, async (builder, full) => {
              for (const [i, row] of all.entries()) {
                await builder.add(row, i)
                if (builder.isFull) await full()
              }
            })
            const mixed = await build(create, { rows, bytes }, async (builder, full) => {
              for (const each of pieces) {
                const run = new RecordRun(recordsOf(each.rows))
                while (each.isRecords && run.rows > 0) {
                  await builder.addRecords(run)
                  if (builder.isFull) await full()
                }
                for (const row of each.isRecords ? [] : each.rows) {
                  await builder.add(row, 0)
                  if (builder.isFull) await full()
                }
              }
            })
            assert.deepEqual(mixed, byRow)
          },
        ),
        { numRuns: 30 },
      )
    })

  test('are cut into slices for the compressor like rows', async () => {
    const rows = Array.from({ length: 6000 }, (_, i) => [BigInt(i), 'x'.repeat(200)])
    const limits = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
    const written: number[] = []
    const newCompressor = (): Compressor => {
      const compressor = createCompressor('raw')
      const { write } = compressor
      compressor.write = bytes => {
        written.push(bytes.length)
        return write.call(compressor, bytes)
      }
      return compressor
    }
    const builder = new BlockBuilder(createRecordEncoder(schema), newCompressor, limits)
    const run = new RecordRun(recordsOf(rows))
    while (run.rows > 0) await builder.addRecords(run)
    await builder.finish()
    assert.ok(written.length >= 5, `${written.length} slices`)
    assert.ok(Math.max(...written) < 257 * 1024, `${written}`)
  })

  test('go into blocks of an upload between rows, and count like them', async context => {
    const table = await emulatedTable(context)
    const rows = rowsUpTo(100)
    const stream = table.tunnel.createUploadStream({ table: 't', blockRows: 7, concurrency: 2 })
    await stream.writeRecords(recordsOf(rows.slice(0, 40)))
    await stream.writeBatch(rows.slice(40, 60))
    await stream.writeRecords(recordsOf(rows.slice(60)))
    stream.end()
    const { rows: count, blocks } = await stream.committed
    assert.deepEqual({ count, blocks }, { count: 100, blocks: 15 })
    assert.deepEqual(await readTable(table), rows)
  })

  test('are refused where rows go into many partitions', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    await emulator.createTable({
      name: 'parted',
      columns: { id: 'bigint' },
      partitionColumns: { pt: 'string' },
    })
    const stream = tunnel.createUploadStream({ table: 'parted', partitionBy: ['pt'], createPartition: true })
    await assert.rejects(
      Promise.all([stream.writeRecords(recordsOf([[1n, 'a']])), stream.committed]),
      /this upload takes rows/,
    )
  })
})
