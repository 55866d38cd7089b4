import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compressFrameSync } from 'lz4-napi'
import {
  encodeBatch,
  encodeFooter,
  encodeSchema,
  endMark,
  type LaidOut,
} from '../../../../lib/arrow/ipc/encode-message.js'
import {
  bool,
  encodeFlatBuffer,
  int8,
  int16,
  int32,
  int64,
  structs,
  table,
} from '../../../../lib/arrow/ipc/flatbuffer-writer.js'
import type { ArrowField, ArrowType } from '../../../../lib/arrow/ipc/schema.js'
import { readBytes } from './values.js'

/* What the format calls invalid, or Apache's test for it: each must be named, and none may become a value. */

const fieldOf = (type: ArrowType, children: readonly ArrowField[] = []): ArrowField => ({
  name: 'x',
  nullable: true,
  type,
  children,
})

const numbers = (...values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer)
const longs = (...values: readonly bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(values).buffer)
const none = new Uint8Array(0)
const laidOut = (
  length: number,
  buffers: readonly Uint8Array[],
  { nullCount = 0, children = [] as readonly LaidOut[] } = {},
): LaidOut => ({ length, nullCount, buffers, children })

const streamOf = (field: ArrowField, rows: number, data: LaidOut): Buffer =>
  Buffer.concat([encodeSchema([field]).bytes, encodeBatch(rows, [data]).bytes, endMark])

const int: ArrowType = { name: 'int', bits: 32, signed: true }
const text: ArrowType = { name: 'utf8', offsets: 32 }
const list: ArrowType = { name: 'list', offsets: 32 }
const one = laidOut(3, [none, numbers(1, 2, 3)])
const letters = Buffer.from('abc')

/** Bytes of a view: a length, and up to twelve bytes or a prefix, a buffer and a place. */
const view = (length: number, ...rest: readonly number[]): Uint8Array => numbers(length, ...rest)

const damages: readonly (readonly [
  what: string,
  field: ArrowField,
  rows: number,
  data: LaidOut,
  message: RegExp,
])[] = [
  ['fewer values than rows', fieldOf(int), 4, one, /4 rows has 3 in field 'x'/],
  ['a short buffer', fieldOf(int), 4, laidOut(4, [none, numbers(1, 2, 3)]), /12 bytes for 4 values/],
  [
    'NULLs without bits',
    fieldOf(int),
    3,
    laidOut(3, [none, numbers(1, 2, 3)], { nullCount: 1 }),
    /without a validity bitmap/,
  ],
  [
    'other NULLs than announced',
    fieldOf(int),
    3,
    laidOut(3, [Uint8Array.of(5), numbers(1, 2, 3)]),
    /announces 0 NULLs and has 1/,
  ],
  [
    'more NULLs than values',
    fieldOf(int),
    3,
    laidOut(3, [Uint8Array.of(0), numbers(1, 2, 3)], { nullCount: 4 }),
    /4 NULLs among 3/,
  ],
  [
    'offsets that go backwards',
    fieldOf(text),
    2,
    laidOut(2, [none, numbers(0, 2, 1), letters]),
    /go backwards/,
  ],
  ['a negative offset', fieldOf(text), 1, laidOut(1, [none, numbers(-1, 2), letters]), /go backwards/],
  [
    'offsets beyond the text',
    fieldOf(text),
    1,
    laidOut(1, [none, numbers(0, 4), letters]),
    /up to 4, .* has 3/,
  ],
  ['few offsets', fieldOf(text), 3, laidOut(3, [none, numbers(0, 1, 2), letters]), /12 bytes for 4 values/],
  [
    'lists beyond their items',
    fieldOf(list, [fieldOf(int)]),
    1,
    laidOut(1, [none, numbers(0, 4)], { children: [one] }),
    /up to 4, .* has 3/,
  ],
  [
    'fixed lists beyond their items',
    fieldOf({ name: 'fixed_size_list', size: 2 }, [fieldOf(int)]),
    2,
    laidOut(2, [none], { children: [one] }),
    /2 lists of 2, and 3 items/,
  ],
  [
    'a short member',
    fieldOf({ name: 'struct' }, [fieldOf(int)]),
    4,
    laidOut(4, [none], { children: [one] }),
    /a member with fewer values/,
  ],
  [
    'a few bits',
    fieldOf({ name: 'bool' }),
    9,
    laidOut(9, [none, Uint8Array.of(1)]),
    /fewer bits than values/,
  ],
]

describe('damaged Arrow is refused', () => {
  test('a stream made here is read when nothing is wrong', async () => {
    assert.deepEqual(await readBytes(streamOf(fieldOf(int), 3, one), 'x.arrows'), [
      { name: 'x', values: ['1', '2', '3'] },
    ])
  })

  for (const [what, field, rows, data, message] of damages)
    test(`for ${what}`, async () => {
      await assert.rejects(readBytes(streamOf(field, rows, data), 'x.arrows'), message)
    })

  test('for a buffer that begins within 8 bytes', async () => {
    const bytes = streamOf(fieldOf(int), 3, one)
    const at = bytes.lastIndexOf(longs(0n, 12n))
    assert.ok(at > 0)
    bytes[at] = 4
    await assert.rejects(readBytes(bytes, 'x.arrows'), /does not begin at a multiple of 8 bytes/)
  })

  test('for a footer that leaves out a batch', async () => {
    const head = Buffer.from('ARROW1\0\0')
    const schema = encodeSchema([fieldOf(int)]).bytes
    const batch = encodeBatch(3, [one])
    const at = head.length + schema.length
    const { metadataLength, bodyLength } = batch
    const blocks = [at, at + batch.bytes.length].map(place => ({ at: place, metadataLength, bodyLength }))
    const fileOf = (named: typeof blocks): Buffer =>
      Buffer.concat([head, schema, batch.bytes, batch.bytes, endMark, encodeFooter([fieldOf(int)], named)])
    const whole = await readBytes(fileOf(blocks), 'x.arrow')
    assert.deepEqual(whole[0]!.values, ['1', '2', '3', '1', '2', '3'])
    await assert.rejects(readBytes(fileOf(blocks.slice(1)), 'x.arrow'), /footer leaves out/)
    await assert.rejects(readBytes(fileOf(blocks.slice(0, 1)), 'x.arrow'), /footer leaves out/)
    await assert.rejects(readBytes(fileOf([blocks[0]!, blocks[0]!]), 'x.arrow'), /overlap/)
    const other = blocks.map(block => ({
      ...block,
      bodyLength: bodyLength - 8,
      metadataLength: metadataLength + 8,
    }))
    await assert.rejects(readBytes(fileOf(other), 'x.arrow'), /does not agree/)
  })

  test('for 64-bit offsets, and values of a fixed length, beyond their bytes', async () => {
    const header = (...places: readonly number[]) =>
      table(int64(1), structs([1, 0], 1), structs(places, places.length / 2))
    const large = (end: bigint): Buffer => {
      const batch = messageOf(
        3,
        header(0, 0, 0, 16, 16, 3),
        Buffer.concat([longs(0n, end), letters, Buffer.alloc(5)]),
      )
      return Buffer.concat([schemaOf(19, table()), batch, endMark])
    }
    assert.deepEqual((await readBytes(large(3n), 'x.arrows'))[0]!.values, ['616263'])
    for (const end of [4n, 2n ** 40n, -1n]) await assert.rejects(readBytes(large(end), 'x.arrows'), /offsets/)
    const fixed = messageOf(3, header(0, 0, 0, 3), Buffer.concat([letters, Buffer.alloc(5)]))
    const schema = schemaOf(15, table(int32(4)))
    await assert.rejects(
      readBytes(Buffer.concat([schema, fixed, endMark]), 'x.arrows'),
      /fewer bytes than values/,
    )
  })

  test('for a view beyond its buffers, and read when it is within them', async () => {
    const bytes = (views: Uint8Array): Buffer => {
      const header = table(
        int64(1),
        structs([1, 0], 1),
        structs([0, 0, 0, 16, 16, 13], 3),
        undefined,
        structs([1], 1),
      )
      const body = Buffer.concat([views, Buffer.from('thirteen byte'), Buffer.alloc(3)])
      return Buffer.concat([schemaOf(24, table()), messageOf(3, header, body), endMark])
    }
    const read = async (views: Uint8Array) => (await readBytes(bytes(views), 'x.arrows'))[0]!.values
    assert.deepEqual(await read(view(13, 0, 0, 0)), [Buffer.from('thirteen byte').toString('hex')])
    for (const wrong of [
      view(14, 0, 0, 0),
      view(13, 0, 1, 0),
      view(13, 0, 0, 1),
      view(13, 0, 0, -1),
      view(-1, 0, 0, 0),
    ])
      await assert.rejects(read(wrong), /view beyond its buffers/)
  })

  test('for a dictionary that is missing, or an index beyond it', async () => {
    const encoded = fieldTable(5, table(), { dictionary: table(int64(7), table(int32(8), bool(true))) })
    const schema = messageOf(1, table(int16(0), [encoded]), Buffer.alloc(0))
    const record = (nodes: readonly number[], places: readonly number[]) =>
      table(int64(nodes[0]!), structs(nodes, 1), structs(places, places.length / 2))
    const values = Buffer.concat([numbers(0, 1), Buffer.from('a'), Buffer.alloc(7)])
    const dictionary = messageOf(2, table(int64(7), record([1, 0], [0, 0, 0, 8, 8, 1])), values)
    const indices = (index: number): Buffer =>
      messageOf(3, record([1, 0], [0, 0, 0, 1]), Buffer.concat([Buffer.of(index), Buffer.alloc(7)]))
    const read = (...messages: readonly Buffer[]) =>
      readBytes(Buffer.concat([schema, ...messages, endMark]), 'x.arrows')
    assert.deepEqual((await read(dictionary, indices(0)))[0]!.values, ['61'])
    await assert.rejects(read(indices(0)), /dictionary 7 of field 'x' is missing/)
    for (const index of [1, 0xff])
      await assert.rejects(read(dictionary, indices(index)), /index .* dictionary of 1/)
  })

  test('for numbers of a big-endian machine', async () => {
    const schema = messageOf(
      1,
      table(int16(1), [fieldTable(2, table(int32(32), bool(true)))]),
      Buffer.alloc(0),
    )
    await assert.rejects(readBytes(Buffer.concat([schema, endMark]), 'x.arrows'), /big-endian/)
  })

  /* pyarrow carries a file of that time, which test/interop/files reads. */
  test('for a compression of version 0.17 that is not known; LZ4 and zstd are read', async () => {
    const raw = Buffer.alloc(400, 7)
    const frame = compressFrameSync(raw)
    const body = Buffer.alloc(Math.ceil((8 + frame.length) / 8) * 8)
    body.writeBigInt64LE(BigInt(raw.length))
    body.set(frame, 8)
    const header = table(int64(100), structs([100, 0], 1), structs([0, 0, 0, 8 + frame.length], 2))
    const stream = (codec: string): Buffer => {
      const note = table('ARROW:experimental_compression', codec)
      const schema = schemaOf(2, table(int32(32), bool(true)))
      return Buffer.concat([schema, messageOf(3, header, body, 3, [note]), endMark])
    }
    const [column] = await readBytes(stream('LZ4'), 'x.arrows')
    assert.deepEqual(column!.values, new Array(100).fill(String(0x07070707)))
    await assert.rejects(readBytes(stream('brotli'), 'x.arrows'), /compressed by 'brotli'/)
    await assert.rejects(readBytes(stream('zstd'), 'x.arrows'), /cannot be decoded/)
  })

  test('for a type that is not known, and metadata of an old version', async () => {
    await assert.rejects(
      readBytes(Buffer.concat([schemaOf(99, table()), endMark]), 'x.arrows'),
      /unknown type number 99/,
    )
    const old = messageOf(1, table(int16(0), []), Buffer.alloc(0), 2)
    await assert.rejects(readBytes(Buffer.concat([old, endMark]), 'x.arrows'), /version 3/)
  })

  test('for compressed bodies whose length is another one than they announce', async () => {
    const golden = fileURLToPath(new URL('../golden/small-lz4.arrows', import.meta.url))
    const bytes = await readFile(golden)
    // The first buffer in LZ4 is announced by the length that stands before its frame.
    const frame = bytes.indexOf(Buffer.from('04224d18', 'hex'))
    const announced = bytes.readBigInt64LE(frame - 8)
    for (const length of [announced - 1n, announced + 1n, 2n ** 60n, -2n]) {
      const changed = Buffer.from(bytes)
      changed.writeBigInt64LE(length, frame - 8)
      await assert.rejects(readBytes(changed, 'x.arrows'), /compressed buffer/)
    }
  })
})

const messageOf = (
  kind: number,
  header: ReturnType<typeof table>,
  body: Buffer,
  version = 4,
  notes: readonly ReturnType<typeof table>[] = [],
): Buffer => {
  const metadata = encodeFlatBuffer(table(int16(version), int8(kind), header, int64(body.length), notes))
  const length = Math.ceil(metadata.length / 8) * 8
  const head = Buffer.alloc(8 + length)
  head.writeInt32LE(-1, 0)
  head.writeInt32LE(length, 4)
  head.set(metadata, 8)
  return Buffer.concat([head, body])
}

const fieldTable = (
  code: number,
  type: ReturnType<typeof table>,
  { dictionary }: { readonly dictionary?: ReturnType<typeof table> } = {},
) => table('x', bool(true), int8(code), type, dictionary, [])

const schemaOf = (code: number, type: ReturnType<typeof table>): Buffer =>
  messageOf(1, table(int16(0), [fieldTable(code, type)]), Buffer.alloc(0))
